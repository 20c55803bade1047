"""A visitor's browser, on the chats of a DeskHouse."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from cordboard.access.user import User
from tests.fakes.desk_house import DeskHouse

BASE = "http://test.local"
START = {"client_id": "message-1", "text": "Где мой заказ?", "name": "Анна", "language": "ru"}


@asynccontextmanager
async def browser(house: DeskHouse, address: str = "192.0.2.1", **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A visitor's browser that has opened the page."""
    transport = httpx2.ASGITransport(app=house.app, client=(address, 5000))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, headers=headers) as visitor:
        first = await visitor.get("/api/v1/chat")
        assert first.json()["phase"] == "new"
        yield visitor


async def talking(house: DeskHouse, visitor: httpx2.AsyncClient, user: User) -> str:
    """The visitor's chat is with this operator; the contact's id."""
    await visitor.post("/api/v1/chat/start", json=START)
    await house.seat(user)
    (contact,) = house.desk.contacts()
    await house.desk.accept(user.id, contact.id)
    return contact.id

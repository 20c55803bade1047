"""A talk's script as an operator works it over HTTP: read, stepped through, and the result."""

from typing import Any

import httpx2

from cordboard.access.user import User
from cordboard.queue.contact import Contact
from cordboard.shop.order import Order
from tests.fakes.desk_house import DeskHouse

API = "/api/v1/desk"


class Table:
    """Maria at her desk, in a talk about Anna's order."""

    def __init__(self, house: DeskHouse, maria: User, page: httpx2.AsyncClient, order: Order, contact: Contact) -> None:
        self.house, self.maria, self.page, self.order, self.contact = house, maria, page, order, contact
        self.url = f"{API}/contacts/{contact.id}"

    async def script(self) -> dict[str, Any]:
        answer = await self.page.get(f"{self.url}/script")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def does(self, does: str, value: str = "") -> httpx2.Response:
        now = await self.script()
        body = {"step": now["step"], "version": now["version"], "does": does, "value": value}
        return await self.page.post(f"{self.url}/script/step", json=body)

    async def steps(self, *done: str) -> dict[str, Any]:
        """`next`, or an answer's code."""
        for one in done:
            answer = await self.does("next") if one == "next" else await self.does("answer", one)
            assert answer.status_code == 200, answer.text
        return await self.script()

    async def dispose(self, code: str, **more: Any) -> httpx2.Response:
        return await self.page.post(f"{self.url}/disposition", json={"code": code, **more})

    async def now(self) -> Order:
        found = await self.house.shop.order(self.order.id)
        assert found is not None
        return found

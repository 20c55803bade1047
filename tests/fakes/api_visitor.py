"""A visitor of the site's chat without a page: what the page asks of the public API, asked by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2

from tests.fakes.house import House
from tests.fakes.wait import until

CHAT = "/api/v1/chat"


class ApiVisitor:
    """Use by `visiting`; when it ends, he says goodbye."""

    def __init__(self, client: httpx2.AsyncClient, name: str) -> None:
        self._client, self.name = client, name

    async def write(self, text: str) -> None:
        """The first message begins the chat. So many visitors come from one address that the house may ask one to wait a little."""
        new = (await self.state())["phase"] == "new"
        body = {"client_id": uuid4().hex, "text": text, "name": self.name}

        async def sent() -> bool:
            answer = await self._client.post(f"{CHAT}/{'start' if new else 'messages'}", json=body)
            assert answer.status_code in (200, 429), answer.text
            return answer.status_code == 200

        await until(sent, f"the message of {self.name}", within_s=90.0, every_s=1.0)

    async def state(self) -> dict[str, Any]:
        """How things stand for him: phase, position, last_seq and the rest."""
        answer = await self._client.get(CHAT)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def until_phase(self, phase: str) -> None:
        async def look() -> bool:
            return bool((await self.state())["phase"] == phase)

        await until(look, f"{self.name} in phase {phase}", within_s=30.0, every_s=0.2)

    async def hears(self) -> list[str]:
        """What has been said, without the house's own lines."""
        answer = await self._client.get(f"{CHAT}/messages")
        return [message["text"] for message in answer.json()["messages"] if message["text"]]

    async def leave(self) -> None:
        if (await self.state())["phase"] in ("waiting", "talking"):
            await self._client.post(f"{CHAT}/end")


@asynccontextmanager
async def visiting(house: House, name: str) -> AsyncIterator[ApiVisitor]:
    async with httpx2.AsyncClient(base_url=house.endpoints.web, timeout=20.0, verify=False) as client:  # noqa: S501
        visitor = ApiVisitor(client, name)
        try:
            yield visitor
        finally:
            await visitor.leave()

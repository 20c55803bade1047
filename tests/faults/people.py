"""Those who work with the house over HTTP: they ask again while it is away, as our pages do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2

from tests.fakes.wait import until

GONE = (httpx2.TransportError,)


@dataclass
class Client:
    """Somebody who asks over HTTP, and asks again while the house is away, as our pages do. What is idempotent stays so."""

    base: Callable[[], str]
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, *, within_s: float = 60.0, **more: Any) -> httpx2.Response:
        async def answered() -> httpx2.Response | None:
            try:
                async with httpx2.AsyncClient(
                    base_url=self.base(), headers=self.headers, cookies=self.cookies, timeout=20.0, verify=False
                ) as client:
                    answer = await client.request(method, path, **more)
            except GONE:
                return None
            self.cookies |= dict(answer.cookies)
            return answer if answer.status_code not in (429, 500, 503) else None

        return await until(answered, f"an answer to {method} {path}", within_s=within_s, every_s=0.1)


@dataclass
class Clerk(Client):
    """An operator with a desk phone, who opens his page (`at_page`) when chats are to come to him."""

    id: str = ""
    name: str = ""

    async def be(self, state: str) -> None:
        answer = await self.ask("POST", "/api/v1/desk/state", json={"state": state})
        assert answer.status_code in (200, 409), answer.text

    async def tell(self, contact_id: str, what: str, body: dict[str, Any] | None = None) -> int:
        """The status: 204 for done, 409 when the desk sees it otherwise by now, 422 when a time it names has passed while we asked."""
        answer = await self.ask("POST", f"/api/v1/desk/contacts/{contact_id}/{what}", json=body)
        late = answer.status_code == 422 and "still to come" in answer.text
        assert late or answer.status_code in (204, 409), answer.text
        return answer.status_code

    @asynccontextmanager
    async def at_page(self) -> AsyncIterator[None]:
        """His page is open: it holds the live stream, and comes back when that breaks."""
        page = asyncio.create_task(self._hold_page(uuid4().hex))
        try:
            yield
        finally:
            page.cancel()
            await asyncio.gather(page, return_exceptions=True)

    async def _hold_page(self, tab: str) -> None:
        while True:
            with suppress(*GONE):
                async with (
                    httpx2.AsyncClient(
                        base_url=self.base(), cookies=self.cookies, timeout=20.0, verify=False
                    ) as client,
                    client.stream("GET", "/live", params={"tab": tab}) as news,
                ):
                    async for _ in news.aiter_bytes():
                        pass
            await asyncio.sleep(0.2)

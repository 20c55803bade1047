"""The shop's own system behind its REST address: told of changes, asked for stock. That it is slow, away or answers nonsense is said."""

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..storage.outbox import Message, NotDelivered, Trouble

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 262_144
_LATER = frozenset({408, 425, 429})
_PATHS = {"order": "/orders", "customer": "/customers", "sms": ""}


class RemoteShop:
    """`url` is where its API begins, `key` what it knows us by ('' for none), `timeout_s` how long one answer may take, all of it.

    A message is `POST url/orders`, `url/customers`, or of an SMS to a gateway `POST url`, with the header `Idempotency-Key`, the same at
    each try. It is taken when the answer is 2xx with a JSON object or with nothing.
    """

    def __init__(self, url: str, key: str = "", timeout_s: float = 5.0) -> None:
        self._url, self._key, self._timeout_s = url.rstrip("/"), key, timeout_s
        self._client: httpx2.AsyncClient | None = None

    async def send(self, message: Message) -> None:
        """Raises NotDelivered."""
        headers = {"Idempotency-Key": message.key}
        await self._ask("POST", _PATHS[message.topic], headers, dict(message.body))

    async def ask(self, path: str, timeout_s: float) -> dict[str, Any]:
        """What stands at `path` (its parts quoted by the caller). Raises NotDelivered."""
        return await self._ask("GET", path, {}, None, timeout_s)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: dict[str, Any] | None,
        timeout_s: float | None = None,
    ) -> dict[str, Any]:
        import httpx2  # 60 ms, wanted only by sites that have such a system

        if self._client is None:
            known = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            self._client = httpx2.AsyncClient(headers=known, timeout=self._timeout_s)
        try:
            async with (
                asyncio.timeout(timeout_s or self._timeout_s),  # of the whole: an answer may come letter by letter
                self._client.stream(method, f"{self._url}{path}", headers=headers, json=body) as answer,
            ):
                content = await _read(answer)
        except (TimeoutError, httpx2.TimeoutException) as late:
            raise NotDelivered(Trouble.SLOW) from late
        except httpx2.DecodingError as nonsense:
            raise NotDelivered(Trouble.NONSENSE, "its encoding") from nonsense
        except (httpx2.TransportError, httpx2.InvalidURL) as away:
            raise NotDelivered(Trouble.AWAY, type(away).__name__) from away
        return _understood(answer.status_code, content)


async def _read(answer: "httpx2.Response") -> bytes:
    content = b""
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            raise NotDelivered(Trouble.NONSENSE, "too long an answer")
    return content


def _understood(status: int, content: bytes) -> dict[str, Any]:
    """The JSON object of an answer that says yes. Raises NotDelivered."""
    if status >= 500 or status in _LATER:
        raise NotDelivered(Trouble.BUSY, f"HTTP {status}")
    if status >= 400:
        raise NotDelivered(Trouble.REFUSED, f"HTTP {status}")
    if not 200 <= status < 300:
        raise NotDelivered(Trouble.NONSENSE, f"HTTP {status}")
    if not content.strip():
        return {}
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as nonsense:
        raise NotDelivered(Trouble.NONSENSE, "no JSON") from nonsense
    if not isinstance(told, dict):
        raise NotDelivered(Trouble.NONSENSE, "no JSON object")
    return told


def part(text: str) -> str:
    """A piece of a path, whatever it holds."""
    return quote(text, safe="")

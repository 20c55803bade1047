"""The web server of an engine, part of the works: pages while it leads, one answer while it stands by."""

import asyncio
import socket
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Literal

import uvicorn

from .storage.settings import Settings


class Server(uvicorn.Server):
    """uvicorn, ended by its owner and not by signal handlers of its own; `ready` when it accepts."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def server_of(app: Any, settings: Settings, *, lifespan: Literal["auto", "off"] = "auto") -> Server:
    """A server of this ASGI application as the site wants it."""
    return Server(
        uvicorn.Config(
            app,
            lifespan=lifespan,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            ssl_certfile=str(settings.tls_certificate) if settings.tls_certificate else None,
            ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
        )
    )

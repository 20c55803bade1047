"""Between clients and PostgreSQL's socket: everything passes, until a COMMIT, or a write in one trip, is to be lost, or its answer."""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.fakes.passing import Passing, until_either_ends

SOCKET = ".s.PGSQL.5432"
COMMIT = b"COMMIT;"
PREPARED_TRIP = re.compile(rb"P.{4}([^\0]+)\0[^\0]*json_to_recordset", re.DOTALL)
BOUND = re.compile(rb"B.{4}\0([^\0]+)\0", re.DOTALL)
"""Frames of the protocol: a statement that puts.py makes gets its name, and is asked by it (unnamed portal)."""


class Lost(StrEnum):
    """What becomes of a COMMIT that is not to end well; the connection is cut in either case."""

    ORDER = "order"
    ANSWER = "answer"


@dataclass
class PostgresRelay:
    """`folder` is what clients name as the host. While `loses` is set, every `every`th COMMIT is lost; `lost` counts them."""

    server: Path
    folder: Path
    loses: Lost | None = None
    every: int = 1
    lost: int = 0
    _commits: int = 0
    _passing: Passing = field(default_factory=Passing)

    @classmethod
    @asynccontextmanager
    async def before(cls, server: Path) -> AsyncIterator["PostgresRelay"]:
        """`server` is the folder of the real socket."""
        with tempfile.TemporaryDirectory(prefix="cb-relay-") as folder:
            relay = cls(server, Path(folder))
            listener = await asyncio.start_unix_server(relay._connected, Path(folder) / SOCKET)
            try:
                yield relay
            finally:
                listener.close()
                await relay._passing.stop()

    def url(self, url: str) -> str:
        """The same database, through us."""
        return url.replace(str(self.server), str(self.folder))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._passing.enter()
        far_reader, far_writer = await asyncio.open_unix_connection(self.server / SOCKET)
        mute = asyncio.Event()
        try:
            await until_either_ends(self._asked(reader, far_writer, mute), self._answered(far_reader, writer, mute))
        finally:
            writer.transport.abort()
            far_writer.close()

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mute: asyncio.Event) -> None:
        trips = set[bytes]()
        while data := await reader.read(65536):
            trips.update(PREPARED_TRIP.findall(data))
            commits = COMMIT in data or not trips.isdisjoint(BOUND.findall(data))
            fate = self._fate() if commits else None
            if fate is Lost.ORDER:
                return
            if fate is Lost.ANSWER:
                mute.set()
            writer.write(data)
            await writer.drain()

    def _fate(self) -> Lost | None:
        if self.loses is None:
            return None
        self._commits += 1
        if self._commits % self.every:
            return None
        self.lost += 1
        return self.loses

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mute: asyncio.Event) -> None:
        """An answer after which nothing more is said has come: so the server has done what it was asked."""
        while data := await reader.read(65536):
            if mute.is_set():
                return
            writer.write(data)
            await writer.drain()

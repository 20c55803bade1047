"""Between the engines and Asterisk's manager interface: everything passes, and each action is noted with the epoch that it carries."""

import asyncio
import re
from dataclasses import dataclass, field

from tests.fakes.passing import Passing

_ACTION = re.compile(rb"^(Action|ActionID): *([^\r\n]*)", re.MULTILINE)
_ID = re.compile(r"cb(\d+)-\d+-\d+")


@dataclass(frozen=True, slots=True)
class Passed:
    """One action, in the order in which they came through."""

    name: str
    epoch: int


@dataclass
class AmiProxy:
    """Listens on loopback for `port` of the real Asterisk. Use `start` and `stop`."""

    port: int
    passed: list[Passed] = field(default_factory=list)
    listens_on: int = 0
    _server: asyncio.Server | None = None
    _passing: Passing = field(default_factory=Passing)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.listens_on = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._passing.stop()

    def of(self, epoch: int) -> list[str]:
        """The names of the actions of this epoch."""
        return [action.name for action in self.passed if action.epoch == epoch]

    def after_the_first_of(self, epoch: int) -> list[Passed]:
        """What came from when this epoch first spoke."""
        first = next((index for index, one in enumerate(self.passed) if one.epoch == epoch), len(self.passed))
        return self.passed[first:]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._passing.enter()
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.close()
            return
        back = asyncio.create_task(_copy(far_reader, writer))
        try:
            await self._actions(reader, far_writer)
        finally:
            back.cancel()
            writer.close()
            far_writer.close()

    async def _actions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                message = await reader.readuntil(b"\r\n\r\n")
                told = {key.decode(): value.decode() for key, value in _ACTION.findall(message)}
                epoch = _ID.fullmatch(told.get("ActionID", ""))
                self.passed.append(Passed(told.get("Action", "?"), int(epoch[1]) if epoch else -1))
                writer.write(message)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        return
    finally:
        writer.close()

"""A bare AMI client: what the wire says, with nothing of ours between. For tests of the configuration itself."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Self

from tests.fakes.wait import until

Message = dict[str, str]


class RawAmi:
    """Logged in or not, every event that came is in `events`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.events: list[Message] = []
        self._answers: dict[str, Message] = {}
        self._sent = 0
        self._pump = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, port: int) -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        return cls(reader, writer)

    async def close(self) -> None:
        self._pump.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await self._pump
        self._writer.close()

    async def action(self, name: str, *variables: str, **headers: str) -> Message:
        """Send one action and return its response; `variables` become Variable headers."""
        self._sent += 1
        mark = str(self._sent)
        lines = [f"Action: {name}", f"ActionID: {mark}", *(f"{key}: {value}" for key, value in headers.items())]
        lines += [f"Variable: {variable}" for variable in variables]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await until(lambda: self._answers.get(mark), f"the answer to {name}")

    async def event(self, what: str, wanted: Callable[[Message], bool], within_s: float = 30.0) -> Message:
        """The first event, past or to come, that is wanted."""
        return await until(
            lambda: next((event for event in list(self.events) if wanted(event)), None), what, within_s=within_s
        )

    async def user_event(self, name: str, within_s: float = 30.0, **having: str) -> Message:
        """The first UserEvent with this name and these headers."""
        return await self.event(
            f"{name} {having}",
            lambda event: event.get("UserEvent") == name and having.items() <= event.items(),
            within_s,
        )

    async def _read(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                raw = (await self._reader.readuntil(b"\r\n\r\n")).decode()
                pairs = [line.partition(": ")[::2] for line in raw.split("\r\n") if line]
                message: Message = {}
                for key, value in pairs:
                    message[key] = f"{message[key]}|{value}" if key in message else value
                if "Response" in message and "Event" not in message:
                    self._answers[message.get("ActionID", "")] = message
                else:
                    self.events.append(message)

"""Starts and feeds the sound's process (web_call_media.py), at the first call and again after it died."""

import asyncio
import logging
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import Protocol

from .web_call_offer import OfferFault, OfferRefused
from .web_call_wire import (
    Answered,
    Close,
    Gone,
    Join,
    News,
    Open,
    Order,
    Refused,
    Say,
    Told,
    Up,
    Wished,
    line_of,
    message_of,
)

log = logging.getLogger(__name__)

ANSWER_S = 8.0  # the first answer waits for the process to start
STOP_S = 3.0
LONGEST_LINE = 262_144
COMMAND = (sys.executable, "-m", "cordboard.telephony.web_call_media")


class MediaDown(Exception):
    """No sound for calls from the site right now."""


class Hearing(Protocol):
    """Who wants to hear of the pages' ends."""

    def page_up(self, leg: str) -> None: ...

    def page_gone(self, leg: str, why: str) -> None: ...

    def page_wished(self, leg: str, wish: str) -> None: ...


class Media(Protocol):
    """The pages' sound. Whoever holds it speaks of legs by their ids; what is said to an unknown leg is nothing."""

    def attach(self, hearing: Hearing) -> None: ...

    async def warm(self) -> None:
        """A call may come soon. Never raises."""
        ...

    async def open(self, leg: str, sdp: str) -> Answered:
        """A page's offer becomes a leg. Raises OfferRefused, MediaDown."""
        ...

    def join(self, leg: str, port: int) -> None:
        """Asterisk's end of the leg listens on `port` of loopback."""
        ...

    def say(self, leg: str, news: News) -> None: ...

    def close(self, leg: str, news: News) -> None:
        """Tell the page the last news and end its call."""
        ...

    async def stop(self) -> None: ...


def told_of(news: News) -> dict[str, object]:
    """What goes to the page: only what there is to say."""
    return {name: value for name, value in asdict(news).items() if value not in (None, "", False)}


class MediaProcess:
    """Implements Media by one child process."""

    def __init__(
        self, ice_servers: tuple[str, ...] = (), command: tuple[str, ...] = COMMAND, answer_s: float = ANSWER_S
    ) -> None:
        """`ice_servers`: none by default, host addresses only."""
        self._answer_s = answer_s
        self._ice_servers = list(ice_servers)
        self._command = command
        self._hearing: Hearing | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._answers: dict[str, asyncio.Future[Answered]] = {}
        self._legs: set[str] = set()

    def attach(self, hearing: Hearing) -> None:
        self._hearing = hearing

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def warm(self) -> None:
        with suppress(MediaDown):
            await self._started()

    async def open(self, leg: str, sdp: str) -> Answered:
        await self._started()
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._answers[leg] = future
        self._order(Open(leg, sdp, self._ice_servers))
        try:
            async with asyncio.timeout(self._answer_s):
                answered = await future
        except TimeoutError as late:
            self._order(Close(leg, {}))
            if not self._legs and self._process is not None:
                self._process.kill()  # it carries nobody and hangs: the next call starts another
            raise MediaDown from late
        finally:
            self._answers.pop(leg, None)
        self._legs.add(leg)
        return answered

    def join(self, leg: str, port: int) -> None:
        self._order(Join(leg, port))

    def say(self, leg: str, news: News) -> None:
        self._order(Say(leg, told_of(news)))

    def close(self, leg: str, news: News) -> None:
        self._legs.discard(leg)
        self._order(Close(leg, told_of(news)))

    async def stop(self) -> None:
        """End of input is its order to tell the pages and go; it is not waited for longer than STOP_S."""
        async with self._starting:
            process, self._process = self._process, None
            if process is None:
                return
            assert process.stdin is not None
            process.stdin.close()
            try:
                async with asyncio.timeout(STOP_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
            if self._reader is not None:
                await self._reader

    async def _started(self) -> None:
        async with self._starting:
            if self._process is not None:
                return
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    limit=LONGEST_LINE,
                    start_new_session=True,
                )
            except OSError as error:
                raise MediaDown from error
            self._reader = asyncio.create_task(self._read(self._process), name="sound of calls from the site")

    def _order(self, order: Order) -> None:
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(line_of(order))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with suppress(ConnectionError):
            while line := await process.stdout.readline():
                try:
                    self._heard(message_of(line))
                except ValueError:
                    log.warning("the sound's process said something unreadable")
        await process.wait()
        if self._process is process:
            self._process = None
            log.error("the sound's process of calls from the site ended with %s", process.returncode)
        for future in list(self._answers.values()):
            if not future.done():
                future.set_exception(MediaDown())
        lost, self._legs = self._legs, set()
        for leg in lost:
            self._tell_gone(leg, "lost")

    def _heard(self, told: Told | Order) -> None:
        match told:
            case Answered() if (future := self._answers.get(told.leg)) is not None and not future.done():
                future.set_result(told)
            case Refused() if (future := self._answers.get(told.leg)) is not None and not future.done():
                future.set_exception(OfferRefused(OfferFault(told.fault)))
            case Up(leg) if self._hearing is not None:
                self._hearing.page_up(leg)
            case Wished(leg, wish) if self._hearing is not None:
                self._hearing.page_wished(leg, wish)
            case Gone(leg, why):
                self._legs.discard(leg)
                self._tell_gone(leg, why)

    def _tell_gone(self, leg: str, why: str) -> None:
        if self._hearing is not None:
            self._hearing.page_gone(leg, why)

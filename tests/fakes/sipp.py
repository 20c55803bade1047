"""SIPp as customers and as the carrier: real SIP, told what to do by the test, and a third-party witness of every message."""

import asyncio
import re
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from tests.fakes import sipp_scenarios
from tests.fakes.ear import Heard
from tests.fakes.ports import free_port
from tests.fakes.rtp import Address, RtpPeer
from tests.fakes.sip_trace import SipMessage, Trace
from tests.fakes.sipp_scenarios import ANSWERS, Behaviour
from tests.fakes.wait import until

LARGEST_SCENARIO = 65_535
"""SIPp 3.6 reads no file with more bytes, and ends with a word on its standard error only: about 55 persons of a carrier."""


class Sipp:
    """One SIPp process with one scenario and its trace. Stopped, it may start again: same port, and what was said before stays said."""

    def __init__(self, folder: Path, name: str) -> None:
        self.port = free_port(udp=True)
        self._folder, self._name = folder, name
        self._traces: list[Trace] = []
        self._errors = folder / f"{name}-{self.port}.errors"
        self._scenario = folder / f"{name}-{self.port}.xml"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, scenario: str, *options: str) -> None:
        """Raises ValueError where SIPp could not read it."""
        if (size := len(scenario.encode())) > LARGEST_SCENARIO:
            raise ValueError(
                f"SIPp reads no scenario of {size} bytes, {LARGEST_SCENARIO} is the most: give it fewer rules"
            )
        self._scenario.write_text(scenario)
        trace = self._folder / f"{self._name}-{self.port}-{len(self._traces)}.messages"
        self._traces.append(Trace(trace))
        command = ["sipp", "-sf", str(self._scenario), "-i", "127.0.0.1", "-p", str(self.port), "-nostdin", "-aa"]
        command += ["-cp", str(free_port(udp=True)), "-trace_msg", "-message_file", str(trace)]
        command += ["-trace_err", "-error_file", str(self._errors), *options]
        self._process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self._scenario.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def stop(self) -> None:
        """End the process without a word to the far end, as a cut line would."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    def stand_still(self) -> None:
        """SIGSTOP: nothing is answered any more, and its port stays."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    @property
    def ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    def messages(self) -> list[SipMessage]:
        return [message for trace in self._traces for message in trace.messages()]

    def tell(self, call_id: str) -> None:
        """Let the scenario of this call take its next turn (hang up, cancel, answer)."""
        text = (
            f"MESSAGE sip:phone@127.0.0.1:{self.port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-test\r\n"
            f"From: <sip:test@127.0.0.1>;tag=test\r\nTo: <sip:phone@127.0.0.1>\r\nCall-ID: {call_id}\r\n"
            "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(text.encode(), ("127.0.0.1", self.port))

    def story(self) -> str:
        """What was said on the wire, for the message of a failed test."""
        lines = [f"{'->' if message.sent else '<-'} {message.start}" for message in self.messages()]
        errors = self._errors.read_text(errors="replace")[-2000:] if self._errors.exists() else ""
        return "\n".join([f"SIPp on port {self.port}:", *lines[-40:], errors])

    async def until_said(self, fits: str, *, sent: bool | None = None, within_s: float = 20.0) -> SipMessage:
        """The first message whose start line matches the regular expression `fits`."""

        def look() -> SipMessage | None:
            said = (one for one in self.messages() if sent is None or one.sent is sent)
            return next((one for one in said if re.search(fits, one.start)), None)

        try:
            return await until(look, f"SIP message {fits}", within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.story()}") from None


class SippCaller:
    """A customer with a telephone. Use as `async with SippCaller(folder, "127.0.0.1:5060", "+74951234567", ...) as caller`.

    The call is placed on entering; leaving hangs up if it still stands.
    """

    def __init__(
        self,
        folder: Path,
        to: str,
        number: str,
        *,
        caller_id: str = "+79160000001",
        name: str = "",
        tone_hz: float | None = 700.0,
    ) -> None:
        self.sipp = Sipp(folder, "caller")
        self._folder, self._to, self._number, self._from, self._name = folder, to, number, caller_id, name
        self._tone_hz = tone_hz
        self._peer: RtpPeer | None = None

    async def __aenter__(self) -> Self:
        self._peer = await RtpPeer.open()
        scenario = sipp_scenarios.caller(self._from, self._name, self._peer.port)
        await self.sipp.start(scenario, "-m", "1", "-s", self._number, self._to)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        try:
            if not self.sipp.ended and any(not one.sent for one in self.sipp.messages()):
                self.hang_up()
                await until(lambda: self.sipp.ended, "the caller's last words", within_s=2.0)
        except AssertionError:
            """The far end is gone (some tests kill it): nobody is left to say goodbye to."""
        finally:
            await self.sipp.stop()
            if self._peer is not None:
                await self._peer.close()

    @property
    def call_id(self) -> str:
        return next((one.call_id for one in self.sipp.messages()), "")

    @property
    def final_code(self) -> int:
        """The final answer to the INVITE; 0 while there is none."""
        answers = (one for one in self.sipp.messages() if not one.sent and one.method == "INVITE")
        return next((one.code for one in answers if one.code >= 200), 0)

    @property
    def left_by_other_side(self) -> bool:
        return any(not one.sent and one.start.startswith("BYE ") for one in self.sipp.messages())

    async def answered(self, within_s: float = 20.0) -> Address:
        """Wait for the 200; from then on the tone is sent. Returns where the far end takes its sound."""
        message = await self.sipp.until_said(r"^SIP/2.0 (2|3|4|5|6)\d\d", sent=False, within_s=within_s)
        far = message.sound_at
        assert message.code == 200, self.sipp.story()
        assert far is not None, self.sipp.story()
        if self._tone_hz is not None:
            self.peer.say(far, self._tone_hz)
        return far

    async def refused(self, within_s: float = 20.0) -> int:
        """Wait for a final answer that is not 200, and return its code."""
        message = await self.sipp.until_said(r"^SIP/2.0 (2|3|4|5|6)\d\d", sent=False, within_s=within_s)
        assert message.code != 200, self.sipp.story()
        return message.code

    def hang_up(self) -> None:
        """BYE in a talk; CANCEL before the answer."""
        self.sipp.tell(self.call_id)

    async def over(self, within_s: float = 20.0) -> None:
        """Wait until the call has ended, whoever ended it."""
        try:
            await until(lambda: self.sipp.ended, "the end of the call", within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.sipp.story()}") from None

    @property
    def peer(self) -> RtpPeer:
        assert self._peer is not None
        return self._peer

    @property
    def far(self) -> Address:
        """Where the far end takes its sound; known from the answer on."""
        found = next((one.sound_at for one in self.sipp.messages() if one.code == 200 and one.sound_at), None)
        assert found is not None, self.sipp.story()
        return found

    @property
    def stalled_s(self) -> float:
        """For how long (s) sound that was due stood still, here or at the far end: no recorder of that talk has it whole."""
        return self.peer.lines[self.far].stalled_s

    def hears(self, last_s: float = 1.0) -> Heard:
        """What the customer heard in the last seconds."""
        return self.peer.hear(self.far, last_s)

    async def until_hears(self, hz: float, within_s: float = 20.0) -> Heard:
        """Wait until the last second of what the customer hears is this tone."""

        def listen() -> Heard | None:
            heard = self.hears()
            return heard if heard.is_tone(hz) else None

        try:
            return await until(listen, f"{hz:.0f} Hz at the caller's ear", within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; last heard: {self.hears()}\n{self.sipp.story()}") from None

    def press(self, digits: str) -> None:
        self.peer.press(self.far, digits)


@dataclass(frozen=True, slots=True)
class Invite:
    """One call that came to the carrier."""

    call_id: str
    number: str
    caller: str
    at: str
    sound_at: Address | None

    @property
    def moment(self) -> datetime:
        """When SIPp received it (it writes local time)."""
        return datetime.fromisoformat(self.at).astimezone()


class SippCarrier:
    """The telephone company: persons behind numbers. Use as `async with SippCarrier(folder, [...]) as carrier`.

    `plan` is a list of (POSIX regular expression for the called number, behaviour); the first that fits decides.
    """

    def __init__(
        self,
        folder: Path,
        plan: Sequence[tuple[str, Behaviour]] = (),
        *,
        otherwise: Behaviour = ANSWERS,
        tone_hz: float | None = 700.0,
    ) -> None:
        self.folder = folder
        self.sipp = Sipp(folder, "carrier")
        self._plan, self._otherwise, self._tone_hz = tuple(plan), otherwise, tone_hz
        self._peer: RtpPeer | None = None
        self._talker: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._peer = await RtpPeer.open()
        await self.come_back()
        self._talker = asyncio.create_task(self._talk())
        return self

    async def go_dead(self) -> None:
        """Nothing answers at the carrier's address any more."""
        await self.sipp.stop()

    async def come_back(self) -> None:
        await self.sipp.start(sipp_scenarios.carrier(self._plan, self._otherwise, self.peer.port))

    async def __aexit__(self, *_exc: object) -> None:
        if self._talker is not None:
            self._talker.cancel()
        await self.sipp.stop()
        if self._peer is not None:
            await self._peer.close()

    @property
    def uri(self) -> str:
        return f"sip:127.0.0.1:{self.sipp.port}"

    @property
    def peer(self) -> RtpPeer:
        assert self._peer is not None
        return self._peer

    def invites(self) -> list[Invite]:
        """The calls in the order in which they came; a retransmission is not a call."""
        seen: dict[str, Invite] = {}
        for one in self.sipp.messages():
            if not one.sent and one.start.startswith("INVITE ") and one.call_id not in seen:
                seen[one.call_id] = Invite(one.call_id, one.number, one.header("From"), one.at, one.sound_at)
        return list(seen.values())

    def numbers(self) -> list[str]:
        return [invite.number for invite in self.invites()]

    def in_talk(self) -> list[Invite]:
        """The calls that were answered and have not ended."""
        messages = self.sipp.messages()
        talking = {one.call_id for one in messages if not one.sent and one.start.startswith("ACK ")}
        talking &= {one.call_id for one in messages if one.sent and one.code == 200 and one.method == "INVITE"}
        over = {one.call_id for one in messages if one.start.startswith("BYE ")}
        return [invite for invite in self.invites() if invite.call_id in talking - over]

    async def until_called(self, count: int, within_s: float = 30.0) -> list[Invite]:
        """Wait until `count` calls have come."""

        def enough() -> list[Invite] | None:
            invites = self.invites()
            return invites if len(invites) >= count else None

        try:
            return await until(enough, f"{count} calls at the carrier", within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; came: {self.numbers()}\n{self.sipp.story()}") from None

    async def until_in_talk(self, number: str, within_s: float = 30.0) -> Invite:
        def find() -> Invite | None:
            return next((one for one in self.in_talk() if one.number.lstrip("+") == number.lstrip("+")), None)

        try:
            return await until(find, f"{number} in talk", within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.sipp.story()}") from None

    def tell(self, invite: Invite) -> None:
        """A ringing person answers (or refuses, as planned) now; a talking person hangs up."""
        self.sipp.tell(invite.call_id)

    def hears(self, invite: Invite, last_s: float = 1.0) -> Heard:
        """What the person called heard in the last seconds."""
        return self.peer.hear(invite.sound_at, last_s) if invite.sound_at else Heard(0.0, 0.0, 0.0)

    async def _talk(self) -> None:
        """Speak to everyone who is in talk."""
        while self._tone_hz is not None:
            for invite in self.in_talk():
                if invite.sound_at and not self._speaks_to(invite.sound_at):
                    self.peer.say(invite.sound_at, self._tone_hz)
            await asyncio.sleep(0.05)

    def _speaks_to(self, far: Address) -> bool:
        line = self.peer.lines.get(far)
        return line is not None and bool(line.payload)

"""Calls that we placed and that are screened: who has answered is heard before an operator is brought (answer_machine.py).

The dialplan lends us the leg's sound (audio_tap.py). A person, and whoever may be one, goes on in the dialplan as if he had just answered.
A machine is hung up on, or is left a message after its beep. Where we die while a leg is with us, it goes on as a person's.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ..queue.channel import AttemptOutcome, WireDown
from .answer_features import RATE
from .answer_machine import AnswerMachine
from .answer_model import Model
from .answer_tones import ToneKind
from .answer_verdict import FOR_OPERATOR, POINTS, Heard, Verdict
from .audio_tap import AudioTap, TapListener
from .wire import Wire

log = logging.getLogger(__name__)

POINT, MODEL, LEAVES, PORT = "CC_AMD", "CC_AMD_MODEL", "CC_LEAVE", "CC_TAP"
KEPT_BYTES = 2 * RATE * 10  # of what was heard: who it is, is told from its beginning
BEEP_ENDS_S = 0.3  # a beep is followed by quiet: only then a machine records
NO_BEEP_S = 3.0  # who is quiet for so long has no beep
PATIENCE_S = 45.0
MEANS = {Heard.MACHINE: AttemptOutcome.MACHINE, Heard.TONE: AttemptOutcome.TONE}

Judged = Callable[[str, Verdict], Awaitable[None]]
"""Told of each verdict on a call, by the attempt's id; a later one overturns an earlier."""
HeardOut = Callable[["Hearing"], None]
"""Told once of each call that was heard to its end; it does not wait."""


@dataclass(frozen=True, slots=True)
class Screened:
    """A call to be screened at a point by the model of that name ("": the shipped one); `leaves` a message with a machine."""

    point: str
    leaves: bool
    model: str = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """A call that was heard to its end: the last word on it, and its beginning (16-bit little-endian, 8,000 samples a second)."""

    attempt_id: str
    point: str
    verdict: Verdict
    sound: bytes


class Screening:
    """`model_of` is asked, by the model's name, when a call is heard; `outcome_of` hears what a call that needs no operator has come to."""

    def __init__(
        self, wire: Wire, model_of: Callable[[str], Model], outcome_of: Callable[[str, AttemptOutcome], None]
    ) -> None:
        self._wire = wire
        self.model_of = model_of
        self._outcome_of = outcome_of
        self._calls: dict[str, Screened] = {}
        self._off = ""
        self._tap = AudioTap(self._listener)
        self.on_judged: list[Judged] = []
        self.on_heard_out: list[HeardOut] = []

    async def start(self) -> None:
        """Without a port, or without a model, calls are placed unscreened."""
        try:
            self.model_of("")
            await self._tap.start()
        except (OSError, ValueError) as error:
            self._turn_off(f"{type(error).__name__}: {error}")

    async def stop(self) -> None:
        await self._tap.stop()

    def equipped(self, attempt_id: str, variables: Mapping[str, str]) -> Mapping[str, str]:
        """The variables of a call to be placed, with what screening needs; without it where it is off or cannot be."""
        point = variables.get(POINT, "")
        kept = {name: value for name, value in variables.items() if name not in (POINT, MODEL, LEAVES)}
        if point not in POINTS or not self._tap.port:
            return kept
        leaves = variables.get(LEAVES, "")
        self._calls[attempt_id] = Screened(point, bool(leaves), variables.get(MODEL, ""))
        return {**kept, POINT: point, LEAVES: leaves, PORT: str(self._tap.port)}

    def is_screened(self, attempt_id: str) -> bool:
        return attempt_id in self._calls

    def over(self, attempt_id: str) -> None:
        """The call is gone, or is an operator's."""
        self._calls.pop(attempt_id, None)

    def cannot(self, attempt_id: str) -> None:
        """The dialplan could not lend us the sound: Asterisk lacks app_audiosocket."""
        self.over(attempt_id)
        self._turn_off("Asterisk has no module app_audiosocket")

    def _turn_off(self, why: str) -> None:
        if self._off != why:
            self._off = why
            log.warning("answering machines are not detected, every answer goes to an operator: %s", why)

    def _listener(self, attempt_id: str) -> TapListener | None:
        call = self._calls.get(attempt_id)
        return None if call is None else _Ear(self, attempt_id, call)

    # What an ear has heard

    def machine(self, call: Screened, rate: int) -> AnswerMachine:
        return AnswerMachine(self.model_of(call.model), POINTS[call.point], rate=rate)

    def heard_out(self, hearing: Hearing) -> None:
        for told in self.on_heard_out:
            try:
                told(hearing)
            except Exception:
                log.exception("what was heard of attempt %s could not be kept", hearing.attempt_id)

    async def judged(self, attempt_id: str, verdict: Verdict) -> None:
        log.info("attempt %s: %s at %.1f s (%s)", attempt_id, verdict.heard, verdict.at_s, verdict.why)
        if verdict.heard in MEANS:
            self._outcome_of(attempt_id, MEANS[verdict.heard])
        for told in self.on_judged:
            try:
                await told(attempt_id, verdict)
            except Exception:
                log.exception("a verdict on attempt %s could not be kept", attempt_id)

    async def hang_up(self, attempt_id: str) -> None:
        await self._on_wire(attempt_id, lambda key: self._wire.hang_up(key))

    async def leave_message(self, attempt_id: str) -> None:
        await self._on_wire(attempt_id, lambda key: self._wire.move(key, "cc-leave", "s"))

    async def _on_wire(self, attempt_id: str, order: Callable[[str], Awaitable[object]]) -> None:
        try:
            await order(self._wire.key_of(attempt_id))
        except WireDown:
            log.warning("attempt %s could not be ended: the wire is down", attempt_id)


class _Ear:
    """Hears one leg (TapListener)."""

    def __init__(self, screening: Screening, attempt_id: str, call: Screened) -> None:
        self._screening = screening
        self._attempt_id = attempt_id
        self._call = call
        self._machine: AnswerMachine | None = None
        self._kept = bytearray()

    async def hears(self, sound: bytes, rate: int, at_s: float) -> bool:
        goes_on = await self._hears(sound, rate, at_s)
        if not goes_on and self._machine is not None and self._machine.verdict is not None:
            kept = bytes(self._kept)
            self._screening.heard_out(Hearing(self._attempt_id, self._call.point, self._machine.verdict, kept))
        return goes_on

    async def _hears(self, sound: bytes, rate: int, at_s: float) -> bool:
        machine = self._machine = self._machine or self._screening.machine(self._call, rate)
        if rate == RATE and len(self._kept) < KEPT_BYTES:
            self._kept += sound
        verdict = machine.feed(sound, at_s)
        if verdict is not None:
            await self._screening.judged(self._attempt_id, verdict)
        last = machine.verdict
        if last is None:
            return True
        if last.heard in FOR_OPERATOR:
            return False
        return await self._machine_goes_on(machine, last.heard)

    async def _machine_goes_on(self, machine: AnswerMachine, heard: Heard) -> bool:
        """Whether to listen on for the moment to speak. When he is told to go his leg leaves by itself."""
        if heard is Heard.TONE or not self._call.leaves or machine.at_s > PATIENCE_S:
            await self._screening.hang_up(self._attempt_id)
        elif not (_beep_is_over(machine) or machine.quiet_s > NO_BEEP_S):
            return True
        else:
            await self._screening.leave_message(self._attempt_id)
        return False


def _beep_is_over(machine: AnswerMachine) -> bool:
    return any(each.kind is ToneKind.BEEP and machine.at_s >= each.ended_s + BEEP_ENDS_S for each in machine.tones)

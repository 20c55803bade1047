"""A trunk: how many calls it carries, how fast they may come, which number of ours it shows, and whether it carries any at all. Pure.

What a trunk does now is a `TrunkState`, told of each call that begins, is answered and ends. `choose` says which of several carries the
next call, or what keeps each of them. A dead trunk is known by the causes of its calls (pacing.Brake): its customers were never rung.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

import phonenumbers

from .pacing import Brake
from .refusals import Judgement, LastEnd, Row, judge

MOST_CHANNELS = 5_000
LEAST_RATE, MOST_RATE = 0.1, 500.0
USUAL_WITHDRAWN = 0.6
"""In the simulator, predictive dialing withdraws 30 to 55 % of its calls before they ring where nothing bounds it."""
MOST_CALLER_IDS = 500
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
SLACK = 1.1
"""A carrier counts by its own clock, and what leaves us evenly arrives unevenly: our second is a tenth longer than his."""


class BadTrunk(ValueError):
    """A trunk that cannot be dialed through like this; `field` names the knob, the text does not repeat the value."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")
        self.field = field_name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Trunk:
    """`channels`: calls at once, ringing and talking. `per_second`: calls begun in any second. `caller_ids`: our numbers (E.164) that
    its carrier lets us show; empty: the campaign's own numbers, whatever they are. `withdrawn`: of the calls begun without an operator,
    the share that may be taken back before they ring (carriers object to many such). Raises BadTrunk."""

    name: str
    channels: int = 500
    per_second: float = 200.0
    caller_ids: tuple[str, ...] = ()
    withdrawn: float = USUAL_WITHDRAWN

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= MOST_CHANNELS:
            raise BadTrunk("channels", f"calls at once are from 1 to {MOST_CHANNELS:,}")
        if not LEAST_RATE <= self.per_second <= MOST_RATE:
            raise BadTrunk("per_second", f"calls a second are from {LEAST_RATE:g} to {MOST_RATE:g}")
        if not 0.0 <= self.withdrawn <= 1.0:
            raise BadTrunk("withdrawn", "the share of calls taken back before they ring is from 0 to 1")
        if len(self.caller_ids) > MOST_CALLER_IDS:
            raise BadTrunk("caller_ids", f"a pool has at most {MOST_CALLER_IDS} numbers")
        if not all(is_e164(number) for number in self.caller_ids):
            raise BadTrunk("caller_ids", "every number is written as +74951234567: plus, country, number, nothing else")
        if len(set(self.caller_ids)) < len(self.caller_ids):
            raise BadTrunk("caller_ids", "a number stands in the pool twice")

    @property
    def burst(self) -> tuple[int, timedelta]:
        """So many calls may begin within so long: one second's worth, or one call in more than a second."""
        most = max(1, int(self.per_second))
        return most, timedelta(seconds=SLACK * max(1.0, 1.0 / self.per_second))


def is_e164(text: str) -> bool:
    """Whether it is a telephone number in international form, of a length that its country has."""
    return E164.fullmatch(text) is not None and phonenumbers.is_possible_number(phonenumbers.parse(text))


def caller_id(trunk: Trunk, number: str, wished: Collection[str] = ()) -> str:
    """The number to show to `number` (E.164); "" where there is none to choose. Of the campaign's `wished` numbers, as far as they are of
    the pool or there is no pool, else of the pool, the nearest to his own: same country and area, then same country; of several that are
    as near, always the same one for the same customer, whoever else joins them or leaves."""
    own_choice = [own for own in wished if not trunk.caller_ids or own in trunk.caller_ids]
    return max(
        own_choice or trunk.caller_ids, key=lambda own: (_nearness(own, number), _lot(own, number), own), default=""
    )


def _nearness(own: str, number: str) -> int:
    try:
        ours, his = phonenumbers.parse(own), phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return 0
    if ours.country_code != his.country_code:
        return 0
    area = phonenumbers.length_of_national_destination_code(his)
    national = [phonenumbers.national_significant_number(each)[:area] for each in (ours, his)]
    return 2 if area and national[0] == national[1] else 1


def _lot(own: str, number: str) -> bytes:
    return blake2b(f"{own} {number}".encode(), digest_size=8).digest()


class Blocked(StrEnum):
    """What keeps a trunk from the next call."""

    TROUBLE = "trouble"
    CHANNELS = "channels"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Hold:
    """`until`: when it ends by itself; None: with the end of a call."""

    trunk: str
    why: Blocked
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrunkState:
    """`ringing` and `talking`: the attempts that hold its channels; `on_wire`: all calls that the switch has on it now, those of customers
    who call us and of who is called back among them; `sent`: when its newest calls began, as far as the rate counts them."""

    trunk: Trunk
    ringing: frozenset[str] = frozenset()
    talking: frozenset[str] = frozenset()
    on_wire: frozenset[str] = frozenset()
    sent: tuple[datetime, ...] = ()
    brake: Brake = field(default_factory=Brake)
    last: LastEnd | None = None
    row: Row = field(default_factory=Row)

    @property
    def in_use(self) -> int:
        """Channels of the cap that are taken, by whomever."""
        return len(self.ringing | self.talking | self.on_wire)

    @property
    def by_others(self) -> int:
        """Those of them that are not the dialer's."""
        return len(self.on_wire - self.ringing - self.talking)

    def began(self, attempt_id: str, at: datetime) -> "TrunkState":
        """A call takes a channel, before anything of it is told to anybody."""
        window = self.trunk.burst[1]
        kept = tuple(each for each in self.sent if at - each < window)
        return replace(self, ringing=self.ringing | {attempt_id}, sent=(*kept, at))

    def left(self, began: datetime, at: datetime) -> "TrunkState":
        """A call that took its channel when it `began` leaves us only now, with others whose intents were written together: the rate
        counts it from here, or the next would follow it too soon."""
        kept = list(self.sent)
        if began in kept:
            kept.remove(began)
        return replace(self, sent=(*kept, at))

    def never_began(self, attempt_id: str, at: datetime) -> "TrunkState":
        """The channel that it took `at` that moment is free again, and the rate has not counted it: nothing left the house."""
        kept = list(self.sent)
        if attempt_id in self.ringing and at in kept:
            kept.remove(at)
        return replace(self.freed(attempt_id), sent=tuple(kept))

    def freed(self, attempt_id: str) -> "TrunkState":
        """Its channel is free; what the rate has counted stays counted."""
        return replace(self, ringing=self.ringing - {attempt_id}, talking=self.talking - {attempt_id})

    def answered(self, attempt_id: str) -> "TrunkState":
        """It still holds its channel. The trunk carries calls: the brake is off."""
        ringing, talking = self.ringing - {attempt_id}, self.talking | {attempt_id}
        return replace(self, ringing=ringing, talking=talking, brake=Brake(), row=Row())

    def judged(self, attempt_id: str, end: LastEnd) -> Judgement:
        """Whose doing an end was that is not yet `heard`."""
        return judge(self.row, attempt_id, end, len(self.ringing - {attempt_id}))

    def heard(self, attempt_id: str, end: LastEnd) -> "TrunkState":
        """The end is in the row of refusals, or ends it; at once, for other ends are told while this one is being written."""
        return replace(self, row=self.row.after(attempt_id, end, len(self.ringing - {attempt_id})))

    def ended(self, attempt_id: str, end: LastEnd) -> "TrunkState":
        """After it was `heard`."""
        is_trouble = self.row.suspected and end.is_refusal
        brake = self.brake.pulled(end.at) if is_trouble else self.brake.after(end.outcome, end.at)
        return replace(self.freed(attempt_id), brake=brake, last=end)

    def hold(self, now: datetime) -> Hold | None:
        """What keeps it from one more call; None when it may carry it."""
        name, brake = self.trunk.name, self.brake
        if brake.holds(now):
            return Hold(name, Blocked.TROUBLE, brake.until)
        if len(self.ringing) >= brake.most():  # one call feels the way, and its end says how it goes on
            return Hold(name, Blocked.TROUBLE)
        if self.in_use >= self.trunk.channels:
            return Hold(name, Blocked.CHANNELS)
        most, window = self.trunk.burst
        counted = sorted(each for each in self.sent if now - each < window)
        if len(counted) >= most:
            return Hold(name, Blocked.RATE, counted[-most] + window)
        return None

    def room(self, now: datetime) -> int:
        """How many more calls it may carry at this moment."""
        if self.hold(now) is not None:
            return 0
        most, window = self.trunk.burst
        by_rate = most - sum(now - each < window for each in self.sent)
        return max(0, min(by_rate, self.trunk.channels - self.in_use, self.brake.most() - len(self.ringing)))

    def begun_in_last_second(self, now: datetime) -> int:
        return sum(now - each < timedelta(seconds=1) for each in self.sent)


def choose(states: Sequence[TrunkState], now: datetime, failed: Collection[str] = ()) -> TrunkState | tuple[Hold, ...]:
    """The first that may carry the next call, in the order of preference; or what keeps each of them. Those that have just `failed` this
    customer are asked only if every other one is in trouble too."""
    sound = [each for each in states if each.trunk.name not in failed and not _in_trouble(each, now)]
    holds: list[Hold] = []
    for state in sound or states:
        hold = state.hold(now)
        if hold is None:
            return state
        holds.append(hold)
    return tuple(holds)


def _in_trouble(state: TrunkState, now: datetime) -> bool:
    hold = state.hold(now)
    return hold is not None and hold.why is Blocked.TROUBLE


def earliest(holds: Collection[Hold]) -> datetime | None:
    """When the first of them ends by itself; None when only the end of a call can tell."""
    return min((hold.until for hold in holds if hold.until is not None), default=None)

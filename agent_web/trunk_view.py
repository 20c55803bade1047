"""The trunks as pages show them. Pure; texts are msgids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..dialer.trunk import Blocked, Hold, TrunkState
from ..dialer.trunk_knobs import Knob, TrunkChange, knobs_of
from .campaign_view import OUTCOMES
from .i18n import N_, Words

BLOCKED = {
    Blocked.TROUBLE: N_("не соединяет"),
    Blocked.CHANNELS: N_("все каналы заняты"),
    Blocked.RATE: N_("быстрее звонить нельзя"),
}
KNOBS = {
    "channels": N_("Каналов, не больше"),
    "per_second": N_("Звонков в секунду, не больше"),
    "caller_ids": N_("Номера, которые видит клиент"),
    "withdrawn": N_("Снимать до гудков, доля звонков не больше"),
}
_OUTCOMES = {kind: (icon, text) for kind, icon, text in OUTCOMES}


@dataclass(frozen=True, slots=True)
class TrunkLine:
    """`hold` None: it carries calls; `by_others` of the channels in use are not the dialer's. `cause`: what the last call ended with, as
    engineers call it."""

    name: str
    channels: int
    in_use: int
    talking: int
    by_others: int
    per_second: float
    begun: int
    caller_ids: tuple[str, ...]
    withdrawn: float
    hold: Hold | None
    blocked: str
    is_dead: bool
    last_icon: str
    last: str
    last_at: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class TrunkChangeLine:
    """A line of the log. `revertible` while the knob still stands where this change put it."""

    id: str
    what: str
    old: str
    new: str
    who: str
    at: datetime
    revertible: bool


def trunk_lines(states: Sequence[TrunkState], now: datetime) -> list[TrunkLine]:
    return [_line(state, now) for state in states]


def _line(state: TrunkState, now: datetime) -> TrunkLine:
    hold, last = state.hold(now), state.last
    icon, text = _OUTCOMES[last.outcome] if last else ("", "")
    codes = (("Q.850", last.cause or ""), ("SIP", last.tech_cause or "")) if last else ()
    return TrunkLine(
        name=state.trunk.name,
        channels=state.trunk.channels,
        in_use=state.in_use,
        talking=len(state.talking),
        by_others=state.by_others,
        per_second=state.trunk.per_second,
        begun=state.begun_in_last_second(now),
        caller_ids=state.trunk.caller_ids,
        withdrawn=state.trunk.withdrawn,
        hold=hold,
        blocked=BLOCKED[hold.why] if hold else "",
        is_dead=hold is not None and hold.why is Blocked.TROUBLE,
        last_icon=icon,
        last=text,
        last_at=last.at if last else None,
        cause=", ".join(f"{name} {code}" for name, code in codes if code),
    )


def trunk_changes(
    changes: Sequence[TrunkChange], states: Sequence[TrunkState], names: Mapping[str, str], words: Words
) -> list[TrunkChangeLine]:
    """The log in the reader's language; `names` of users by id."""
    now_set = {state.trunk.name: knobs_of(state.trunk) for state in states}
    return [
        TrunkChangeLine(
            id=change.id,
            what=f"{change.trunk}: {words.say(KNOBS.get(change.field, change.field))}",
            old=_value(change.old, words),
            new=_value(change.new, words),
            who=names.get(change.actor_id, ""),
            at=change.at,
            revertible=now_set.get(change.trunk, {}).get(change.field) == change.new,
        )
        for change in changes
    ]


def _value(value: Knob, words: Words) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "—"
    return words.number(value)

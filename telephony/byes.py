"""What the dialplan wrote down of each call that ended while nobody listened (asterisk_conf/extensions.conf, cc-bye). Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

FAMILY = "cc-bye"
_FIELDS = 7
_STANDINGS = ("hold", "fallback", "dial", "talk")
_LEFT_ALONE = ("answered", "abandon", "screening")


@dataclass(frozen=True, slots=True)
class Bye:
    """A call that ended without us. `sip_name` and `talk_at` are of its last talk, if it had one; `dialed` is "" where we had called.
    `left_alone`: we had called, he answered, and nobody of us was there."""

    uniqueid: str
    arrived_at: datetime
    ended_at: datetime
    sip_name: str = ""
    talk_at: datetime | None = None
    dialed: str = ""
    number: str = ""
    name: str = ""
    left_alone: bool = False


def bye_of(key: str, value: str) -> Bye | None:
    """One entry of Asterisk's database. None when it cannot be understood, or when the call was being said goodbye to anyway."""
    parts = value.split("|", _FIELDS - 1)
    ended_at = instant(parts[3]) if len(parts) == _FIELDS else None
    if ended_at is None:
        return None
    state, arrived, talk, _, dialed, number, name = parts
    standing, _, sip_name = state.partition("-")
    if standing in _LEFT_ALONE:
        return Bye(key.rpartition("/")[2], instant(arrived) or ended_at, ended_at, left_alone=True)
    if standing not in _STANDINGS:
        return None
    talk_at = instant(talk) if standing == "talk" else None
    return Bye(
        uniqueid=key.rpartition("/")[2],
        arrived_at=instant(arrived) or talk_at or ended_at,
        ended_at=ended_at,
        sip_name=sip_name if talk_at else "",
        talk_at=talk_at,
        dialed=dialed,
        number=number,
        name=unquote(name),
    )


def instant(epoch_s: str | None) -> datetime | None:
    """Asterisk's seconds since 1970 as an instant; None for anything else."""
    try:
        return datetime.fromtimestamp(float(epoch_s or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None

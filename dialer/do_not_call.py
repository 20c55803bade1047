"""Whom we must not call: a number, all numbers that begin alike, or a customer; in every campaign or in one. Pure."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from ..shop.phone import BadPhone, to_e164

EVERYWHERE = ""
"""In place of a campaign's id: all of them."""
MOST_REASON = 200
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PREFIX = re.compile(r"\+[1-9][0-9]{0,13}")
_PUNCTUATION = re.compile(r"[\s().\-\u2010-\u2015\u00a0]")
_HAS_DIGIT = re.compile(r"[0-9]")


class Kind(StrEnum):
    NUMBER = "number"
    PREFIX = "prefix"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: `value` is a number in E.164, the beginning of one ("+7495"), or a customer's id.

    `by`: the user who wrote it. It holds from `at` (UTC) on, before `until`, or for good.
    """

    id: str
    kind: Kind
    value: str
    at: datetime
    by: str
    campaign_id: str = EVERYWHERE
    reason: str = ""
    until: datetime | None = None


class EntryRefused(ValueError):
    """What cannot stand in the list; `field` names what is wrong. The text repeats no number."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def plain_value(kind: Kind, text: str) -> str:
    """As the list holds it. Raises EntryRefused."""
    bare = _PUNCTUATION.sub("", text)
    match kind:
        case Kind.NUMBER:
            try:
                return to_e164(text)
            except BadPhone as bad:
                if _E164.fullmatch(bare):  # no plan knows it, but we could dial it
                    return bare
                raise EntryRefused("value", "this is not a phone number") from bad
        case Kind.PREFIX:
            if not _PREFIX.fullmatch(bare):
                raise EntryRefused("value", "the beginning of a number is a plus and the first digits, such as +7495")
            return bare
        case Kind.CUSTOMER:
            if not 1 <= len(text) <= 36:
                raise EntryRefused("value", "there is no such customer")
            return text


def checked(entry: Entry) -> Entry:
    """The entry with its value made plain. Raises EntryRefused."""
    if len(entry.reason) > MOST_REASON:
        raise EntryRefused("reason", "the reason is too long")
    if entry.until is not None and entry.until <= entry.at:
        raise EntryRefused("until", "choose a time that is still to come")
    value = plain_value(entry.kind, entry.value)
    return Entry(entry.id, entry.kind, value, entry.at, entry.by, entry.campaign_id, entry.reason.strip(), entry.until)


def keys(number: str, customer_id: str | None) -> list[str]:
    """Every value under which a call to `number` (E.164) may be forbidden."""
    own = [customer_id] if customer_id else []
    return own + [number[:end] for end in range(2, len(number) + 1)]


def forbids(entry: Entry, number: str, customer_id: str | None, campaign_id: str, now: datetime) -> bool:
    """Whether the entry stands against this campaign's calling this number, or this customer, at `now`."""
    if entry.campaign_id not in (EVERYWHERE, campaign_id) or (entry.until is not None and entry.until <= now):
        return False
    match entry.kind:
        case Kind.NUMBER:
            return entry.value == number
        case Kind.PREFIX:
            return number.startswith(entry.value)
        case Kind.CUSTOMER:
            return entry.value == customer_id


def longest(entries: Iterable[Entry]) -> Entry | None:
    """The one that holds the longest."""
    found = sorted(entries, key=lambda entry: (entry.until is not None, entry.until and -entry.until.timestamp()))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list that is brought in: what to forbid, why, and until when (None: for good)."""

    kind: Kind
    value: str
    reason: str
    until: datetime | None


def read_lines(text: str, zone: str) -> tuple[list[Line], list[tuple[int, str]]]:
    """A list as people keep it: a number a line, if they like with a reason and a last day (2027-01-31, in `zone`) behind it, between
    commas, semicolons or tabs. "+7495*" is all numbers that begin so; a first line without digits is a header.

    What was understood, and (line, what is wrong with it).
    """
    rows = text.lstrip("\ufeff").splitlines()
    first = next((row for row in rows if row.strip()), "")
    delimiter = next((mark for mark in "\t;," if mark in first), ",")
    lines: list[Line] = []
    errors: list[tuple[int, str]] = []
    for number, row in enumerate(csv.reader(rows, delimiter=delimiter), start=1):
        if not any(cell.strip() for cell in row) or (number == 1 and not any(map(_HAS_DIGIT.search, row))):
            continue
        try:
            lines.append(_line([cell.strip() for cell in row], zone))
        except EntryRefused as refused:
            errors.append((number, refused.reason))
    return lines, errors


def _line(cells: list[str], zone: str) -> Line:
    value, reason, last, *more = [*cells, "", ""]
    if any(more):
        raise EntryRefused("value", "a line has a number, a reason and a last day")
    kind = Kind.PREFIX if value.endswith("*") else Kind.NUMBER
    if len(reason) > MOST_REASON:
        raise EntryRefused("reason", "the reason is too long")
    return Line(kind, plain_value(kind, value.removesuffix("*")), reason, end_of_day(last, zone) if last else None)


def end_of_day(text: str, zone: str) -> datetime:
    """The midnight that ends the day (2027-01-31) at the place of `zone`. Raises EntryRefused."""
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), ZoneInfo(zone))
    except (ValueError, OverflowError) as bad:
        raise EntryRefused("until", "a day is written as 2027-01-31") from bad

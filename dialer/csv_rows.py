"""A row of a list becomes a lead's values, or says what is wrong with it. Pure.

Every value is text, whatever it looks like: a formula is not reckoned, a cell that begins with "=" is kept as it stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from ..shop.phone import BadPhone, is_zone
from .csv_form import Form, Kind
from .numbers import MAX_FIELD_TEXT, MAX_FIELDS, MAX_PHONES, NAME_FIELD
from .phone_reading import read_phone
from .priority import MAX_ORDER_TOTAL, own_units
from .sources import MAX_KEY, given_source

MAX_CELL = 10_000
TORN = "\ufffd"
"""What stands where bytes are no letter of the file's encoding."""
_BETWEEN_PHONES = re.compile(r"[;,/|\n]+")
_MONEY = re.compile(r"(\d{1,10})(?:[.,](\d{1,2}))?", re.ASCII)
_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_UTF8_PAIRS = re.compile(rb"(?:[\xc2-\xdf][\x80-\xbf]){2}")
_RUBLES = str.maketrans("", "", " \u00a0\u202f₽")
LAST_MICRO = 999_999
_Moment = tuple[str, int, int]
"""In UTC to the second, as both databases read it; microseconds; whole seconds since 1970."""
_BYTE_WIDE = frozenset({"cp1251", "cp866", "koi8-r", "cp1252"})


class Staged(TypedDict):
    """Columns of the lead (import_store.py pours it) but its id. `placed_at` in UTC, as both databases read it: rows of the same second are
    told apart by their numbers, so that of equal leads the one that stands first in the file is dialed first. `own_1` to `own_3` only
    where the campaign has fields of its own."""

    source: str
    phone: str
    zone: str
    placed_at: str
    placed_s: int
    order_total: int
    phones: list[str]
    zones: list[str]
    fields: dict[str, str]
    own_1: NotRequired[int]
    own_2: NotRequired[int]
    own_3: NotRequired[int]


@dataclass(frozen=True, slots=True)
class RowError:
    """`row` counts from 1 as a spreadsheet does, the header too; `column` is its name, or empty for the whole row."""

    row: int
    column: str
    reason: str


class RowRefused(Exception):
    """The row makes no lead; `column` is its place, None for the whole row."""

    def __init__(self, column: int | None, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


class Rows:
    """Reads the rows of one list. `home_zone`: of numbers that tell none, and of dates without a zone; `now`: of rows without a date;
    `own_fields`: the campaign's (Campaign.own_fields)."""

    def __init__(
        self,
        form: Form,
        import_id: str,
        home_zone: str,
        now: datetime,
        own_fields: tuple[str, str, str] = ("", "", ""),
    ) -> None:
        self._form = form
        self._source = f"csv:{import_id}:"
        self._home = home_zone
        self._now = _moment(now.replace(microsecond=0))
        self._own_fields = own_fields if any(own_fields) else None
        self._width = len(form.columns)
        self._phones = [at for at, kind in enumerate(form.columns) if kind is Kind.PHONE]
        self._own = [(at, form.names[at]) for at, kind in enumerate(form.columns) if kind is Kind.FIELD]
        self._place = {kind: at for at, kind in enumerate(form.columns)}
        self._may_be_mixed = form.encoding in _BYTE_WIDE

    def read(self, row: Sequence[str], number: int) -> Staged:
        """The values of the lead; `number` of the row. Raises RowRefused."""
        if len(row) != self._width:
            raise RowRefused(None, "the row is cut short" if len(row) < self._width else "the row has too many columns")
        self._check_letters(row)
        own_zone = self._zone(row)
        phones, zones = self._numbers(row, own_zone)
        several = len(phones) > 1
        second, micros, placed_s = self._placed_at(row)
        fields = self._fields(row)
        staged: Staged = {
            "source": self._source_of(row, phones[0]),
            "phone": phones[0],
            "zone": zones[0],
            "placed_at": f"{second}.{micros or min(number, LAST_MICRO):06}",
            "placed_s": placed_s,
            "order_total": self._total(row),
            "phones": phones if several else [],
            "zones": zones if several else [],
            "fields": fields,
        }
        if self._own_fields:
            staged["own_1"], staged["own_2"], staged["own_3"] = own_units(self._own_fields, fields)
        return staged

    def _check_letters(self, row: Sequence[str]) -> None:
        joined = "".join(row)
        if joined.isascii():
            if "\0" not in joined:
                return
        elif (
            TORN not in joined
            and "\0" not in joined
            and not (self._may_be_mixed and _was_utf8(joined, self._form.encoding))
        ):
            return
        for at, cell in enumerate(row):
            if TORN in cell or "\0" in cell or (self._may_be_mixed and _was_utf8(cell, self._form.encoding)):
                raise RowRefused(at, "not in the encoding of the rest of the file")
        raise RowRefused(None, "not in the encoding of the rest of the file")

    def _zone(self, row: Sequence[str]) -> str:
        at = self._place.get(Kind.TIME_ZONE)
        zone = row[at].strip() if at is not None else ""
        if zone and not _known_zone(zone):
            raise RowRefused(at, "no such time zone; use a name such as Asia/Yekaterinburg")
        return zone

    def _numbers(self, row: Sequence[str], own_zone: str) -> tuple[list[str], list[str]]:
        found: dict[str, str] = {}
        for at in self._phones:
            for text in _BETWEEN_PHONES.split(row[at]):
                if text and not text.isspace():
                    try:
                        phone, zone = read_phone(text, self._home)
                    except BadPhone as bad:
                        raise RowRefused(at, str(bad)) from bad
                    found.setdefault(phone, own_zone or zone)
        if not found:
            raise RowRefused(self._phones[0], "no telephone number")
        if len(found) > MAX_PHONES:
            raise RowRefused(self._phones[0], f"more than {MAX_PHONES} telephone numbers")
        return list(found), list(found.values())

    def _source_of(self, row: Sequence[str], phone: str) -> str:
        """The giver's own key; without one, a number is one lead of this list, however often it stands in it."""
        at = self._place.get(Kind.EXTERNAL_ID)
        key = row[at].strip() if at is not None else ""
        if len(key) > MAX_KEY or not key.isprintable() or "/" in key:
            raise RowRefused(at, f"a key has at most {MAX_KEY} characters and no slash")
        return given_source(key) if key else self._source + phone

    def _total(self, row: Sequence[str]) -> int:
        at = self._place.get(Kind.ORDER_TOTAL)
        text = row[at].translate(_RUBLES) if at is not None else ""
        if not text:
            return 0
        found = _MONEY.fullmatch(text.removesuffix("руб.").removesuffix("руб"))
        kopecks = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else MAX_ORDER_TOTAL + 1
        if kopecks > MAX_ORDER_TOTAL:
            raise RowRefused(at, "not a sum of money in rubles")
        return kopecks

    def _placed_at(self, row: Sequence[str]) -> _Moment:
        at = self._place.get(Kind.PLACED_AT)
        text = row[at].strip() if at is not None else ""
        if not text:
            return self._now
        try:
            return _read_date(text, self._home)
        except ValueError as error:
            raise RowRefused(at, "not a date; write 31.12.2026 14:30 or 2026-12-31T14:30:00+03:00") from error

    def _fields(self, row: Sequence[str]) -> dict[str, str]:
        fields = {name: row[at].strip() for at, name in self._own if row[at] and not row[at].isspace()}
        at = self._place.get(Kind.NAME)
        if at is not None and (name := row[at].strip()):
            fields[NAME_FIELD] = name
        if len(fields) > MAX_FIELDS:
            raise RowRefused(None, f"more than {MAX_FIELDS} fields")
        for name, value in fields.items():
            if len(value) > MAX_FIELD_TEXT:
                where = next((at for at, own in self._own if own == name), self._place.get(Kind.NAME))
                raise RowRefused(where, f"more than {MAX_FIELD_TEXT} characters")
        return fields


def _was_utf8(text: str, encoding: str) -> bool:
    """Whether letters here are UTF-8 that was read by a table of 256 letters: two such pairs in a row are in no word of any language."""
    return not text.isascii() and _UTF8_PAIRS.search(text.encode(encoding, "ignore")) is not None


@lru_cache(maxsize=1024)
def _known_zone(name: str) -> bool:
    return len(name) <= 40 and is_zone(name)


def _moment(at: datetime) -> _Moment:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"), at.microsecond, int(at.timestamp())


@lru_cache(maxsize=65_536)
def _read_date(text: str, home_zone: str) -> _Moment:
    """Raises ValueError."""
    found = _DATE.fullmatch(text)
    if found:
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        at = datetime(year, month, day, hour, minute, second)
    else:
        at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(home_zone))
    if not 2000 <= at.year <= 2200:
        raise ValueError("the year is out of range")
    return _moment(at)

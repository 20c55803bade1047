"""What a list's file is: its encoding, its delimiter, whether it has a header, and what each of its columns holds. Pure.

All that is guessed here is a proposal: a person sees it with the first rows, and corrects it.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from charset_normalizer import from_bytes

MAX_COLUMNS = 100
SAMPLE_BYTES = 262_144
PREVIEW_ROWS = 20
DELIMITERS = ";,\t|"
ENCODINGS = ("utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be", "cp866", "koi8-r", "cp1252")
_LIKELY = ["cp1251", "cp866", "koi8_r", "cp1252"]
_FOREIGN = {
    b"PK\x03\x04": "a workbook or an archive; save the table as CSV",
    b"\xd0\xcf\x11\xe0": "an old workbook; save the table as CSV",
    b"%PDF": "a PDF; save the table as CSV",
    b"\x1f\x8b": "a packed file; unpack it first",
}


class Kind(StrEnum):
    """What a column holds; FIELD keeps it as a field of the site's own, under the column's name."""

    PHONE = "phone"
    NAME = "name"
    EXTERNAL_ID = "external_id"
    ORDER_TOTAL = "order_total"
    TIME_ZONE = "time_zone"
    PLACED_AT = "placed_at"
    FIELD = "field"
    SKIP = "skip"


_NAMES: dict[Kind, tuple[str, ...]] = {
    Kind.PHONE: (
        "телефон",
        "тел",
        "номер телефона",
        "мобильный",
        "сотовый",
        "phone",
        "mobile",
        "tel",
        "cell",
        "msisdn",
    ),
    Kind.NAME: ("имя", "фио", "клиент", "покупатель", "контакт", "name", "full name", "customer", "client", "contact"),
    Kind.EXTERNAL_ID: (
        "id",
        "ид",
        "код",
        "внешний код",
        "external id",
        "customer id",
        "client id",
        "key",
        "номер клиента",
    ),
    Kind.ORDER_TOTAL: (
        "сумма",
        "сумма заказа",
        "стоимость",
        "руб",
        "order sum",
        "order total",
        "total",
        "sum",
        "amount",
        "price",
    ),
    Kind.TIME_ZONE: ("часовой пояс", "пояс", "time zone", "timezone", "tz"),
    Kind.PLACED_AT: ("дата", "дата заказа", "создан", "date", "order date", "placed at", "created", "created at"),
}
_ONCE = frozenset(Kind) - {Kind.PHONE, Kind.FIELD, Kind.SKIP}


class FileRefused(ValueError):
    """Not a list that can be read; the message is a reason fit for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the file is read. `columns`: what each holds; `names`: what the header calls it, or its number."""

    encoding: str
    delimiter: str
    has_header: bool
    columns: tuple[Kind, ...]
    names: tuple[str, ...]


def form_of(told: Mapping[str, Any]) -> Form:
    """A form as JSON told it. Raises ValueError for a column that can hold nothing we know."""
    columns = tuple(Kind(kind) for kind in told["columns"])
    return Form(**dict(told) | {"columns": columns, "names": tuple(told["names"])})


def check_form(form: Form) -> None:
    """Raises FileRefused for a form by which no lead could be made."""
    if form.encoding not in ENCODINGS:
        raise FileRefused("no such encoding")
    if form.delimiter not in DELIMITERS or len(form.delimiter) != 1:
        raise FileRefused("no such delimiter")
    if not 1 <= len(form.columns) <= MAX_COLUMNS or len(form.columns) != len(form.names):
        raise FileRefused(f"a list has 1 to {MAX_COLUMNS} columns")
    if Kind.PHONE not in form.columns:
        raise FileRefused("say which column holds the telephone number")
    for kind in sorted(_ONCE):
        if form.columns.count(kind) > 1:
            raise FileRefused(f"two columns are said to hold the same: {kind.value}")


def encoding_of(sample: bytes) -> str:
    """The encoding that the file's first bytes are most likely in. Raises FileRefused for what is no text."""
    if not sample.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise FileRefused("the file is empty")
    for beginning, reason in _FOREIGN.items():
        if sample.startswith(beginning):
            raise FileRefused(f"this is {reason}")
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if sample.startswith(mark):
            return encoding
    if b"\0" in sample:
        return _wide(sample)
    if is_utf8(sample):
        return "utf-8"
    best = from_bytes(sample[:16_384], cp_isolation=_LIKELY).best()
    if best is None:
        raise FileRefused("this is no text in any encoding we know")
    return best.encoding.replace("koi8_r", "koi8-r")


def is_utf8(sample: bytes) -> bool:
    """Whether it is UTF-8 as far as it goes: its end may cut a letter in two."""
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(sample) - 4 and error.reason == "unexpected end of data"
    return True


def _wide(sample: bytes) -> str:
    """UTF-16 without its mark: its ends of line are a NUL beside a letter, always on the same side."""
    little, big = sample[1::2].count(0), sample[0::2].count(0)
    most = len(sample) // 2
    if b"\0\0\0" in sample or max(little, big) < most // 8 or min(little, big) > most // 50:
        raise FileRefused("this is no text: it holds NUL bytes")
    return "utf-16-le" if little > big else "utf-16-be"


def lines_of(sample: bytes, encoding: str, *, whole: bool) -> list[str]:
    """The sample's lines; the last one, that may be cut, is left out unless the sample is the `whole` file."""
    text = sample.decode(encoding, "replace")
    lines = text.splitlines(keepends=True)
    return lines if whole or len(lines) < 2 else lines[:-1]


def rows_of(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The first rows, as far as they can be read."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter, strict=True):
            rows += [row] if row else []
            if len(rows) > PREVIEW_ROWS:
                break
    except csv.Error:
        return rows
    return rows


def delimiter_of(lines: Sequence[str]) -> str:
    """The one that cuts most of the first rows into equally many columns, and more than one; a comma when none does."""

    def worth(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in rows_of(lines, delimiter)]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths), usual) if usual > 1 else (0.0, 1)

    best = max(DELIMITERS, key=worth)
    return best if worth(best)[1] > 1 else ","


def kind_of_name(name: str) -> Kind:
    """By what the header calls it, in Russian or English; `Телефон 2` is a telephone too."""
    words = "".join(letter if letter.isalnum() else " " for letter in name.casefold().replace("ё", "е")).split()
    plain = " ".join(words).rstrip("0123456789 ")
    for kind, names in _NAMES.items():
        if plain in names or (kind is Kind.PHONE and any(word in names for word in words)):
            return kind
    return Kind.FIELD if plain else Kind.SKIP


def proposed(sample: bytes, *, whole: bool, encoding: str | None = None, delimiter: str | None = None) -> Form:
    """What the file seems to be; `encoding` and `delimiter` as somebody who knows says. Raises FileRefused."""
    spoken = encoding or encoding_of(sample)
    lines = lines_of(sample, spoken, whole=whole)
    cut = delimiter or delimiter_of(lines)
    rows = rows_of(lines, cut)
    if not rows:
        raise FileRefused("the first rows cannot be read: a quote is never closed")
    width = len(rows[0])
    if width > MAX_COLUMNS:
        raise FileRefused(f"a list has 1 to {MAX_COLUMNS} columns")
    has_header = not any(_like_phone(cell) for cell in rows[0])
    names = tuple(_name(cell, at) if has_header else _name("", at) for at, cell in enumerate(rows[0]))
    kinds = [kind_of_name(cell) for cell in rows[0]] if has_header else _by_content(rows)
    return Form(spoken, cut, has_header, _once(kinds), names)


def _name(cell: str, at: int) -> str:
    return " ".join(cell.split())[:40] or f"#{at + 1}"


def _by_content(rows: Sequence[Sequence[str]]) -> list[Kind]:
    """Without a header only telephones give themselves away."""
    width = len(rows[0])
    columns = [[row[at] for row in rows if at < len(row)] for at in range(width)]
    return [Kind.PHONE if sum(map(_like_phone, column)) * 2 > len(column) else Kind.FIELD for column in columns]


def _once(kinds: Sequence[Kind]) -> tuple[Kind, ...]:
    """Of two columns that seem to hold the same, the second is a field of its own."""
    return tuple(Kind.FIELD if kind in _ONCE and kind in kinds[:at] else kind for at, kind in enumerate(kinds))


def _like_phone(cell: str) -> bool:
    digits = sum(letter.isdigit() for letter in cell)
    return 10 <= digits <= 15 and all(letter.isdigit() or letter in "+ ()-.\u00a0" for letter in cell)

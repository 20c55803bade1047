"""A row becomes a lead's values, or names its column and what is wrong."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cordboard.dialer.csv_form import Form, Kind
from cordboard.dialer.csv_rows import RowRefused, Rows, Staged

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMES = ("Телефон", "Имя", "Код", "Сумма", "Пояс", "Дата", "Город")
KINDS = (Kind.PHONE, Kind.NAME, Kind.EXTERNAL_ID, Kind.ORDER_TOTAL, Kind.TIME_ZONE, Kind.PLACED_AT, Kind.FIELD)
FORM = Form("utf-8", ";", True, KINDS, NAMES)
GOOD = ["8 (912) 345-67-89", "Анна", "k1", "1 500,50 ₽", "", "", "Омск"]


def read(row: list[str], form: Form = FORM, number: int = 7) -> Staged:
    return Rows(form, "list", "Europe/Moscow", NOW).read(row, number)


def changed(at: int, cell: str) -> list[str]:
    return [*GOOD[:at], cell, *GOOD[at + 1 :]]


def test_a_good_row() -> None:
    assert read(GOOD) == {
        "source": "api:k1",
        "phone": "+79123456789",
        "zone": "Europe/Moscow",
        "placed_at": "2026-11-21 12:00:00.000007",
        "placed_s": int(NOW.timestamp()),
        "order_total": 150_050,
        "phones": [],
        "zones": [],
        "fields": {"Город": "Омск", "name": "Анна"},
    }


def test_without_a_key_a_number_is_one_lead_of_its_list() -> None:
    assert read(changed(2, ""))["source"] == "csv:list:+79123456789"


def test_several_numbers_in_a_cell_keep_their_order_and_zones() -> None:
    row = read(changed(0, "8 912 345-67-89, +7 343 234-56-78; 89123456789"))
    assert row["phones"] == ["+79123456789", "+73432345678"]
    assert row["zones"] == ["Europe/Moscow", "Asia/Yekaterinburg"]
    assert read(changed(4, "Asia/Omsk"))["zone"] == "Asia/Omsk"


@pytest.mark.parametrize(
    ("text", "placed_at"),
    [
        ("20.11.2026", "2026-11-19 21:00:00.000007"),
        ("20.11.2026 15:30", "2026-11-20 12:30:00.000007"),
        ("2026-11-20T15:30:00+05:00", "2026-11-20 10:30:00.000007"),
        ("2026-11-20", "2026-11-19 21:00:00.000007"),
    ],
)
def test_dates_as_people_and_programs_write_them(text: str, placed_at: str) -> None:
    assert read(changed(5, text))["placed_at"] == placed_at


@pytest.mark.parametrize("text", ['=HYPERLINK("http://evil.example")', "@SUM(A1)", "+1", "-2", "<b>x</b>"])
def test_a_formula_is_a_text(text: str) -> None:
    assert read(changed(6, text))["fields"]["Город"] == text


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (changed(0, "позвонить Анне"), 0, "letters"),
        (changed(0, "8912ABC6789"), 0, "letters"),
        (changed(0, '=HYPERLINK("x")'), 0, "letters"),
        (changed(0, "8 (000) 345-67-89"), 0, "no such phone number"),
        (changed(0, " ; "), 0, "no telephone number"),
        (changed(0, "89123456789 x"), 0, "letters"),
        (changed(0, ";".join(f"+7912345678{n}" for n in range(10)) + ";+74951234567"), 0, "more than 10"),
        (changed(2, "a/b"), 2, "key"),
        (changed(2, "k" * 71), 2, "key"),
        (changed(3, "дорого"), 3, "sum"),
        (changed(3, "-5"), 3, "sum"),
        (changed(3, "9999999999,99"), 3, "sum"),
        (changed(4, "Mars/Base"), 4, "time zone"),
        (changed(4, "../etc/passwd"), 4, "time zone"),
        (changed(5, "31.02.2026"), 5, "date"),
        (changed(5, "вчера"), 5, "date"),
        (changed(5, "0001-01-01"), 5, "date"),
        (changed(6, "x" * 201), 6, "200"),
        (changed(6, "torn \ufffd"), 6, "encoding"),
        (changed(6, "nul \0"), 6, "encoding"),
        (GOOD[:3], None, "cut short"),
        ([*GOOD, "x"], None, "too many"),
    ],
)
def test_a_bad_row_names_its_column(row: list[str], column: int | None, reason: str) -> None:
    with pytest.raises(RowRefused, match=reason) as refused:
        read(row)
    assert refused.value.column == column


def test_utf8_amid_a_file_of_another_encoding_is_noticed() -> None:
    mixed = replace(FORM, encoding="cp1251")
    row = changed(6, "Екатеринбург".encode().decode("cp1251"))
    with pytest.raises(RowRefused, match="encoding"):
        read(row, mixed)
    assert read(GOOD, mixed)["phone"] == "+79123456789"


def test_rows_of_one_second_stand_in_the_order_of_the_file() -> None:
    days = ["", "20.11.2026", "2026-11-20T15:30:00+05:00"]
    for day in days:
        earlier, later = (read(changed(5, day), number=number)["placed_at"] for number in (2, 100_000))
        assert earlier < later
        assert earlier.partition(".")[0] == later.partition(".")[0]
    assert read(changed(5, "2026-11-20T15:30:00.25+05:00"))["placed_at"].endswith(".250000")
    assert read(GOOD, number=5_000_000)["placed_at"].endswith(":00.999999")

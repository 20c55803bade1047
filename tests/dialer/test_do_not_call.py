"""Who must not be called: what an entry says, how a list is read, and what is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.do_not_call import Entry, EntryRefused, Kind, Line, checked, forbids, keys, longest, read_lines

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NUMBER = Entry("1", Kind.NUMBER, "+74950000001", NOW, "oleg")
PREFIX = Entry("2", Kind.PREFIX, "+7495", NOW, "oleg")
CUSTOMER = Entry("3", Kind.CUSTOMER, "customer-1", NOW, "oleg")


@pytest.mark.parametrize(
    ("entry", "number", "customer", "campaign", "stands"),
    [
        (NUMBER, "+74950000001", None, "a", True),
        (NUMBER, "+749500000012", None, "a", False),  # a longer number only begins like it
        (PREFIX, "+74950000002", None, "a", True),
        (PREFIX, "+74960000002", None, "a", False),
        (CUSTOMER, "+74960000002", "customer-1", "a", True),
        (CUSTOMER, "+74960000002", None, "a", False),
        (replace(NUMBER, campaign_id="a"), "+74950000001", None, "a", True),
        (replace(NUMBER, campaign_id="a"), "+74950000001", None, "b", False),
        (replace(NUMBER, until=NOW + timedelta(seconds=1)), "+74950000001", None, "a", True),
        (replace(NUMBER, until=NOW), "+74950000001", None, "a", False),
    ],
)
def test_an_entry_stands_against_its_own(
    entry: Entry, number: str, customer: str | None, campaign: str, stands: bool
) -> None:
    assert forbids(entry, number, customer, campaign, NOW) is stands


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.integers(2, 16), st.sampled_from(Kind))
def test_whatever_forbids_is_found_under_one_of_the_keys(number: str, length: int, kind: Kind) -> None:
    entry = Entry("1", kind, {Kind.NUMBER: number, Kind.PREFIX: number[:length], Kind.CUSTOMER: "c"}[kind], NOW, "oleg")
    assert forbids(entry, number, "c", "a", NOW)
    assert entry.value in keys(number, "c")


def test_of_several_the_one_that_holds_the_longest_is_told() -> None:
    short, long = (replace(NUMBER, until=NOW + timedelta(days=days)) for days in (1, 2))
    assert longest([short, long]) == long
    assert longest([short, PREFIX, long]) == PREFIX
    assert longest([]) is None


@pytest.mark.parametrize(
    ("kind", "text", "plain"),
    [
        (Kind.NUMBER, "8 (495) 000-00-01", "+74950000001"),
        (Kind.NUMBER, "+999 123 456 78", "+99912345678"),  # no plan knows it, yet it could be dialed
        (Kind.PREFIX, "+7 (495)", "+7495"),
        (Kind.CUSTOMER, "customer-1", "customer-1"),
    ],
)
def test_a_value_is_kept_as_it_is_dialed(kind: Kind, text: str, plain: str) -> None:
    assert checked(replace(NUMBER, kind=kind, value=text)).value == plain


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (replace(NUMBER, value="call me not"), "value"),
        (replace(NUMBER, value=""), "value"),
        (replace(NUMBER, value="+7495000000A"), "value"),
        (replace(PREFIX, value="+"), "value"),  # would forbid everybody
        (replace(PREFIX, value="8495"), "value"),
        (replace(PREFIX, value=""), "value"),
        (replace(CUSTOMER, value=""), "value"),
        (replace(NUMBER, reason="x" * 201), "reason"),
        (replace(NUMBER, until=NOW), "until"),
    ],
)
def test_what_cannot_stand_in_the_list_is_refused_by_name(entry: Entry, field: str) -> None:
    with pytest.raises(EntryRefused) as refused:
        checked(entry)
    assert refused.value.field == field


def test_a_list_as_people_keep_it() -> None:
    text = (
        "\ufeffтелефон;причина;до\n"
        "8 (495) 000-00-01;сам попросил;2027-01-31\n"
        "\n"
        '+7 495 000 00 02;"кавычки; и точка с запятой"\n'
        "+7812*;\n"
    )
    lines, errors = read_lines(text, "Europe/Moscow")
    assert errors == []
    assert lines[0] == Line(Kind.NUMBER, "+74950000001", "сам попросил", datetime(2027, 1, 31, 21, tzinfo=UTC))
    assert lines[1] == Line(Kind.NUMBER, "+74950000002", "кавычки; и точка с запятой", None)
    assert lines[2] == Line(Kind.PREFIX, "+7812", "", None)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_usual_mark_stands_between(delimiter: str) -> None:
    lines, errors = read_lines(delimiter.join(["+74950000001", "why", "2027-01-31"]), "UTC")
    assert errors == []
    assert (lines[0].value, lines[0].reason) == ("+74950000001", "why")


def test_each_bad_line_is_told_by_its_number() -> None:
    text = "+74950000001\nIvan\n+74950000002,,31.01.2027\n+7495\n=1+1,a,2027-01-01,d\n+*\n"
    lines, errors = read_lines(text, "UTC")
    assert [line.value for line in lines] == ["+74950000001"]
    assert [number for number, _reason in errors] == [2, 3, 4, 5, 6]


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    lines, _errors = read_lines(text, "UTC")
    assert all(line.value.startswith("+") for line in lines)

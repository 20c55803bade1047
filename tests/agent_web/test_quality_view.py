from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cordboard.agent_web.quality_view import DIRECTION_WORDS, MARK_WORDS, STATE_WORDS, Shown, asked
from cordboard.quality.recording import STATES, Recording, RecordingFilter
from cordboard.shop.customer import Customer
from cordboard.shop.order import Order, OrderStatus

START = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")
RECORDING = Recording(
    "id", "contact", 1, "agent", "order", "customer", "inbound", START, "ok", 60.0, 60.0, 1, "ab", "a.ogg",
    {"operator_talk_s": 30.0, "customer_talk_s": 66.0, "marks": [
        {"at_s": 2.5, "kind": "silence", "length_s": 9.0}, {"at_s": 3.0, "kind": "of a later version", "length_s": 1.0},
    ]},
)  # fmt: skip
ORDER = Order("order", "x", "48/190 №", "customer", OrderStatus.NEW, (), "", "", "", "", 0, "RUB", START, None, 1)
CUSTOMER = Customer("customer", "Анна", ("+79123454127",), "", "", "UTC", "ru", "", "", START)


def test_every_state_has_words() -> None:
    assert tuple(STATE_WORDS) == STATES
    assert {"inbound", "outbound"} < set(DIRECTION_WORDS)


def test_days_are_the_shops_own() -> None:
    wish = asked({"since": "2026-11-21", "until": "2026-11-21"})
    wanted = wish.wanted(None, MOSCOW)
    assert wanted.since == datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert wanted.until == datetime(2026, 11, 21, 21, tzinfo=UTC)
    assert wanted.until - wanted.since == timedelta(days=1)


def test_what_is_made_up_is_not_asked_for() -> None:
    wish = asked(
        {"state": "x", "least": "7", "order": "# 4 8 ", "since": "2026-13-01", "agent": "a" * 500, "evil": "1"}
    )
    assert (wish.state, wish.least, wish.order, len(wish.agent), set(wish.errors)) == ("", "", "4 8", 100, {"since"})
    assert wish.query(before="b") == f"?agent={'a' * 100}&order=4+8&before=b"
    assert asked({}).query() == ""
    assert asked({}).wanted(None, MOSCOW) == RecordingFilter()


def test_an_order_that_does_not_exist_has_no_recordings() -> None:
    assert asked({"order": "1"}).wanted(None, MOSCOW).order_id == ""
    assert asked({"order": "1"}).wanted(ORDER, MOSCOW).order_id == "order"


def test_shares_never_pass_the_whole_and_are_none_where_not_measured() -> None:
    shown = Shown(RECORDING, None, None, None)
    assert (shown.operator_share, shown.customer_share) == (0.5, 1.0)


def test_marks_of_a_later_version_are_left_out() -> None:
    marks = Shown(RECORDING, None, None, None).marks
    assert [(mark.at_s, mark.kind, mark.words) for mark in marks] == [(2.5, "silence", MARK_WORDS["silence"][1])]


@pytest.mark.parametrize(
    ("order", "name"), [(ORDER, "cordboard-2026-11-22-0130-48190.ogg"), (None, "cordboard-2026-11-22-0130.ogg")]
)
def test_a_file_name_is_plain_and_tells_no_number(order: Order | None, name: str) -> None:
    shown = Shown(RECORDING, None, CUSTOMER, order)
    assert shown.file_name(MOSCOW) == name
    assert shown.phone == "+79*******27"

"""A booking's states, its slots, and what a slot can take: pure."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.booking import (
    OPEN_STATES,
    Booking,
    BookingEvent,
    BookingFault,
    BookingRefused,
    BookingSource,
    BookingState,
    Cancelled,
    Dialed,
    Ended,
    LeadGiven,
    Moved,
    Window,
    WindowPassed,
    advance,
    plain_name,
    shown_state,
)
from cordboard.dialer.booking_limits import BookingRules, Tries, asker_mark, destination
from cordboard.dialer.booking_slots import (
    SLOT,
    fits,
    on_line_at,
    places,
    slot_of,
    slots_of_day,
    soon_min,
    usual_crew,
    with_places,
)
from cordboard.dialer.calling_hours import CallingHours
from cordboard.queue.contact import IllegalTransition
from cordboard.queue.journal import PresenceEntry

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MOSCOW, BERLIN = "Europe/Moscow", "Europe/Berlin"
ROUND_THE_CLOCK = CallingHours(0, 1440)
LATER = Window(NOW + timedelta(hours=5), NOW + timedelta(hours=5) + SLOT)


def a_booking(state: BookingState = BookingState.BOOKED, lead_id: str | None = "lead") -> Booking:
    window = Window(NOW - timedelta(hours=1), NOW - timedelta(minutes=30))
    return Booking(
        id="b",
        campaign_id="c",
        queue="orders",
        phone="+74950000001",
        zone=MOSCOW,
        window=window,
        source=BookingSource.PAGE,
        created_at=NOW,
        state=state,
        lead_id=lead_id,
    )


@pytest.mark.parametrize("state", BookingState)
@pytest.mark.parametrize(
    ("event", "after", "allowed"),
    [
        (Moved(LATER), BookingState.MOVED, OPEN_STATES),
        (Dialed(), BookingState.DIALED, OPEN_STATES),
        (Ended(), BookingState.DONE, OPEN_STATES),
        (Cancelled(), BookingState.CANCELLED, OPEN_STATES),
        (WindowPassed(), BookingState.MISSED, {BookingState.BOOKED, BookingState.MOVED}),
        (LeadGiven("l"), None, set[BookingState]()),  # this one has a lead
    ],
)
def test_each_event_in_each_state(
    state: BookingState, event: BookingEvent, after: BookingState | None, allowed: set[BookingState]
) -> None:
    if state in allowed:
        assert advance(a_booking(state), event, NOW).state is after
    else:
        with pytest.raises(IllegalTransition):
            advance(a_booking(state), event, NOW)


def test_a_window_is_not_missed_before_it_ends() -> None:
    with pytest.raises(IllegalTransition):
        advance(advance(a_booking(), Moved(LATER), NOW), WindowPassed(), NOW)


def test_that_a_window_was_missed_stays_known_when_the_call_is_made() -> None:
    missed = advance(a_booking(), WindowPassed(), NOW)
    assert advance(missed, Dialed(), NOW + timedelta(hours=1)).missed_at == NOW


def test_a_spare_takes_a_lead_once_and_shows_nothing_of_the_other_call() -> None:
    spare = advance(a_booking(lead_id=None), Moved(LATER), NOW)
    assert advance(spare, LeadGiven("l"), NOW).lead_id == "l"
    with pytest.raises(IllegalTransition):
        advance(advance(spare, LeadGiven("l"), NOW), LeadGiven("m"), NOW)
    over = advance(spare, Ended(), NOW)
    assert shown_state(over, NOW) is BookingState.BOOKED
    assert shown_state(over, LATER.starts_at) is BookingState.DONE
    assert shown_state(advance(a_booking(), Ended(), NOW), NOW) is BookingState.DONE


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Анна \n Иванова ", "Анна Иванова"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # escaped where it is shown
        ("a\0b\u202ec", "a b c"),
        ("", ""),
    ],
)
def test_a_name_is_kept_as_one_printable_line(typed: str, kept: str) -> None:
    assert plain_name(typed) == kept


@given(st.text(max_size=2000))
def test_any_name_comes_out_short_and_printable(typed: str) -> None:
    name = plain_name(typed)
    assert len(name) <= 60
    assert name.isprintable()


def local_times(day: date, zone: str, hours: CallingHours, now: datetime) -> list[str]:
    return [f"{slot.starts_at.astimezone(ZoneInfo(zone)):%H:%M}" for slot in slots_of_day(day, zone, hours, now)]


def test_slots_are_half_hours_of_the_customers_own_day_within_the_hours() -> None:
    hours = CallingHours(9 * 60 + 10, 11 * 60)
    assert local_times(date(2026, 11, 21), "Asia/Omsk", hours, NOW) == ["09:30", "10:00", "10:30"]
    assert local_times(date(2026, 11, 21), "Asia/Kathmandu", hours, NOW) == ["09:15", "09:45", "10:15"]


def test_what_is_past_or_too_near_is_no_slot() -> None:
    today = date(2026, 11, 20)  # noon in Moscow
    assert local_times(today, MOSCOW, CallingHours(540, 780), NOW) == ["12:30"]
    assert local_times(today, MOSCOW, CallingHours(540, 780), NOW + timedelta(minutes=21)) == []
    assert local_times(date(2026, 11, 19), MOSCOW, CallingHours(), NOW) == []


@pytest.mark.parametrize(
    ("day", "hours_long"), [(date(2027, 3, 28), 23), (date(2026, 10, 25), 25), (date(2027, 3, 27), 24)]
)
def test_a_change_of_clocks_neither_loses_nor_doubles_a_slot(day: date, hours_long: int) -> None:
    slots = slots_of_day(day, BERLIN, ROUND_THE_CLOCK, datetime(2026, 10, 1, tzinfo=UTC))
    assert len(slots) == len(set(slots)) == 2 * hours_long
    assert all(one.ends_at == next_one.starts_at for one, next_one in zip(slots, slots[1:], strict=False))
    assert day != date(2027, 3, 28) or "02:30" not in local_times(day, BERLIN, ROUND_THE_CLOCK, NOW)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sampled_from([MOSCOW, BERLIN, "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"]),
    st.integers(0, 1438),
    st.integers(1, 1439),
)
def test_no_slot_ever_lies_in_the_night_or_the_past(now: datetime, zone: str, opens: int, long: int) -> None:
    hours = CallingHours(opens, min(1440, opens + long))
    day = now.astimezone(ZoneInfo(zone)).date()
    for window in slots_of_day(day, zone, hours, now):
        assert window.starts_at > now
        assert fits(window, zone, hours)
        for minute in (window.starts_at, window.ends_at - timedelta(minutes=1)):
            local = minute.astimezone(ZoneInfo(zone))
            assert local.date() == day or local.hour == 0
            assert hours.opens_min <= local.hour * 60 + local.minute < hours.closes_min


@pytest.mark.parametrize(
    ("on_line", "handle_s", "taken"),
    [(0, 240, 0), (0.4, 240, 0), (0.5, 240, 1), (1, 240, 3), (4, 240, 15), (2, 3600, 1), (10, 300, 30), (1, 0, 15)],
)
def test_half_of_the_operators_time_may_be_promised_away(on_line: float, handle_s: float, taken: int) -> None:
    assert places(on_line, handle_s) == taken


def test_the_usual_crew_of_an_hour_is_the_mean_of_the_weeks_that_were_seen() -> None:
    """Moscow is three hours ahead: 12:00 to 14:00 there is 9:00 to 11:00 UTC. Fridays."""
    friday = datetime(2026, 10, 30, 9, 0, tzinfo=UTC)
    changes = []
    for week in range(3):
        came = friday + timedelta(weeks=week)
        changes.append(PresenceEntry(came, "maria", True))
        changes.append(PresenceEntry(came + timedelta(hours=2), "maria", False))
    changes.append(PresenceEntry(friday + timedelta(minutes=30), "ilya", True))
    changes.append(PresenceEntry(friday + timedelta(minutes=60), "ilya", False))
    usual = usual_crew(changes, friday + timedelta(weeks=3), MOSCOW)
    assert usual[4, 12] == pytest.approx((1.5 + 1 + 1) / 3)
    assert usual[4, 13] == 1.0
    assert usual[4, 14] == 0.0
    assert on_line_at(friday, usual, 99.0, MOSCOW) == pytest.approx(3.5 / 3)


def test_an_hour_that_was_seen_once_is_not_believed() -> None:
    came = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)
    usual = usual_crew([PresenceEntry(came, "maria", True)], came + timedelta(days=8), MOSCOW)
    assert usual == {(4, hour): 1.0 for hour in range(12, 24)} | {(5, hour): 1.0 for hour in range(12)}
    assert on_line_at(came + timedelta(days=2), usual, 5.0, MOSCOW) == 5.0
    assert usual_crew([], NOW, MOSCOW) == {}


def test_who_asks_now_stands_behind_those_who_wait_and_those_who_are_owed_a_call() -> None:
    assert soon_min(0, 0, 0, 0, 240) is None
    assert soon_min(0, 0, 1, 2, 240) == 1
    assert soon_min(2, 1, 0, 2, 240) == 8
    assert soon_min(1, 1, 3, 3, 240) == 1
    assert soon_min(60, 0, 0, 2, 240) is None


def test_what_is_taken_is_counted_by_slot_and_a_hand_set_number_wins() -> None:
    first = slot_of(NOW)
    second = slot_of(first.ends_at)
    slots = with_places(
        [first, second],
        lambda _window: 3,
        [NOW, NOW + timedelta(minutes=29), second.starts_at, second.ends_at],
        {second.starts_at: 0},
    )
    assert [(slot.places, slot.taken, slot.free) for slot in slots] == [(3, 2, 1), (0, 1, 0)]


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", BookingFault.BAD_PHONE),
        ("8 (495) call me", BookingFault.BAD_PHONE),
        ("+7 912 345", BookingFault.BAD_PHONE),
        ("9" * 10_000, BookingFault.BAD_PHONE),
        ("+74951234567;ext=2", BookingFault.BAD_PHONE),
        ("+1 212 555 0123", BookingFault.DESTINATION),
        ("+7 701 234 56 78", BookingFault.DESTINATION),  # Kazakhstan has the same +7
        ("+7 809 123 45 67", BookingFault.DESTINATION),  # the caller pays dearly
        ("8 495 000-01-00", BookingFault.DESTINATION),  # ours
    ],
)
def test_where_the_page_makes_nobody_call(typed: str, fault: BookingFault) -> None:
    with pytest.raises(BookingRefused) as refused:
        destination(typed, BookingRules(), {"74950000100"})
    assert refused.value.fault is fault


def test_countries_are_the_sites_to_choose() -> None:
    assert destination("8 (912) 345-67-89", BookingRules(), ()) == "+79123456789"
    assert destination("+1 212 555 0123", BookingRules(countries=("RU", "US")), ()) == "+12125550123"


def test_an_address_is_kept_as_what_only_the_key_tells() -> None:
    assert asker_mark("203.0.113.7", b"k") == asker_mark("::ffff:203.0.113.7", b"k")
    assert asker_mark("2001:db8:1:2::5", b"k") == asker_mark("2001:db8:1:2:ffff::9", b"k")
    assert asker_mark("203.0.113.7", b"k") != asker_mark("203.0.113.8", b"k")
    assert asker_mark("203.0.113.7", b"k") != asker_mark("203.0.113.7", b"other")
    assert "203" not in asker_mark("203.0.113.7", b"k")[:3]


def test_tries_run_out_and_come_back_each_askers_own() -> None:
    tries = Tries(2)
    tries.enter("a", 0.0)
    tries.enter("a", 30.0)
    with pytest.raises(BookingRefused):
        tries.enter("a", 59.0)
    tries.enter("b", 59.0)
    tries.enter("a", 60.0)

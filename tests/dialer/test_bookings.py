"""Booking, moving, cancelling and calling, over real rooms, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cordboard.dialer.booking import Booking, BookingFault, BookingRefused, BookingSource, BookingState
from cordboard.dialer.booking_limits import BookingRules
from cordboard.dialer.bookings import Booked, Wish
from cordboard.dialer.lead import Lead, LeadState
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.journal import PresenceEntry
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, bookings_of, phone

TODAY = date(2026, 11, 21)
ONE = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)  # 16:00 in Moscow, an hour from now
TWO = ONE + timedelta(minutes=30)
ZONE = "Europe/Moscow"


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


def wish(
    number: int = 1,
    starts_at: datetime | None = ONE,
    source: BookingSource = BookingSource.PAGE,
    address: str = "203.0.113.1",
    name: str = "Анна",
) -> Wish:
    return Wish(phone(number), "orders", source, starts_at, name, ZONE, "ru", address)


async def refused(house: DialHouse, wanted: Wish) -> BookingRefused:
    with pytest.raises(BookingRefused) as error:
        await house.bookings.book(wanted)
    return error.value


async def lead_of(house: DialHouse, booking: Booking) -> Lead:
    assert booking.lead_id is not None
    lead = await house.store.lead(booking.lead_id)
    assert lead is not None
    return lead


async def again(house: DialHouse, booked: Booked) -> Booking:
    found = await house.bookings.booking(booked.booking.id)
    assert found is not None
    return found


async def test_a_booked_call_is_dialed_in_its_window_and_completed_once(house: DialHouse) -> None:
    await house.open("maria")
    booked = await house.bookings.book(wish())
    await house.tick(3598)
    assert house.telephones.dialed == []
    await house.order(7, 900_000)  # however dear, it goes after a promise whose minute has come
    await house.tick(1)
    assert house.telephones.dialed[-1][1] == booked.booking.phone
    assert (await again(house, booked)).state is BookingState.DIALED
    contact = await house.talk(house.ringing())
    assert contact.name == "Анна"
    await house.finish(house.ringing(), "confirmed")
    assert (await again(house, booked)).state is BookingState.DONE
    assert (await lead_of(house, booked.booking)).state is LeadState.DONE
    await house.tick(1)
    await house.serve()
    await house.tick(7200)
    assert [dialed[1] for dialed in house.telephones.dialed] == [phone(1), phone(7)]


async def test_the_link_opens_its_booking_and_the_table_holds_no_secret(house: DialHouse) -> None:
    await house.open("maria")
    booked = await house.bookings.book(wish())
    assert await house.bookings.by_token(booked.token) == booked.booking
    assert booked.token not in str(booked.booking)
    for guessed in ("", "x", booked.booking.id, booked.token[:-1] + "x", "ю" * 40, "a" * 10_000):
        assert await house.bookings.by_token(guessed) is None


async def test_an_order_that_would_be_dialed_anyway_waits_for_its_customers_time(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 5_000)
    booked = await house.bookings.book(wish(1))
    lead = await house.lead_of(order)
    assert booked.booking.lead_id == lead.id
    assert (lead.is_callback, lead.due_at, lead.due_by) == (True, ONE, TWO)
    await house.tick(60)
    assert house.telephones.dialed == []
    await house.bookings.cancel(booked.booking.id)
    assert (await house.lead_of(order)).state is LeadState.FRESH
    await house.tick(1)
    assert [dialed[1] for dialed in house.telephones.dialed] == [phone(1)]


async def test_moved_it_is_dialed_at_the_new_time_only(house: DialHouse) -> None:
    await house.open("maria")
    booked = await house.bookings.book(wish())
    moved = await house.bookings.move(booked.booking.id, TWO)
    assert (moved.state, moved.window.starts_at) == (BookingState.MOVED, TWO)
    await house.tick(3660)
    assert house.telephones.dialed == []
    await house.tick(1800)
    assert len(house.telephones.dialed) == 1


async def test_cancelled_nobody_is_called_and_cancelling_twice_is_cancelling_once(house: DialHouse) -> None:
    await house.open("maria")
    booked = await house.bookings.book(wish())
    for _ in range(2):
        assert (await house.bookings.cancel(booked.booking.id)).state is BookingState.CANCELLED
    await house.tick(7200)
    assert house.telephones.dialed == []
    with pytest.raises(BookingRefused) as error:
        await house.bookings.move(booked.booking.id, TWO)
    assert error.value.fault is BookingFault.OVER


async def test_of_two_who_want_the_last_place_one_wins(house: DialHouse) -> None:
    await house.open("maria")
    await house.bookings.set_places("orders", ONE, 1)
    first, second = await asyncio.gather(
        house.bookings.book(wish(1)), house.bookings.book(wish(2, address="203.0.113.2")), return_exceptions=True
    )
    lost = [one for one in (first, second) if isinstance(one, BookingRefused)]
    assert [one.fault for one in lost] == [BookingFault.TAKEN]
    [slot] = [slot for slot in await house.bookings.offers(ZONE, TODAY, "orders") if slot.window.starts_at == ONE]
    assert (slot.places, slot.taken) == (1, 1)
    assert (await house.bookings.book(wish(3, TWO))).booking.state is BookingState.BOOKED


async def test_one_number_asked_for_at_the_same_moment_gets_one_call(house: DialHouse) -> None:
    await house.open("maria", "ilya")
    made = await asyncio.gather(*(house.bookings.book(wish(1, ONE, address=f"203.0.113.{n}")) for n in range(3)))
    assert sorted(one.booking.is_spare for one in made) == [False, True, True]
    await house.tick(3600)
    await house.serve()
    await house.tick(7200)
    assert len(house.telephones.dialed) == 1
    assert {(await again(house, one)).state for one in made} == {BookingState.DONE}


async def test_a_stranger_who_books_a_known_number_learns_nothing_and_changes_nothing(house: DialHouse) -> None:
    await house.open("maria")
    real = await house.bookings.book(wish(1, TWO))
    unknown = await house.bookings.book(wish(2, ONE, address="198.51.100.1"))
    stranger = await house.bookings.book(wish(1, ONE, address="198.51.100.2"))
    assert stranger.booking.is_spare
    assert not unknown.booking.is_spare
    assert stranger.booking.state is unknown.booking.state
    slots = {slot.window.starts_at: slot.taken for slot in await house.bookings.offers(ZONE, TODAY, "orders")}
    assert (slots[ONE], slots[TWO]) == (2, 1)  # a spare takes its place as any other
    assert (await house.bookings.move(stranger.booking.id, TWO)).state is BookingState.MOVED
    await house.bookings.cancel(stranger.booking.id)
    assert await again(house, real) == real.booking
    assert await house.bookings.booked_by(phone(1)) == real.booking


async def test_who_books_first_for_another_cannot_take_his_call_from_him(house: DialHouse) -> None:
    await house.open("maria")
    stranger = await house.bookings.book(wish(1, ONE, address="198.51.100.2"))
    own = await house.bookings.book(wish(1, TWO))
    assert own.booking.is_spare
    await house.bookings.cancel(stranger.booking.id)
    mine = await again(house, own)
    assert not mine.is_spare
    lead = await lead_of(house, mine)
    assert (lead.is_callback, lead.due_at) == (True, TWO)


async def test_an_operators_promise_is_not_moved_by_a_stranger(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    await house.talk(house.ringing())
    await house.finish(house.ringing(), "postponed", TWO)
    booked = await house.bookings.book(wish(1, ONE))
    assert booked.booking.is_spare
    assert (await house.lead_of(order)).due_at == TWO
    [owed] = await house.bookings.owed("orders", TWO + timedelta(minutes=1))
    assert (owed.lead.agent_id, owed.booking) == ("maria", None)


@pytest.mark.parametrize("source", [BookingSource.API, BookingSource.PHONE])
async def test_who_may_know_is_told_of_the_open_booking(house: DialHouse, source: BookingSource) -> None:
    await house.open("maria")
    first = await house.bookings.book(wish())
    error = await refused(house, wish(1, TWO, source))
    assert (error.fault, error.existing) == (BookingFault.ALREADY, first.booking)


@pytest.mark.parametrize(
    ("starts_at", "fault"),
    [
        (datetime(2026, 11, 21, 11, 30, tzinfo=UTC), BookingFault.PAST),
        (datetime(2026, 11, 21, 12, 5, tzinfo=UTC), BookingFault.PAST),
        (datetime(2026, 11, 21, 13, 7, tzinfo=UTC), BookingFault.NO_SLOT),
        (datetime(2026, 11, 21, 23, 0, tzinfo=UTC), BookingFault.HOURS),
        (datetime(2026, 12, 21, 13, 0, tzinfo=UTC), BookingFault.TOO_FAR),
    ],
)
async def test_a_time_that_cannot_be_promised_is_refused(
    house: DialHouse, starts_at: datetime, fault: BookingFault
) -> None:
    await house.open("maria", knobs={"hours.opens_min": 540, "hours.closes_min": 1260})
    assert (await refused(house, wish(1, starts_at))).fault is fault
    assert await house.bookings.booked_by(phone(1)) is None
    assert await house.bookings.owed("orders", ONE + timedelta(days=60)) == []


async def test_a_far_zone_chosen_on_the_page_makes_no_landline_ring_at_night(house: DialHouse) -> None:
    await house.open("maria", knobs={"hours.opens_min": 540, "hours.closes_min": 1260})
    night = datetime(2026, 11, 21, 22, 0, tzinfo=UTC)  # 1:00 in Moscow, 10:00 in Kamchatka
    far = replace(wish(1, night), zone="Asia/Kamchatka")
    assert (await refused(house, far)).fault is BookingFault.HOURS
    assert await house.bookings.booked_by(phone(1)) is None


async def test_limits_of_an_address_and_of_the_day(house: DialHouse) -> None:
    await house.open("maria", "ilya", "oleg", "irina")
    rules = BookingRules(per_asker=2, per_day=4)
    house.bookings = bookings_of(house.db, house.store, house.desk, house.clock, house.ids, rules)
    for number in (1, 2):
        await house.bookings.book(wish(number))
    assert (await refused(house, wish(3))).fault is BookingFault.TOO_MANY
    for number in (3, 4):
        await house.bookings.book(wish(number, address="203.0.113.2"))
    assert (await refused(house, wish(5, address="203.0.113.3"))).fault is BookingFault.CLOSED
    house.clock.pass_s(86_401)
    tomorrow = ONE + timedelta(days=1)
    assert (await house.bookings.book(wish(5, tomorrow))).booking.state is BookingState.BOOKED


async def test_a_number_that_was_booked_too_often_is_answered_alike_and_not_called(house: DialHouse) -> None:
    await house.open("maria")
    for number in range(3):
        booked = await house.bookings.book(wish(1, address=f"203.0.113.{number}"))
        assert not booked.booking.is_spare
        await house.bookings.cancel(booked.booking.id)
    fourth = await house.bookings.book(wish(1, address="203.0.113.9"))
    assert fourth.booking.is_spare
    assert (await refused(house, wish(1, source=BookingSource.API))).fault is BookingFault.NUMBER_TOO_OFTEN
    await house.tick(7200)
    assert house.telephones.dialed == []


async def test_a_window_in_which_nobody_could_call_is_missed_and_he_is_called_as_soon_as_one_can(
    house: DialHouse,
) -> None:
    await house.open("maria")
    booked = await house.bookings.book(wish())
    await house.desk.log_out("maria")
    await house.tick(5400)
    await house.bookings.sweep()
    await house.bookings.sweep()
    missed = await again(house, booked)
    assert (missed.state, missed.missed_at) == (BookingState.MISSED, house.clock.now())
    [first, *_rest] = await house.dialer.next_leads(missed.campaign_id)
    assert first.late_since == TWO
    await house.desk.ready("maria")
    await house.tick(1)
    assert len(house.telephones.dialed) == 1
    assert (await again(house, booked)).state is BookingState.DIALED


async def test_who_does_not_answer_is_tried_again_by_the_rule_and_at_last_it_is_done(house: DialHouse) -> None:
    await house.open("maria")
    booked = await house.bookings.book(wish())
    await house.tick(3600)
    for _ in range(3):
        await house.hang_up(house.ringing(), AttemptOutcome.NO_ANSWER)
        assert (await again(house, booked)).state is BookingState.DIALED
        await house.tick(3600)
    await house.hang_up(house.ringing(), AttemptOutcome.NO_ANSWER)
    assert (await again(house, booked)).state is BookingState.DONE


async def test_while_it_rings_it_can_be_neither_moved_nor_cancelled(house: DialHouse) -> None:
    await house.open("maria")
    booked = await house.bookings.book(wish())
    await house.tick(3600)
    for change in (house.bookings.move(booked.booking.id, TWO), house.bookings.cancel(booked.booking.id)):
        with pytest.raises(BookingRefused) as error:
            await change
        assert error.value.fault is BookingFault.IN_CALL
    assert (await again(house, booked)).state is BookingState.DIALED


async def test_capacity_is_the_seats_until_the_journal_has_seen_the_hour(house: DialHouse) -> None:
    await house.open("maria", "ilya")
    offers = {slot.window.starts_at: slot.places for slot in await house.bookings.offers(ZONE, TODAY, "orders")}
    assert offers[ONE] == 7  # two operators, 240 s a talk, half of their time

    async def presence(agent_ids: Collection[str], since: datetime) -> list[PresenceEntry]:
        assert sorted(agent_ids) == ["ilya", "maria"]
        days = [ONE - timedelta(days=7 * week, hours=2) for week in (1, 2, 3)]
        return [PresenceEntry(day + timedelta(hours=n), "maria", n == 0) for day in days for n in (0, 3)]

    seen = bookings_of(house.db, house.store, house.desk, house.clock, house.ids, presence=presence)
    offers = {slot.window.starts_at: slot.places for slot in await seen.offers(ZONE, TODAY, "orders")}
    assert offers[ONE] == 3
    assert ONE + timedelta(hours=2) not in offers  # nobody is ever there then


async def test_as_soon_as_possible_needs_a_campaign_that_runs_and_somebody_at_work(house: DialHouse) -> None:
    await house.open()
    assert await house.bookings.soon("orders") is None
    assert (await refused(house, wish(1, None))).fault is BookingFault.NOT_SOON
    await house.desk.register("maria", "Maria", "agent-maria", ["orders"], needs_page=False)
    await house.desk.ready("maria")
    assert await house.bookings.soon("orders") == 1
    booked = await house.bookings.book(wish(1, None))
    await house.tick(1)
    assert house.telephones.dialed[-1][1] == booked.booking.phone
    assert await house.bookings.soon("nowhere") is None
    assert (await refused(house, Wish(phone(2), "nowhere", BookingSource.API, ONE))).fault is BookingFault.CLOSED


async def test_by_hand_any_promise_is_moved_or_called_off(house: DialHouse) -> None:
    await house.open("maria")
    booked = await house.bookings.book(wish(1))
    order = await house.order(2, 1_000)
    await house.tick()
    await house.talk(house.ringing())
    await house.finish(house.ringing(), "postponed", ONE)
    lead = await house.lead_of(order)
    await house.bookings.set_places("orders", TWO, 0)
    await house.bookings.move_lead(lead.id, TWO)
    await house.bookings.move_lead(str(booked.booking.lead_id), TWO)  # beyond what the slot takes: it is his hand
    owed = await house.bookings.owed("orders", TWO + timedelta(hours=1))
    assert {one.lead.due_at for one in owed} == {TWO}
    assert (await again(house, booked)).window.starts_at == TWO
    await house.bookings.cancel_lead(lead.id)
    await house.bookings.cancel_lead(str(booked.booking.lead_id))
    assert await house.bookings.owed("orders", TWO + timedelta(hours=1)) == []
    with pytest.raises(BookingRefused):
        await house.bookings.cancel_lead(lead.id)
    [slot] = await house.bookings.agenda("orders", TWO, TWO + timedelta(minutes=1))
    assert slot.places == 0
    await house.bookings.set_places("orders", TWO, None)
    [slot] = await house.bookings.agenda("orders", TWO, TWO + timedelta(minutes=1))
    assert slot.places == 15

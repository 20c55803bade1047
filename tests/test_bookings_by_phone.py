"""What the house's bookings tell a caller in a spoken dialog: the real diary, asked through the port of the telephone."""

import pytest

from cordboard.dialer.booking import BookingFault
from cordboard.storage.database import Database
from cordboard.telephony.booking_by_phone import Booked, Refusal, Refused
from cordboard.works_booking import REFUSALS, PhoneBookings
from tests.fakes.dial_house import DialHouse, phone

ABROAD = "+881612345678"


@pytest.fixture
def house(sqlite_database: Database) -> DialHouse:
    return DialHouse(sqlite_database)


def by_phone(house: DialHouse) -> PhoneBookings:
    return PhoneBookings(house.bookings, house.clock, "Europe/Moscow")


async def book(house: DialHouse, number: str) -> Booked | Refused:
    return await by_phone(house).book(number, "orders", None, "ru", "contact-1")


async def test_a_house_without_a_campaign_blames_nobodys_number(house: DialHouse) -> None:
    assert await book(house, phone(1)) == Refused(Refusal.NOT_NOW)


async def test_a_number_that_is_not_called_from_here_is_told_so(house: DialHouse) -> None:
    await house.open("maria")
    assert await book(house, ABROAD) == Refused(Refusal.NOT_ALLOWED)


async def test_a_second_booking_of_a_number_is_too_many(house: DialHouse) -> None:
    await house.open("maria")
    assert isinstance(await book(house, phone(1)), Booked)
    assert await book(house, phone(1)) == Refused(Refusal.TOO_MANY)


async def test_a_booking_that_rings_cannot_be_moved_and_its_number_is_not_to_blame(house: DialHouse) -> None:
    await house.open("maria")
    booked = await book(house, phone(1))
    assert isinstance(booked, Booked)
    await house.tick()
    assert house.telephones.numbers == [phone(1)]
    assert await by_phone(house).move(booked.id, None) == Refused(Refusal.NOT_NOW)


def test_every_fault_has_its_answer() -> None:
    assert set(REFUSALS) == set(BookingFault)

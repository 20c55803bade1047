"""The supervisor's list of promised calls: what stands in it, and moving, cancelling, adjusting by hand."""

from datetime import UTC, datetime

import pytest

from cordboard.access.permission import Role
from cordboard.dialer.booking import Booking, BookingSource
from cordboard.dialer.bookings import Bookings, Wish
from cordboard.queue.channel import ChannelKind
from tests.agent_web.conftest import Web

ONE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # 15:00 in Moscow; the clock stands at 12:00 there
TWO = "2026-11-20T12:30:00+00:00"


@pytest.fixture
async def site(web: Web) -> Web:
    web.open(callback_queue="orders")
    house = web.house
    assert house.setup is not None
    await house.desk.load()
    await house.desk.apply(await house.setup.first("orders"))
    await house.desk.wire_changed(ChannelKind.VOICE, up=True)
    await house.desk.register("maria", "Maria", "agent-maria", ["orders"], needs_page=False)
    await house.dialer.add_campaign("Orders", "orders", {"state": "running"})
    return web


def bookings(site: Web) -> Bookings:
    assert site.house.bookings is not None
    return site.house.bookings


async def book(site: Web, phone: str = "+79123456789", name: str = "Анна <b>", address: str = "192.0.2.1") -> Booking:
    wish = Wish(phone, "orders", BookingSource.PAGE, ONE, name, "Asia/Yekaterinburg", "ru", address)
    return (await bookings(site).book(wish)).booking


async def test_who_when_in_both_zones_and_in_both_languages(site: Web) -> None:
    await book(site)
    await book(site, name="Запасная", address="192.0.2.2")
    user = await site.user(Role.SUPERVISOR)
    async with site.browser(user) as browser:
        page = (await browser.get("/callbacks?lang=ru")).text
        for text in ("15:00–15:30", "у клиента 17:00", "Анна &lt;b&gt;", "записан", "обещано 2 из 3", "запасной"):
            assert text in page, text
        english = (await browser.get("/callbacks?lang=en")).text
        assert "17:00 for the customer" in english
        assert "2 of 3 promised" in english
        assert "Анна &lt;b&gt;" in (await browser.get("/callbacks/parts")).text
        assert "Анна" not in (await browser.get("/callbacks?day=2026-11-21")).text


async def test_moved_and_cancelled_by_hand(site: Web) -> None:
    booking = await book(site)
    user = await site.user(Role.SUPERVISOR)
    async with site.browser(user) as browser:
        moved = await browser.post(f"/callbacks/{booking.lead_id}/move", data={"starts_at": TWO, "back": "2026-11-20"})
        assert (moved.status_code, moved.headers["location"]) == (303, "/callbacks?day=2026-11-20")
        after = await bookings(site).booked_by(booking.phone)
        assert after is not None
        assert after.window.starts_at.isoformat() == TWO
        assert "перенесён" in (await browser.get("/callbacks")).text
        assert (await browser.post(f"/callbacks/{booking.lead_id}/cancel")).status_code == 303
        assert await bookings(site).booked_by(booking.phone) is None
        assert "отменён" in (await browser.get("/callbacks")).text
        assert (await browser.post(f"/callbacks/{booking.lead_id}/cancel")).status_code == 404


@pytest.mark.parametrize(
    ("starts_at", "status"),
    [("2026-11-20T08:00:00+00:00", 422), ("2026-11-20T22:00:00+00:00", 422), ("soon", 422), ("", 422)],
)
async def test_by_hand_too_neither_the_past_nor_the_night(site: Web, starts_at: str, status: int) -> None:
    booking = await book(site)
    async with site.browser(await site.user(Role.SUPERVISOR)) as browser:
        answer = await browser.post(f"/callbacks/{booking.lead_id}/move", data={"starts_at": starts_at})
    assert answer.status_code == status
    assert await bookings(site).booked_by(booking.phone) == booking


async def test_what_a_slot_takes_is_set_and_reckoned_again(site: Web) -> None:
    async with site.browser(await site.user(Role.SUPERVISOR)) as browser:
        for typed, places in (("7", 7), ("0", 0), ("", 3)):
            data = {"starts_at": ONE.isoformat(), "places": typed}
            assert (await browser.post("/callbacks/places", data=data)).status_code == 303
            [slot] = await bookings(site).agenda("orders", ONE, ONE.replace(minute=1))
            assert slot.places == places
        for typed in ("-1", "501", "seven", "٣"):
            data = {"starts_at": ONE.isoformat(), "places": typed}
            assert (await browser.post("/callbacks/places", data=data)).status_code == 422


async def test_a_missed_window_is_said_on_the_campaigns_page(site: Web) -> None:
    await book(site)
    site.clock.move(hours=4)
    await bookings(site).sweep()
    await site.house.dialer.tick()
    async with site.browser(await site.user(Role.SUPERVISOR)) as browser:
        assert "не успели в срок" in (await browser.get("/callbacks")).text
        (campaign,) = await site.house.dialer.campaigns()
        assert "срок прошёл" in (await browser.get(f"/campaigns/{campaign.id}")).text
        (lead, *_more) = (await browser.get(f"/api/v1/campaigns/{campaign.id}/leads")).json()
        assert lead["late_since"] == "2026-11-20T12:30:00Z"


OTHER_DAY = "2026-11-23T09:00:00+00:00"  # a Monday, 14:00 in Yekaterinburg


async def test_moved_to_another_day_by_hand_and_it_is_kept_who_did_it(site: Web) -> None:
    wish = Wish("+79123456789", "orders", BookingSource.PAGE, ONE, "Анна", "Asia/Yekaterinburg", "ru", "192.0.2.1")
    booked = await bookings(site).book(wish)
    booking = booked.booking
    user = await site.user(Role.SUPERVISOR)
    address = f"/callbacks/{booking.lead_id}/move"
    async with site.browser(user) as browser:
        assert f'href="{address}"' in (await browser.get("/callbacks?lang=ru")).text
        own = (await browser.get(f"{address}?lang=ru")).text
        assert ONE.isoformat() not in own  # where it stands it need not be moved to
        page = (await browser.get(f"{address}?day=2026-11-23&lang=ru")).text
        for text in (OTHER_DAY, "Анна", "у клиента 17:00", "обещано 0 из", "14:00"):
            assert text in page, text
        assert "Кто переносил" not in page
        moved = await browser.post(address, data={"starts_at": OTHER_DAY, "back": "2026-11-23"})
        assert (moved.status_code, moved.headers["location"]) == (303, "/callbacks?day=2026-11-23")
        assert "Анна" in (await browser.get("/callbacks?day=2026-11-23&lang=ru")).text
        again = (await browser.get(f"{address}?lang=en")).text
        for text in ("Who moved it", user.name, "from Fri, 20 November, 15:00", "to Mon, 23 November, 12:00"):
            assert text in again, text
        (row,) = await site.house.access.audit_rows(action="callback.move")
        assert (row.actor_id, row.subject) == (user.id, booking.lead_id)
        assert row.detail == {"from": ONE.isoformat(), "to": OTHER_DAY}
        # The customer's link shows the new time, and he can still move and cancel by it.
        link = await browser.get(f"/callback/b/{booked.token}?lang=ru")
        assert link.status_code == 200
        assert "14:00" in link.text
        assert (await bookings(site).move(booking.id, ONE)).window.starts_at == ONE
        assert (await bookings(site).cancel(booking.id)).state == "cancelled"


async def test_a_full_half_hour_of_another_day_says_so_and_may_be_overfilled(site: Web) -> None:
    booking = await book(site)
    instant = datetime.fromisoformat(OTHER_DAY)
    await bookings(site).set_places("orders", instant, 1)
    wish = Wish("+79123456700", "orders", BookingSource.PAGE, instant, "", "Asia/Yekaterinburg", "ru", "192.0.2.9")
    await bookings(site).book(wish)
    address = f"/callbacks/{booking.lead_id}/move"
    async with site.browser(await site.user(Role.SUPERVISOR)) as browser:
        assert "full, one more than it takes" in (await browser.get(f"{address}?day=2026-11-23&lang=en")).text
        assert (await browser.post(address, data={"starts_at": OTHER_DAY})).status_code == 303
    after = await bookings(site).booked_by(booking.phone)
    assert after is not None
    assert after.window.starts_at == instant


async def test_only_promised_calls_are_moved_and_only_by_who_steers(site: Web) -> None:
    booking = await book(site)
    async with site.browser(await site.user(Role.SUPERVISOR)) as browser:
        assert (await browser.get("/callbacks/nobody/move")).status_code == 404
        far = await browser.post(f"/callbacks/{booking.lead_id}/move", data={"starts_at": "2027-11-23T09:00:00+00:00"})
        assert far.status_code == 422
    async with site.browser(await site.user(Role.OPERATOR)) as browser:
        assert (await browser.get(f"/callbacks/{booking.lead_id}/move")).status_code == 403
    assert await bookings(site).booked_by(booking.phone) == booking
    assert await site.house.access.audit_rows(action="callback.move") == []

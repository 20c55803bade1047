"""The page on which a customer books a call, his link, and the API: without scripts, as plain forms."""

import re
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from html import unescape

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.queue.channel import ChannelKind
from tests.agent_web.conftest import ORIGIN, Web

PHONE = "+7 912 345-67-89"
SLOT = "2026-11-20T12:00:00+00:00"  # 15:00 in Moscow, 17:00 in Yekaterinburg; the clock stands at 9:00 UTC
LATER = "2026-11-20T12:30:00+00:00"
NIGHT = "2026-11-20T22:00:00+00:00"


@pytest.fixture
async def site(web: Web) -> Web:
    web.open(shop_name="Лампа и дом", callback_queue="orders")
    house = web.house
    assert house.setup is not None
    await house.desk.load()
    await house.desk.apply(await house.setup.first("orders"))
    await house.desk.wire_changed(ChannelKind.VOICE, up=True)
    await house.desk.register("maria", "Maria", "agent-maria", ["orders"], needs_page=False)
    await house.dialer.add_campaign("Orders", "orders", {"state": "running"})
    return web


def browser(
    site: Web, address: str = "192.0.2.1", language: str = "ru"
) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
    return site.asker(
        client=(address, 5000),
        Origin=ORIGIN,
        Sec_Fetch_Site="same-origin",
        Accept_Language=language,
        Accept="text/html,*/*",
    )


def slots_in(page: str) -> list[str]:
    return re.findall(r'name="slot" value="(20[^"]+)"(?! disabled)', page.replace(" checked", ""))


def form(**changed: str) -> dict[str, str]:
    return {"phone": PHONE, "name": "Анна", "zone": "Asia/Yekaterinburg", "slot": SLOT, "day": "2026-11-20"} | changed


async def booked(asker: httpx2.AsyncClient, **changed: str) -> str:
    """The link after booking."""
    answer = await asker.post("/callback", data=form(**changed))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_both_languages_and_the_strict_policy(site: Web) -> None:
    async with browser(site) as asker:
        for language, head in (("ru", "Когда вам позвонить?"), ("en", "When shall we call you?")):
            answer = await asker.get("/callback", headers={"Accept-Language": language})
            assert head in answer.text
            assert "Лампа и дом" in answer.text
            assert "script-src 'self';" in answer.headers["content-security-policy"]
            assert answer.headers["x-robots-tag"] == "noindex"
        assert "When shall we call you?" in (await asker.get("/callback?lang=en")).text
        assert "When shall we call you?" in (await asker.get("/callback/orders")).text  # the choice is kept


async def test_the_times_are_the_visitors_own(site: Web) -> None:
    async with browser(site) as asker:
        asker.cookies.set("cb-zone", "Asia/Vladivostok")  # 19:00 there: calls until 21:00
        page = (await asker.get("/callback")).text
        assert "Владивосток" in page
        assert len(slots_in(page)) == 3
        moved = await asker.post("/callback", data=form(zone="Europe/Kaliningrad", show="2026-11-21", slot=""))
        assert moved.status_code == 200
        assert "Калининград" in moved.text
        assert slots_in(moved.text)[0] == "2026-11-21T07:00:00+00:00"
        assert PHONE in moved.text  # what was typed is kept


async def test_booked_moved_and_cancelled_with_the_link_alone(site: Web) -> None:
    async with browser(site) as asker:
        link = await booked(asker)
    async with browser(site, "198.51.100.7") as other:
        page = (await other.get(link)).text
        assert "пт, 20 ноября, 17:00–17:30" in page
        assert "Анна" in page
        assert "345-67" not in page
        assert "34567" not in page
        assert SLOT in (await other.get(f"{link}?move=1")).text
        answer = await other.post(f"{link}/move", data={"slot": LATER})
        assert (answer.status_code, answer.headers["location"]) == (303, link)
        assert "17:30–18:00" in (await other.get(link)).text
        assert (await other.post(f"{link}/cancel")).status_code == 303
        assert "Звонок отменён" in (await other.get(link)).text
        again = await other.post(f"{link}/move", data={"slot": SLOT})
        assert again.status_code == 422
        assert "уже состоялся или отменён" in again.text


@pytest.mark.parametrize(
    ("changed", "status", "told"),
    [
        ({"phone": ""}, 422, "Это не номер телефона"),
        ({"phone": "8 (495) call me"}, 422, "Это не номер телефона"),
        ({"phone": "+1 212 555 0123"}, 422, "На такие номера мы не звоним"),
        ({"name": "я" * 10_240}, 422, "Имя длиннее 60 букв"),
        ({"slot": ""}, 422, "Выберите время"),
        ({"slot": "", "phone": "12"}, 422, "Это не номер телефона"),
        ({"slot": "tomorrow"}, 422, "Этого времени нет в списке"),
        ({"slot": "2026-11-20T12:00:00"}, 422, "Этого времени нет в списке"),
        ({"slot": "2026-11-20T12:07:00+00:00"}, 422, "Этого времени нет в списке"),
        ({"slot": "2026-11-19T12:00:00+00:00"}, 422, "уже прошло"),
        ({"slot": "2027-11-19T12:00:00+00:00"}, 422, "Так далеко"),
        ({"slot": NIGHT}, 422, "ночь"),
        ({"slot": "soon"}, 422, "Прямо сейчас позвонить не сможем"),
    ],
)
async def test_what_cannot_be_booked_is_said_and_nothing_is_kept(
    site: Web, changed: dict[str, str], status: int, told: str
) -> None:
    async with browser(site) as asker:
        answer = await asker.post("/callback", data=form(**changed))
    assert answer.status_code == status
    assert told in answer.text
    assert site.house.bookings is not None
    assert await site.house.bookings.booked_by("+79123456789") is None


async def test_scripts_in_a_name_are_text(site: Web) -> None:
    async with browser(site) as asker:
        link = await booked(asker, name='<script src="//evil">"\'</script>')
        page = (await asker.get(link)).text
    assert "<script src=" not in page.replace('<script src="/static', "").replace('<script type="module"', "")
    assert '<script src="//evil">' in unescape(page)


async def test_known_and_unknown_numbers_are_answered_alike(site: Web) -> None:
    async with browser(site) as asker:
        first = await booked(asker)
    pages = []
    for phone in (PHONE, "+7 912 345-67-90"):  # booked already; never seen
        async with browser(site, "198.51.100.7") as stranger:
            link = await booked(stranger, phone=phone, slot=LATER, name="")
            page = (await stranger.get(link)).text
            pages.append(page.replace(link.rsplit("/", 1)[1], "TOKEN").replace("*89", "*").replace("*90", "*"))
    assert pages[0] == pages[1]
    async with browser(site) as asker:
        assert "17:00–17:30" in (await asker.get(first)).text
    assert site.house.bookings is not None
    real = await site.house.bookings.booked_by("+79123456789")
    assert real is not None
    assert real.window.starts_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


async def test_the_same_browser_is_asked_whether_to_move(site: Web) -> None:
    async with browser(site) as asker:
        link = await booked(asker)
        answer = await asker.post("/callback", data=form(slot=LATER))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"{link}?again=1&at=")
        page = (await asker.get(answer.headers["location"])).text
        assert "Звонок у вас уже назначен" in page
        assert f'value="{LATER}" checked' in page


async def test_a_guessed_link_and_a_strangers_page_come_to_nothing(site: Web) -> None:
    async with browser(site) as asker:
        link = await booked(asker)
        for guess in ("x", "a" * 43, "a" * 101, link.rsplit("/", 1)[1][:-1] + "."):
            assert (await asker.get(f"/callback/b/{guess}")).status_code in (404, 422)
            assert (await asker.post(f"/callback/b/{guess}/cancel")).status_code in (404, 422)
        foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        for address in ("/callback", f"{link}/move", f"{link}/cancel"):
            assert (await asker.post(address, data=form(), headers=foreign)).status_code == 403
        assert "Ждём назначенного времени" in (await asker.get(link)).text


async def test_an_address_that_books_too_much_is_told_so(site: Web) -> None:
    async with browser(site) as asker:
        for number in range(5):
            asker.cookies.clear()
            await booked(asker, phone=f"+7 912 345-67-{number:02}", slot=SLOT if number < 3 else LATER)
        answer = await asker.post("/callback", data=form())
    assert answer.status_code == 429
    assert "слишком много" in answer.text


async def test_an_unknown_queue_a_closed_page_and_a_house_without_a_campaign(site: Web, web: Web) -> None:
    async with browser(site) as asker:
        assert (await asker.get("/callback/nowhere")).status_code == 404
        assert (await asker.post("/callback/nowhere", data=form())).status_code == 404
    site.open(callback_page=False)
    async with browser(site) as asker:
        assert (await asker.get("/callback")).status_code == 404


async def test_a_program_books_reads_moves_and_cancels(site: Web) -> None:
    async with site.program() as shop:
        slots = (await shop.get("/api/v1/callbacks/slots?day=2026-11-20&zone=Asia/Yekaterinburg")).json()
        assert {"starts_at": "2026-11-20T12:00:00Z", "ends_at": "2026-11-20T12:30:00Z", "free": 3} in slots
        body = {"phone": PHONE, "name": "Анна", "starts_at": "2026-11-20T17:00:00+05:00", "zone": "Asia/Yekaterinburg"}
        made = await shop.post("/api/v1/callbacks", json=body)
        assert made.status_code == 201, made.text
        told = made.json()
        assert (told["phone"], told["state"], told["starts_at"]) == ("+79123456789", "booked", "2026-11-20T12:00:00Z")
        address = made.headers["location"]
        assert (await shop.get(address)).json() == {name: value for name, value in told.items() if name != "link"}
        twice = await shop.post("/api/v1/callbacks", json=body)
        assert (twice.status_code, twice.json()["fault"], twice.json()["booking"]) == (409, "already", told["id"])
        moved = await shop.patch(address, json={"starts_at": "2026-11-20T12:30:00Z"})
        assert (moved.json()["state"], moved.json()["starts_at"]) == ("moved", "2026-11-20T12:30:00Z")
        for _ in range(2):
            assert (await shop.delete(address)).json()["state"] == "cancelled"
        assert (await shop.patch(address, json={"starts_at": "2026-11-20T12:30:00Z"})).status_code == 409
        assert (await shop.get("/api/v1/callbacks/none")).status_code == 404
    async with browser(site) as asker:
        assert "Звонок отменён" in (await asker.get(told["link"])).text


@pytest.mark.parametrize(
    ("changed", "status", "fault"),
    [
        ({"phone": "call me"}, 422, "bad_phone"),
        ({"phone": "+12125550123"}, 422, "destination"),
        ({"starts_at": "2026-11-19T12:00:00Z"}, 422, "past"),
        ({"starts_at": NIGHT}, 422, "hours"),
        ({"starts_at": "2026-11-20T12:07:00Z"}, 422, "no_slot"),
        ({"starts_at": None}, 409, "not_soon"),
        ({"starts_at": "2026-11-20T12:00:00"}, 422, None),
        ({"zone": "Mars/Olympus"}, 422, None),
        ({"name": "я" * 61}, 422, None),
        ({"queue": "nowhere"}, 404, None),
        ({"extra": 1}, 422, None),
    ],
)
async def test_a_program_is_told_what_is_wrong(
    site: Web, changed: dict[str, object], status: int, fault: str | None
) -> None:
    async with site.program() as shop:
        answer = await shop.post("/api/v1/callbacks", json={"phone": PHONE, "starts_at": SLOT} | changed)
    assert (answer.status_code, answer.json().get("fault")) == (status, fault)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_operator_books_nothing_through_the_api(site: Web) -> None:
    async with site.program(Role.OPERATOR) as program:
        assert (await program.post("/api/v1/callbacks", json={"phone": PHONE})).status_code == 403

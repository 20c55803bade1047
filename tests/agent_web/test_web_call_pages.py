"""The page from which a visitor calls and its requests: who may, what is refused and how it is said."""

import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import httpx2
import pytest

from cordboard.telephony.web_call_gate import Limits
from tests.agent_web.conftest import ORIGIN, Web
from tests.fakes.offers import AUDIO, CHANNEL, HEAD, OFFER
from tests.fakes.site_line import SiteLine


@pytest.fixture
async def line() -> AsyncIterator[SiteLine]:
    one = SiteLine(Limits(live=3, live_per_address=2))
    await one.open()
    yield one
    await one.close()


@pytest.fixture
def site(web: Web, line: SiteLine) -> Web:
    web.house = replace(web.house, web_calls=line.web)
    return web.open(shop_name="Лампа и дом")


async def page_of(asker: httpx2.AsyncClient, query: str = "") -> str:
    """The ticket that stands in the page."""
    answer = await asker.get(f"/call{query}")
    assert answer.status_code == 200
    found = re.search('data-ticket="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


def browser(
    site: Web, address: str = "192.0.2.1", language: str = "ru"
) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
    return site.asker(
        client=(address, 5000), Origin=ORIGIN, Sec_Fetch_Site="same-origin", Accept_Language=language, Accept="*/*"
    )


async def test_the_page_speaks_both_languages_and_keeps_the_strict_policy(site: Web) -> None:
    async with browser(site) as asker:
        for language, head in (("ru", "Позвонить прямо отсюда"), ("en", "Call us right from here")):
            answer = await asker.get(f"/call?lang={language}")
            assert head in answer.text
            assert "Лампа и дом" in answer.text
            assert "script-src 'self';" in answer.headers["content-security-policy"]
        cookie = answer.headers.get("set-cookie", "") or (await asker.get("/call")).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie


async def test_a_call_begins_and_ends(site: Web, line: SiteLine) -> None:
    async with browser(site) as asker:
        body = {"sdp": OFFER, "token": await page_of(asker), "name": "Анна", "phone": "8 916 123-45-67"}
        answer = await asker.post("/api/v1/web-call/offer", json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["sdp"] == "v=0 answer"
        assert len(line.media.open_legs) == 1
        for _ in range(2):
            ended = await asker.post("/api/v1/web-call/end", json={"call": answer.json()["call"]})
            assert ended.status_code == 204
        assert line.media.ends() == ["left"]


async def test_a_page_that_was_open_for_long_gets_a_fresh_ticket(site: Web, line: SiteLine) -> None:
    async with browser(site) as asker:
        old = await page_of(asker)
        line.clock.pass_s(61.0)
        late = await asker.post("/api/v1/web-call/offer", json={"sdp": OFFER, "token": old})
        assert (late.status_code, late.json()["fault"]) == (403, "expired")
        assert late.json()["detail"] == "Страница открыта слишком давно, позвоните ещё раз"
        fresh = await asker.post("/api/v1/web-call/token", json={"queue": "orders"})
        begun = await asker.post("/api/v1/web-call/offer", json={"sdp": OFFER, "token": fresh.json()["token"]})
        assert begun.status_code == 200
        again = await asker.post("/api/v1/web-call/offer", json={"sdp": OFFER, "token": fresh.json()["token"]})
        assert (again.status_code, again.json()["fault"]) == (403, "used")


async def test_a_ticket_is_worth_nothing_elsewhere(site: Web, line: SiteLine) -> None:
    async with browser(site) as asker, browser(site, "192.0.2.2") as thief:
        stolen = await page_of(asker)
        for token in (stolen, stolen[:-1] + "0", "", "x.y"):
            answer = await thief.post("/api/v1/web-call/offer", json={"sdp": OFFER, "token": token})
            assert (answer.status_code, answer.json()["fault"]) == (403, "forged")
        assert (await thief.post("/api/v1/web-call/token", json={})).status_code == 403
        foreign = await asker.post(
            "/api/v1/web-call/offer", json={"sdp": OFFER, "token": stolen}, headers={"Origin": "https://evil.example"}
        )
        assert foreign.status_code == 403
    assert line.media.open_legs == []


@pytest.mark.parametrize(
    ("sdp", "fault"),
    [
        ("rubbish", "unreadable"),
        ("", "unreadable"),
        (HEAD + CHANNEL, "no_audio"),
        (HEAD + AUDIO.replace("PCMU", "XYZ") + CHANNEL, "no_ulaw"),
        (OFFER + AUDIO, "extra_media"),
        (OFFER + "a=x\r\n" * 5000, "too_long"),
    ],
)
async def test_a_bad_offer_is_told_plainly_and_costs_nothing(site: Web, line: SiteLine, sdp: str, fault: str) -> None:
    async with browser(site, language="en") as asker:
        token = await page_of(asker)
        answer = await asker.post("/api/v1/web-call/offer", json={"sdp": sdp, "token": token})
        assert (answer.status_code, answer.json()["fault"]) == (422, fault)
        assert answer.json()["detail"].startswith("your browser")
        good = await asker.post("/api/v1/web-call/offer", json={"sdp": OFFER, "token": token})
        assert good.status_code == 200


async def test_bodies_that_are_no_offers(site: Web, line: SiteLine) -> None:
    async with browser(site) as asker:
        token = await page_of(asker)
        offers: tuple[object, ...] = (
            {},
            {"sdp": OFFER},
            {"sdp": 1, "token": token},
            {"sdp": "x" * 100_000, "token": token},
            [],
            "x",
        )
        for body in offers:
            answer = await asker.post("/api/v1/web-call/offer", json=body)
            assert answer.status_code == 422, body
        huge = await asker.post("/api/v1/web-call/offer", json={"sdp": "x" * 2_000_000, "token": token})
        assert huge.status_code == 413
        phone = await asker.post("/api/v1/web-call/offer", json={"sdp": OFFER, "token": token, "phone": "call me"})
        assert (phone.status_code, phone.json()["fault"]) == (422, "phone")
    assert line.media.open_legs == []


async def test_too_many_calls_are_refused_with_the_time_to_come_again(site: Web) -> None:
    async def press(asker: httpx2.AsyncClient) -> httpx2.Response:
        return await asker.post("/api/v1/web-call/offer", json={"sdp": OFFER, "token": await page_of(asker)})

    async with browser(site) as one, browser(site, "192.0.2.2") as two, browser(site, "192.0.2.3") as three:
        assert [(await press(one)).status_code for _ in range(2)] == [200, 200]
        mine = await press(one)
        assert mine.status_code == 429
        assert int(mine.headers["retry-after"]) >= 1
        assert (await press(two)).status_code == 200
        full = await press(three)
        assert full.status_code == 503
        assert full.json()["detail"] == "Все линии заняты, попробуйте через минуту"
        assert int(full.headers["retry-after"]) >= 1


async def test_without_asterisk_the_page_says_so(site: Web, line: SiteLine) -> None:
    async with browser(site) as asker:
        token = await page_of(asker)
        await line.ami.stop()
        answer = await asker.post("/api/v1/web-call/offer", json={"sdp": OFFER, "token": token})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"


async def test_a_house_without_calls_from_the_site_has_no_such_page(web: Web) -> None:
    async with browser(web) as asker:
        assert (await asker.get("/call")).status_code == 404
        assert (await asker.post("/api/v1/web-call/end", json={"call": "x"})).status_code == 404

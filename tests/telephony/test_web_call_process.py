"""The sound's process, for real: offers, rubbish, its death, its end."""

import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from cordboard.telephony.web_call_offer import OfferRefused
from cordboard.telephony.web_call_process import MediaDown, MediaProcess
from cordboard.telephony.web_call_wire import News
from tests.fakes.offers import OFFER
from tests.fakes.wait import until
from tests.fakes.web_page import WebPage


class Hears:
    """What the process tells of the pages."""

    def __init__(self) -> None:
        self.up: list[str] = []
        self.gone: list[tuple[str, str]] = []
        self.wished: list[tuple[str, str]] = []

    def page_up(self, leg: str) -> None:
        self.up.append(leg)

    def page_gone(self, leg: str, why: str) -> None:
        self.gone.append((leg, why))

    def page_wished(self, leg: str, wish: str) -> None:
        self.wished.append((leg, wish))


@pytest.fixture
def hears() -> Hears:
    return Hears()


@pytest.fixture
async def media(hears: Hears) -> AsyncIterator[MediaProcess]:
    one = MediaProcess()
    one.attach(hears)
    yield one
    await one.stop()


async def test_a_page_is_answered_and_told_and_let_go(media: MediaProcess, hears: Hears) -> None:
    page = WebPage()
    answered = await media.open("leg-1", await page.offer())
    assert answered.port > 0
    await page.take(answered.sdp)
    await until(lambda: hears.up == ["leg-1"], "connected")
    media.say("leg-1", News("waiting", position=2, expected_s=170.0))
    await until(lambda: page.news == [{"stage": "waiting", "position": 2, "expected_s": 170.0}], "the news")
    page.channel.send("keep")
    await until(lambda: hears.wished == [("leg-1", "keep")], "the wish")
    media.close("leg-1", News("ended", "over"))
    await until(lambda: page.news[-1] == {"stage": "ended", "reason": "over"}, "the end")
    await page.close()


async def test_rubbish_is_refused_beside_a_call_that_goes_on(media: MediaProcess, hears: Hears) -> None:
    page = WebPage()
    answered = await media.open("leg-1", await page.offer())
    await page.take(answered.sdp)
    for number, sdp in enumerate(("", "v=0\nm=audio", "\0", OFFER.replace("PCMU", "XYZ"), "x" * 60_000)):
        with pytest.raises(OfferRefused):
            await media.open(f"bad-{number}", sdp)
    await until(lambda: hears.up == ["leg-1"], "connected")
    await page.close()
    await until(lambda: hears.gone == [("leg-1", "left")], "gone")


async def test_a_killed_process_takes_its_calls_along_and_the_next_call_starts_another(
    media: MediaProcess, hears: Hears
) -> None:
    await media.open("leg-1", OFFER)
    first = media.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: hears.gone == [("leg-1", "lost")], "the call is lost")
    await media.open("leg-2", OFFER)
    assert media.pid not in (None, first)


async def test_a_process_that_cannot_start_or_says_nothing_useful_is_no_sound(hears: Hears) -> None:
    for command in ((sys.executable, "-c", "print('hello')"), ("/nonexistent/program",)):
        media = MediaProcess(command=command)
        media.attach(hears)
        with pytest.raises(MediaDown):
            await media.open("leg-1", OFFER)
        await media.stop()


async def test_a_process_that_hangs_is_ended_when_it_carries_nobody(hears: Hears) -> None:
    media = MediaProcess(command=(sys.executable, "-c", "import sys; sys.stdin.read()"), answer_s=0.2)
    media.attach(hears)
    with pytest.raises(MediaDown):
        await media.open("leg-1", OFFER)
    await until(lambda: media.pid is None, "it is gone")
    await media.stop()


async def test_it_ends_when_it_is_told_to_and_tells_the_pages(hears: Hears) -> None:
    media, page = MediaProcess(), WebPage()
    media.attach(hears)
    answered = await media.open("leg-1", await page.offer())
    await page.take(answered.sdp)
    await until(lambda: page.channel.readyState == "open", "the channel")
    await media.stop()
    assert page.news == [{"stage": "ended", "reason": "lost"}]
    assert media.pid is None
    await page.close()

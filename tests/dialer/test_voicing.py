"""Texts are spoken beside the turns: what is slow to say holds nobody up, and is said once."""

import asyncio

import pytest

from cordboard.dialer.steering import Reason
from cordboard.dialer.voicing import MOST_LATE, Line, Voicing
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.dial_modes import NOTICE, orders

HELLO, BYE = Line("hello", "en"), Line("bye", "en")


class SlowVoice:
    """Says a text when the test lets it (`say`), and at once what it has said before."""

    def __init__(self) -> None:
        self.asked: dict[str, asyncio.Future[str]] = {}
        self.times: list[str] = []

    async def speak(self, text: str, language: str) -> str:
        self.times.append(text)
        return await asyncio.shield(self.asked.setdefault(text, asyncio.get_running_loop().create_future()))

    async def recorded(self, name: str, language: str) -> str:
        return f"recorded-{name}"

    def say(self, *texts: str) -> None:
        for text in texts:
            self.asked.setdefault(text, asyncio.get_running_loop().create_future()).set_result(f"file-{text}")

    def fail(self, text: str) -> None:
        self.asked.pop(text).set_exception(OSError("hoarse"))


async def soon() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def woken() -> list[None]:
    return []


@pytest.fixture
def voice() -> SlowVoice:
    return SlowVoice()


@pytest.fixture
def voicing(voice: SlowVoice, woken: list[None]) -> Voicing:
    return Voicing(voice, lambda: woken.append(None))


async def test_who_asks_gets_what_can_be_played_and_is_woken_for_the_rest(
    voicing: Voicing, voice: SlowVoice, woken: list[None]
) -> None:
    voice.say("bye")
    asked = {"a": HELLO, "b": BYE, "c": HELLO, "d": Line("song", "en", is_recording=True)}
    for _ in range(3):
        assert await voicing.playable("x", asked) == {"b": "file-bye", "d": "recorded-song"}
    assert voice.times.count("hello") == 1  # though two want it, three times
    assert woken == []
    voice.say("hello")
    await soon()
    assert woken == [None]
    assert await voicing.playable("x", asked) == {
        "a": "file-hello",
        "b": "file-bye",
        "c": "file-hello",
        "d": "recorded-song",
    }


async def test_what_cannot_be_said_is_told_once_to_the_campaign_whose_it_is(
    voicing: Voicing, voice: SlowVoice, woken: list[None]
) -> None:
    assert await voicing.playable("x", {"a": HELLO}) == {}
    assert voicing.trouble("x") is None
    voice.fail("hello")
    await soon()
    assert woken == [None]
    assert voicing.trouble("y") is None
    assert str(voicing.trouble("x")) == "hoarse"
    assert voicing.trouble("x") is None


async def test_a_campaign_whose_texts_are_slow_leaves_the_voice_to_another(voicing: Voicing, voice: SlowVoice) -> None:
    many = {f"{i}": Line(f"order {i}", "en") for i in range(MOST_LATE + 9)}
    assert await voicing.playable("x", many) == {}
    assert await voicing.playable("x", many) == {}
    assert voice.times == [f"order {i}" for i in range(MOST_LATE)]  # the dearest first, and no more than so many
    voice.say("bye")
    assert await voicing.playable("y", {"a": BYE}) == {"a": "file-bye"}
    await voicing.hush()


async def test_what_is_asked_for_is_waited_for_once_and_no_longer_than_allowed(
    voicing: Voicing, voice: SlowVoice
) -> None:
    asyncio.get_running_loop().call_soon(voice.say, "bye")
    assert await voicing.playable("x", {"a": HELLO, "b": BYE}, patience_s=0.05) == {"b": "file-bye"}
    assert await voicing.playable("x", {"a": HELLO}, patience_s=3600) == {}
    await voicing.hush()


def slow(house: DialHouse) -> SlowVoice:
    voice = SlowVoice()
    house.spoken.speak = voice.speak  # type: ignore[method-assign]
    return voice


async def test_a_message_that_is_being_spoken_stands_in_nobodys_way(house: DialHouse) -> None:
    """An operator of another campaign gets his call in the turns that the messages wait for."""
    voice = slow(house)
    await house.open(knobs=NOTICE)
    await orders(house, 2)
    await house.tick()
    assert house.telephones.dialed == []
    (text,) = voice.asked  # the same for both
    await house.open("maria")
    await house.order(7, 1_000)
    await house.tick()
    assert phone(7) in house.telephones.numbers
    voice.say(text)
    await soon()
    await house.tick()
    assert {phone(0), phone(1)} < set(house.telephones.numbers)


async def test_a_voice_that_breaks_down_between_turns_mutes_its_campaign(house: DialHouse) -> None:
    voice = slow(house)
    campaign = await house.open(knobs=NOTICE)
    await orders(house, 1)
    await house.tick()
    (text,) = voice.asked
    voice.fail(text)
    await soon()
    await house.tick()
    why = (await house.dialer.next_leads(campaign.id))[0].wait
    assert why is not None
    assert why.reason is Reason.WORDS
    assert house.telephones.dialed == []

"""The dialplan of waiting on a real Asterisk, with the test in the engine's place and SIPp's customer at the other end."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from cordboard.telephony.recording import RawTake, Talk, finish
from tests.fakes.asterisk_tree import FAR_AHEAD_S, INBOUND, Node, data_folder, speaking_node
from tests.fakes.prompt_ear import hears_in_order
from tests.fakes.raw_ami import Message
from tests.fakes.sipp import SippCaller
from tests.fakes.takes import CUSTOMER_HZ, hears
from tests.fakes.wait import until

pytestmark = pytest.mark.live


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
async def node(data: Path) -> AsyncIterator[Node]:
    async with speaking_node(data) as running:
        yield running


@pytest.fixture
async def caller(node: Node, tmp_path: Path) -> AsyncIterator[SippCaller]:
    address = f"127.0.0.1:{node.site.ports.sip_udp}"
    async with SippCaller(tmp_path, address, INBOUND, caller_id="+79160000001", tone_hz=CUSTOMER_HZ) as one:
        await one.answered()
        yield one


async def say(node: Node, waiting: Message, then: str, words: str, language: str = "ru") -> None:
    for name, value in (("CC_SAY", words), ("CC_LANG", language)):
        await node.ami.action("Setvar", Channel=waiting["Channel"], Variable=name, Value=value)
    done = await node.ami.action(
        "Redirect", Channel=waiting["Channel"], Context="cc-announce", Exten=then, Priority="1"
    )
    assert done["Response"] == "Success"


def count(node: Node, name: str) -> int:
    return sum(event.get("UserEvent") == name for event in node.ami.events)


def keys(node: Node) -> list[str]:
    return [event["Digit"] for event in node.ami.events if event.get("Event") == "DTMFEnd"]


def heard_keys(node: Node, how_many: int) -> bool:
    return len(keys(node)) == how_many


async def until_heard(node: Node, caller: SippCaller, language: str, words: str) -> None:
    def listen() -> bool:
        sound = caller.peer.sound(caller.far)
        return hears_in_order(sound, node.data / "asterisk/share/prompts", language, words.split("&"))

    await until(listen, f"the prompts {words}", within_s=40, every_s=1.0)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", "position&n-20&n-1&please-wait&wait-2&callback-offer"),
        ("ru", "position&n-3&please-wait&wait&n-15&minutes"),
        ("en", "position&n-2&please-wait&wait&less-than&n-1&minute&callback-offer"),
    ],
)
async def test_the_prompts_are_heard_in_order_and_the_music_comes_back(
    node: Node, caller: SippCaller, language: str, words: str
) -> None:
    waiting = await node.ami.user_event("CCWaiting")
    await say(node, waiting, "hold", words, language)
    await until_heard(node, caller, language, words)
    await until(lambda: count(node, "CCWaiting") == 2, "the music again")


async def test_no_key_is_lost_and_no_other_key_leaves_asterisk(node: Node, caller: SippCaller) -> None:
    waiting = await node.ami.user_event("CCWaiting")
    for pressed in range(1, 13):
        caller.press("1")  # in the music, while a prompt begins, in mid-prompt, while the music begins
        if pressed % 3 == 1:
            await say(node, waiting, "hold", "n-3&n-4&n-5")
        await until(partial(heard_keys, node, pressed), f"key {pressed}")
        caller.press("5")
    await until(lambda: count(node, "CCWaiting") >= 2, "the music again")
    caller.press("1")
    await until(lambda: len(keys(node)) == 13, "the last key")
    assert set(keys(node)) == {"1"}


async def test_an_offer_may_cut_an_announcement(node: Node, caller: SippCaller) -> None:
    waiting = await node.ami.user_event("CCWaiting")
    await say(node, waiting, "hold", "position&n-3&please-wait&callback-offer")
    await until(lambda: caller.hears(0.5).loudness > 0.01, "a voice")
    await node.ami.action("Redirect", Channel=waiting["Channel"], Context="cc-dial", Exten="agent-nobody", Priority="1")
    ended = await node.ami.user_event("CCDialEnd")
    assert ended["Status"] == "CHANUNAVAIL"
    again = await until(
        lambda: (
            next((one for one in reversed(node.ami.events) if one.get("UserEvent") == "CCWaiting"), None)
            if count(node, "CCWaiting") == 2
            else None
        ),
        "on hold again",
    )
    assert again["Tries"] == "1"


async def test_the_engine_dies_during_an_announcement(node: Node, caller: SippCaller) -> None:
    waiting = await node.ami.user_event("CCWaiting")
    await say(node, waiting, "hold", "n-1&n-2")
    await node.beat(int(time.time()) - 100)
    await node.ami.user_event("CCFallback")
    await node.beat(int(time.time()) + FAR_AHEAD_S)
    await until(lambda: count(node, "CCWaiting") == 2, "the engine is back, and hears of him")
    await until(lambda: caller.hears().loudness > 0.005, "music")


async def test_a_farewell_ends_the_call(node: Node, caller: SippCaller) -> None:
    waiting = await node.ami.user_event("CCWaiting")
    await say(node, waiting, "bye", "closed&call-later&goodbye")
    await until_heard(node, caller, "ru", "closed&call-later&goodbye")
    await caller.over()
    assert caller.left_by_other_side
    bye = await node.ami.user_event("CCBye")
    assert bye["State"] == "bye"


@pytest.mark.parametrize("ends", ["hangs up", "presses the hash key"])
async def test_a_message_is_recorded_and_can_be_kept(node: Node, caller: SippCaller, data: Path, ends: str) -> None:
    waiting = await node.ami.user_event("CCWaiting")
    await say(node, waiting, "voicemail", "nobody-free&leave-message&beep")
    await until_heard(node, caller, "ru", "nobody-free&leave-message&beep")
    raw = node.site.recordings / f"{waiting['Uniqueid']}-1.wav"
    await until(lambda: raw.exists() and raw.stat().st_size > 40_000, "some seconds of message")
    if ends == "hangs up":
        caller.hang_up()
    else:
        caller.press("#")
        await until_heard(node, caller, "ru", "message-kept&goodbye")
    await caller.over()
    told = await node.ami.user_event("CCMessage")
    assert told["Rec"] == str(raw)
    await node.ami.user_event("CCBye")
    assert count(node, "CCMessage") == 1
    kept = finish(
        RawTake(Talk("message", 1, datetime(2026, 11, 21, tzinfo=UTC), float(told["Answered"])), (raw,)), data / "kept"
    )
    assert kept.file is not None
    assert kept.state == "ok"
    _operator, customer, _seconds = hears(kept.file)
    assert customer == pytest.approx(CUSTOMER_HZ, abs=3)


@pytest.mark.parametrize("words", ["../../../etc/passwd", "${SHELL(touch /tmp/x)}&n-1", "no-such-prompt&n-1", "a,skip"])
async def test_what_is_no_prompt_is_passed_over(node: Node, caller: SippCaller, words: str) -> None:
    waiting = await node.ami.user_event("CCWaiting")
    await say(node, waiting, "hold", words, "ru&${SHELL(id)}")
    await until(lambda: count(node, "CCWaiting") == 2, "the music again")
    assert "SHELL" not in node.log()

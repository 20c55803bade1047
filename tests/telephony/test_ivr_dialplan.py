"""Spoken dialogs on a real Asterisk: pyst2 on its wire, SIPp's customer with keys at the other end, the test in the engine's place."""

import asyncio
import multiprocessing
import os
import queue
import secrets
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cordboard.telephony.dialog import Caller, CallerGone, NoAnswer
from cordboard.telephony.ivr import AgiLine, IvrServer, Talk
from tests.fakes.asterisk_tree import INBOUND, Node, data_folder, speaking_node
from tests.fakes.prompt_ear import hears_in_order
from tests.fakes.raw_ami import Message
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until

pytestmark = pytest.mark.live
TICKET = "a1b2c3"


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
    async with SippCaller(tmp_path, address, INBOUND, caller_id="+79160000001") as one:
        await one.answered()
        yield one


class Dialogs:
    """One dialog behind TICKET, and how it ended."""

    def __init__(self, data: Path) -> None:
        self.talk: Talk = lambda line: None
        self.ends: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.server = IvrServer(data / "asterisk/share/prompts", lambda ticket: self._run if ticket == TICKET else None)

    def _run(self, line: AgiLine) -> None:
        try:
            self.talk(line)
        except (CallerGone, NoAnswer) as end:
            self.ends.put(end)
        else:
            self.ends.put("whole")

    async def end(self) -> object:
        def one() -> object:
            return None if self.ends.empty() else self.ends.get()

        return await until(one, "the end of the dialog")


@pytest.fixture
def dialogs(data: Path) -> Iterator[Dialogs]:
    one = Dialogs(data)
    one.server.start()
    yield one
    one.server.stop()


async def lead(node: Node, waiting: Message, port: int, ticket: str = TICKET) -> None:
    """Send the waiting leg into its dialog, as the engine does."""
    for name, value in (("CC_IVR_PORT", str(port)), ("CC_TICKET", ticket)):
        await node.ami.action("Setvar", Channel=waiting["Channel"], Variable=name, Value=value)
    done = await node.ami.action("Redirect", Channel=waiting["Channel"], Context="cc-ivr", Exten="s", Priority="1")
    assert done["Response"] == "Success"


def waits_again(node: Node) -> bool:
    return sum(event.get("UserEvent") == "CCWaiting" for event in node.ami.events) == 2


async def until_heard(node: Node, caller: SippCaller, language: str, *names: str) -> None:
    def listen() -> bool:
        sound = caller.peer.sound(caller.far)
        return hears_in_order(sound, node.data / "asterisk/share/prompts", language, names)

    await until(listen, f"the prompts {names}", within_s=40, every_s=0.5)


async def test_he_hears_the_prompts_presses_keys_and_is_let_go(
    node: Node, caller: SippCaller, dialogs: Dialogs
) -> None:
    answers: list[str] = []

    def talk(line: AgiLine) -> None:
        he = Caller(line, "ru")
        answers.append(he.ask("call-soon", "in-2", "press-1", keys="1"))
        answers.append(he.ask_number("type-number"))
        he.say("n-7", "n-0")
        he.language = "en"
        he.say("booked")
        line.goes_on("bye")

    dialogs.talk = talk
    await lead(node, await node.ami.user_event("CCWaiting"), dialogs.server.port)
    await until_heard(node, caller, "ru", "call-soon", "in-2", "press-1")
    caller.press("1")
    await until_heard(node, caller, "ru", "type-number")
    caller.press("89161234567#")
    await until_heard(node, caller, "ru", "n-7", "n-0")
    await until_heard(node, caller, "en", "booked")
    await caller.over()
    assert caller.left_by_other_side
    assert answers == ["1", "89161234567"]
    assert await dialogs.end() == "whole"
    assert (await node.ami.user_event("CCBye"))["State"] == "bye"
    assert "89161234567" not in node.log()


async def test_a_key_cuts_what_is_said_and_silence_is_an_answer(
    node: Node, caller: SippCaller, dialogs: Dialogs
) -> None:
    answers: list[str] = []

    def talk(line: AgiLine) -> None:
        answers.append(line.read([f"ru/n-{number}" for number in range(1, 21)] * 4, 1, 6.0))
        answers.append(line.read(["ru/n-1"], 1, 1.0))

    dialogs.talk = talk
    await lead(node, await node.ami.user_event("CCWaiting"), dialogs.server.port)
    await until_heard(node, caller, "ru", "n-1", "n-2", "n-3")
    caller.press("5")
    assert await dialogs.end() == "whole"
    assert answers == ["5", ""]
    await until(lambda: waits_again(node), "the music again")
    await until(lambda: caller.hears().loudness > 0.005, "music")


async def test_the_key_that_led_into_the_dialog_answers_nothing_there(
    node: Node, caller: SippCaller, dialogs: Dialogs
) -> None:
    """It is told when it is pressed and, being short, heard at its end: 80 ms later, when the first question is asked."""
    answers: list[str] = []
    dialogs.talk = lambda line: answers.append(line.read(["ru/n-1"], 1, 2.0))
    waiting = await node.ami.user_event("CCWaiting")
    caller.press("2")
    await until(lambda: any(event.get("Event") == "DTMFEnd" for event in node.ami.events), "the key", every_s=0.001)
    await lead(node, waiting, dialogs.server.port)
    assert await dialogs.end() == "whole"
    assert answers == [""]


async def test_every_key_of_a_long_number_arrives(node: Node, caller: SippCaller, dialogs: Dialogs) -> None:
    typed: list[str] = []
    dialogs.talk = lambda line: typed.append(line.read(["ru/type-number"], 18, 6.0))
    await lead(node, await node.ami.user_event("CCWaiting"), dialogs.server.port)
    await until_heard(
        node, caller, "ru", "type-number"
    )  # a key pressed into the music before it belongs to no question
    caller.press("012345678901234567")
    assert await dialogs.end() == "whole"
    assert typed == ["012345678901234567"]


async def test_a_hangup_ends_the_dialog(node: Node, caller: SippCaller, dialogs: Dialogs) -> None:
    dialogs.talk = lambda line: Caller(line, "ru").say("free-times", "no-times")
    await lead(node, await node.ami.user_event("CCWaiting"), dialogs.server.port)
    await until_heard(node, caller, "ru", "free-times")
    caller.hang_up()
    assert isinstance(await dialogs.end(), CallerGone)
    assert (await node.ami.user_event("CCBye"))["State"] == "ivr"


@pytest.mark.parametrize("who", ["nobody listens", "a stranger's ticket", "a dialog that breaks off"])
async def test_a_dialog_that_cannot_be_leaves_him_waiting(
    node: Node, caller: SippCaller, dialogs: Dialogs, who: str
) -> None:
    def breaks_off(line: AgiLine) -> None:
        raise RuntimeError("as planned")

    dialogs.talk = breaks_off
    if who == "nobody listens":
        dialogs.server.stop()
    port = dialogs.server.port or 9
    await lead(node, await node.ami.user_event("CCWaiting"), port, "ffff" if who == "a stranger's ticket" else TICKET)
    await until(lambda: waits_again(node), "the music again")
    await until(lambda: caller.hears().loudness > 0.005, "music")


async def test_he_may_be_taken_out_of_a_dialog(node: Node, caller: SippCaller, dialogs: Dialogs) -> None:
    dialogs.talk = lambda line: Caller(line, "ru").say("free-times", "no-times", "stay-for-operator")
    waiting = await node.ami.user_event("CCWaiting")
    await lead(node, waiting, dialogs.server.port)
    await until_heard(node, caller, "ru", "free-times")
    await node.ami.action("Redirect", Channel=waiting["Channel"], Context="cc-hold", Exten="s", Priority="1")
    assert isinstance(await dialogs.end(), CallerGone)
    await until(lambda: waits_again(node), "the music again")


def serve(sounds: Path, told: "multiprocessing.Queue[int]") -> None:
    """An engine of which a test may be rid: one question, and nothing else."""
    server = IvrServer(
        sounds, lambda _ticket: lambda line: Caller(line, "ru").say("free-times", "no-times"), answer_s=1.0
    )
    server.start()
    told.put(server.port)
    while True:
        signal.pause()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_engine_dies_or_stands_still_in_the_middle(
    node: Node, caller: SippCaller, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed: the dialplan has him at once. Standing still: when the leg's deadline has passed."""
    monkeypatch.setattr("cordboard.telephony.ivr.LONGEST_SOUND_S", 8.0)
    monkeypatch.setattr("cordboard.telephony.ivr.LEG_GRACE_S", 2)
    told: multiprocessing.Queue[int] = multiprocessing.Queue()
    engine = multiprocessing.get_context("fork").Process(
        target=serve, args=(node.data / "asterisk/share/prompts", told), daemon=True
    )
    engine.start()
    try:
        port = await asyncio.to_thread(told.get, True, 20)
        await lead(node, await node.ami.user_event("CCWaiting"), port, secrets.token_hex(4))
        await until_heard(node, caller, "ru", "free-times")
        assert engine.pid is not None
        os.kill(engine.pid, number)
        await until(lambda: waits_again(node), "the music again", within_s=40)
        await until(lambda: caller.hears().loudness > 0.005, "music")
        assert not caller.left_by_other_side
        await node.beat(int(time.time()) - 100)
        await node.ami.user_event("CCFallback")
    finally:
        os.kill(engine.pid or 0, signal.SIGKILL)
        engine.join()

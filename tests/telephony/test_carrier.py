"""Whole calls between our dialplan and the make-believe carrier, over real SIP, with the test in the engine's place."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from cordboard.telephony.carrier import SHARES, Carrier, Habit, habit_of
from cordboard.telephony.render import render_agents
from cordboard.telephony.site import AgentEndpoint, BadSite, Ports
from cordboard.telephony.speech import RATE, to_telephone
from tests.fakes.asterisk_tree import (
    FAR_AHEAD_S,
    INBOUND,
    Node,
    asterisk_tree,
    data_folder,
    free_ports,
    running_carrier,
    running_node,
)
from tests.fakes.ports import free_port
from tests.fakes.raw_ami import Message
from tests.fakes.wait import until

CUSTOMER = "+79161234567"
BROWSER = AgentEndpoint("agent-12ab34cd", "browser-password")


def number_of(habit: Habit) -> str:
    return next(number for n in range(9999) if habit_of(number := f"+7916000{n:04d}") is habit)


def test_each_number_keeps_its_habit_and_the_shares_hold() -> None:
    counted = Counter(habit_of(f"+7916{n:07d}") for n in range(10000))
    assert {habit: counted[habit] / 100 for habit in Habit} == dict(SHARES)
    assert habit_of("+7 916 000-12-34") is habit_of("+79160001234")


def test_speech_is_cut_to_the_telephones_band() -> None:
    rate = 22050
    at = np.arange(rate) / rate
    voice, hiss = 8000 * np.sin(2 * np.pi * 1000 * at), 8000 * np.sin(2 * np.pi * 6000 * at)
    told = to_telephone(voice + hiss, rate)
    assert len(told) == RATE
    spectrum = np.abs(np.fft.rfft(told[1000:-1000])) / len(told[1000:-1000])
    heard = spectrum[round(1000 * len(told[1000:-1000]) / RATE)]
    assert heard > 3500
    assert np.sort(spectrum)[-5] < heard / 20  # nothing folded back


@asynccontextmanager
async def world() -> AsyncIterator[tuple[Node, Carrier]]:
    """A node and its carrier, each on free ports, an engine's heartbeat, and the robot among the agents."""
    with data_folder() as data:
        peer = free_port(udp=True)
        async with running_carrier(data, peer) as carrier:
            ports = _ports_with_sip(peer)
            async with running_node(data, ports=ports, trunk_uri=carrier.trunk_uri) as node:
                silent = f"sip:{number_of(Habit.NO_ANSWER)}@{carrier.trunk_uri.removeprefix('sip:')}"
                agents = (
                    BROWSER,
                    AgentEndpoint("agent-robot", "device-password", carrier.robot_uri),
                    AgentEndpoint("agent-away", "device-password", silent),
                )
                render_agents(agents, data / "asterisk")
                await node.process.reload_agents()
                await node.beat(int(time.time()) + FAR_AHEAD_S)
                yield node, carrier


def _ports_with_sip(port: int) -> Ports:
    return replace(free_ports(), sip_udp=port)


async def only_song(node: Node, song: str) -> None:
    """Let the music be this one file."""
    music, tree_music = node.data / "asterisk/share/moh", node.site.tree.moh
    assert tree_music is not None
    music.unlink()
    music.mkdir(mode=0o755)
    (music / song).symlink_to(tree_music / song)
    await node.process.ask("module reload res_musiconhold.so")


async def redirect(node: Node, waiting: Message, agent: str, **variables: str) -> None:
    for name, value in variables.items():
        await node.ami.action("Setvar", Channel=waiting["Channel"], Variable=name, Value=value)
    done = await node.ami.action("Redirect", Channel=waiting["Channel"], Context="cc-dial", Exten=agent, Priority="1")
    assert done["Response"] == "Success"


async def originate(node: Node, number: str) -> str:
    mark = str(uuid.uuid4())
    asked = await node.ami.action(
        "Originate",
        f"__CC_CALL={mark}",
        "CC_CONTACT=c1",
        **{"Channel": f"PJSIP/{number}@trunk", "ChannelId": mark, "Context": "cc-out", "Exten": "s", "Priority": "1"},
        **{"Async": "true", "Timeout": "25000", "CallerID": f"<{INBOUND}>"},
    )
    assert asked["Response"] == "Success"
    return mark


async def ending(node: Node, mark: str) -> Message:
    return await node.ami.event(
        f"the end of {mark}", lambda event: event.get("Event") == "Hangup" and event["Uniqueid"] == mark
    )


@pytest.mark.live
async def test_a_customer_calls_talks_loses_the_operator_and_waits_again() -> None:
    async with world() as (node, carrier):
        carrier.call_in(CUSTOMER, 'Иван "Ваня", $(id)', patience_s=60)
        waiting = await node.ami.user_event("CCWaiting", Num=CUSTOMER, Dnis=INBOUND, Tries="0")
        assert waiting["Name"].startswith("%D0%98%D0%B2%D0%B0%D0%BD")
        await redirect(node, waiting, "agent-robot", CC_CONTACT="contact-1")
        talk = await node.ami.user_event("CCTalk", Cc=waiting["Cc"], Agent="agent-robot")
        assert talk["Channel"].startswith("PJSIP/agent-robot-")
        shown = await node.ami.action("Getvar", Channel=waiting["Channel"], Variable="CC_STATE")
        assert shown["Value"] == "talk-agent-robot"
        recording = node.site.recordings / f"{waiting['Cc']}-1.raw"
        await until(lambda: recording.exists() and recording.stat().st_size > 4 * RATE * 3, "three seconds of talk")

        await node.ami.action("Setvar", Channel=waiting["Channel"], Variable="CC_RETURN", Value="1")
        await node.ami.action("Hangup", Channel=talk["Channel"])
        end = await node.ami.user_event("CCDialEnd", Cc=waiting["Cc"], Agent="agent-robot", Status="ANSWER")
        assert end["Rec"] == str(recording)
        talked_s = float(end["Answered"])
        least_s = (
            0.8 * talked_s - 0.5
        )  # on a busy machine the two Asterisks speak in lumps, of which the recorder throws some away

        def whole() -> bool:
            return least_s < recording.stat().st_size / (4 * RATE) < talked_s + 0.5

        await until(whole, "a file as long as the talk")
        await node.ami.user_event("CCWaiting", Cc=waiting["Cc"], Tries="1")

        await node.ami.action("Hangup", Channel=waiting["Channel"])
        bye = await node.ami.user_event("CCBye", Cc=waiting["Cc"])
        assert bye["State"] == "hold"


@pytest.mark.live
@pytest.mark.parametrize("song", ["macroform-robot_dity.gsm", "macroform-cold_day.gsm"])
async def test_the_recording_has_the_operator_left_and_the_customer_right(song: str) -> None:
    """Whatever was heard before: after a song that begins in silence, a recording of the customer's leg misses the operator."""
    async with world() as (node, carrier):
        await only_song(node, song)
        carrier.call_in(CUSTOMER, "Анна", patience_s=60)
        waiting = await node.ami.user_event("CCWaiting")
        await redirect(node, waiting, "agent-robot")
        await node.ami.user_event("CCTalk")
        recording = node.site.recordings / f"{waiting['Cc']}-1.raw"

        def both_spoke() -> bool:
            if not recording.exists() or not (size := recording.stat().st_size // 4 * 2):
                return False
            sides = np.fromfile(recording, np.int16, size).reshape(-1, 2)
            return bool((np.abs(sides.astype(np.int32)).max(axis=0) > 2000).all())

        def operator_began() -> bool:
            if not recording.exists() or (size := recording.stat().st_size // 4 * 2) < 2 * RATE * 3:
                return False
            left, right = np.abs(
                np.fromfile(recording, np.int16, size).reshape(-1, 2)[: 3 * RATE].astype(np.int32)
            ).max(axis=0)
            return bool(left > 2000 > right)

        await until(operator_began, "the robot's greeting on the left while the customer listens")
        await until(both_spoke, "both voices on their own side", within_s=60)
        await node.ami.action("Hangup", Channel=waiting["Channel"])
        bye = await node.ami.user_event("CCBye", Cc=waiting["Cc"])
        assert (bye["State"], bye["Rec"]) == ("talk-agent-robot", str(recording))
        talked_s = float(bye["Answered"])
        least_s = (
            0.8 * talked_s - 0.5
        )  # on a busy machine the two Asterisks speak in lumps, of which the recorder throws some away

        def whole() -> bool:
            return least_s < recording.stat().st_size / (4 * RATE) < talked_s + 0.5

        await until(whole, "a file as long as the talk")


@pytest.mark.live
@pytest.mark.parametrize(("agent", "status"), [(BROWSER.name, "CHANUNAVAIL"), ("agent-away", "NOANSWER")])
async def test_an_operator_who_is_not_there_or_silent_sends_the_customer_back(agent: str, status: str) -> None:
    async with world() as (node, carrier):
        carrier.call_in(CUSTOMER, "Анна", patience_s=60)
        waiting = await node.ami.user_event("CCWaiting")
        await redirect(node, waiting, agent, CC_RING="1")
        end = await node.ami.user_event("CCDialEnd", Cc=waiting["Cc"], Status=status, Agent=agent)
        assert float(end["Answered"]) == 0
        again = await node.ami.user_event("CCWaiting", Cc=waiting["Cc"], Tries="1")
        assert "CC_AGENT=|" in again["ChanVariable"]


@pytest.mark.live
async def test_a_caller_without_patience_gives_up() -> None:
    async with world() as (node, carrier):
        carrier.call_in(CUSTOMER, "Анна", patience_s=1)
        waiting = await node.ami.user_event("CCWaiting")
        bye = await node.ami.user_event("CCBye", Cc=waiting["Cc"])
        assert bye["State"] == "hold"


@pytest.mark.live
async def test_numbers_that_do_not_answer_end_with_their_own_cause() -> None:
    async with world() as (node, _carrier):
        for habit, cause, code in ((Habit.INVALID, "1", "404"), (Habit.REJECTED, "21", "603")):
            end = await ending(node, await originate(node, number_of(habit)))
            assert (end["Cause"], end["TechCause"]) == (cause, code), habit
        causes = set()
        while "17" not in causes:  # busy three times of four: else that person has hung up by now, and rings
            mark = await originate(node, number_of(Habit.BUSY))
            first = await node.ami.event("ringing or busy", partial(_rings_or_ended, mark))
            if first["Event"] == "Newstate":
                await node.ami.action("Hangup", Channel=mark)
            causes.add((await ending(node, mark))["Cause"])


def _rings_or_ended(mark: str, event: Message) -> bool:
    if event.get("Uniqueid") != mark:
        return False
    return event["Event"] == "Hangup" or (event["Event"] == "Newstate" and event["ChannelStateDesc"] == "Ringing")


@pytest.mark.live
async def test_a_person_who_answers_gets_an_operator_or_an_apology() -> None:
    async with world() as (node, _carrier):
        served = await originate(node, number_of(Habit.PERSON))
        answered = await node.ami.user_event("CCAnswered", Cc=served)
        assert answered["Uniqueid"] == served
        await redirect(node, answered, "agent-robot", CC_CONTACT=served)
        await node.ami.user_event("CCTalk", Cc=served, Agent="agent-robot")
        await node.ami.action("Hangup", Channel=answered["Channel"])
        alone = await originate(node, number_of(Habit.PERSON))
        await node.ami.user_event("CCAbandon", Cc=alone)
        assert (await node.ami.user_event("CCBye", Cc=alone))["State"] == "abandon"


class Phone(asyncio.DatagramProtocol):
    """A desk phone that only keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.told.append(data.decode())


@contextmanager
def closing(transport: asyncio.DatagramTransport) -> Iterator[None]:
    try:
        yield
    finally:
        transport.close()


@pytest.mark.live
@pytest.mark.parametrize("auto", ["1", "0"])
async def test_the_operators_phone_learns_the_contact_and_whether_to_answer_by_itself(auto: str) -> None:
    async with world() as (node, carrier):
        loop = asyncio.get_running_loop()
        transport, phone = await loop.create_datagram_endpoint(Phone, local_addr=("127.0.0.1", 0))
        with closing(transport):
            port = transport.get_extra_info("sockname")[1]
            render_agents((AgentEndpoint("agent-desk", "device-password", f"sip:desk@127.0.0.1:{port}"),), _home(node))
            await node.process.reload_agents()
            carrier.call_in(CUSTOMER, "Анна", patience_s=60)
            waiting = await node.ami.user_event("CCWaiting")
            contact = str(uuid.uuid4())
            await redirect(node, waiting, "agent-desk", CC_CONTACT=contact, CC_AUTO=auto, CC_RING="5")
            invite = await until(lambda: next(iter(phone.told), None), "the INVITE")
            assert invite.startswith("INVITE sip:desk@")
            assert f"X-CC-Contact: {contact}\r\n" in invite
            assert ("Call-Info: <sip:cordboard>;answer-after=0\r\n" in invite) is (auto == "1")
            assert CUSTOMER in invite.split("From:")[1].split("\r\n")[0]


def _home(node: Node) -> Path:
    return node.data / "asterisk"


@pytest.mark.live
@pytest.mark.parametrize("number", ["", "abc", "+7916\n", '1"'])
def test_the_carrier_places_no_call_for_a_number_that_is_none(number: str) -> None:
    with data_folder() as data, pytest.raises(BadSite):
        _idle_carrier(data).call_in(number, "Анна")


def _idle_carrier(data: Path) -> Carrier:
    return Carrier(
        asterisk_tree(),
        data / "carrier",
        free_ports(),
        peer="127.0.0.1:5060",
        inbound_number=INBOUND,
        cache=data,
        pid_file=data / "carrier.pid",
        chance=random.Random(1),
    )

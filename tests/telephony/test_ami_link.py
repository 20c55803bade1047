"""The supervised link against a fake Asterisk: resyncs, gaps, overflow, and what it tells about them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.telephony.ami import Ami, LinkState
from cordboard.telephony.ami_actions import ActionRefused, BadValue, LinkDown
from cordboard.telephony.ami_delivery import AmiTuning
from cordboard.telephony.ami_events import (
    ChannelCreated,
    ChannelHungUp,
    ChannelRef,
    ChannelState,
    Event,
    LiveChannel,
    NodeBooted,
    OriginateResponded,
    Resync,
    UserEventSeen,
)
from cordboard.telephony.ami_frames import parse
from tests.fakes.ami_subject import QUICK
from tests.fakes.asterisk_wire import FakeAsterisk, FakeChannel, Received, Session, Verdict
from tests.fakes.asterisk_words import Mangler, doubling, losing, pieces, reordering
from tests.fakes.wait import until


@dataclass(slots=True)
class House:
    """Who listens to the link, and what it was told in order."""

    asterisk: FakeAsterisk
    told: list[Event | Resync | LinkState] = field(default_factory=list)
    links: list[Ami] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    failing_resyncs: int = 0

    async def on_event(self, event: Event) -> None:
        await self.gate.wait()
        if isinstance(event, UserEventSeen) and event.kind == "Cancelled":
            raise asyncio.CancelledError
        self.told.append(event)

    async def on_resync(self, resync: Resync) -> None:
        if self.failing_resyncs:
            self.failing_resyncs -= 1
            if self.failing_resyncs:
                raise asyncio.CancelledError
            raise RuntimeError("the database is away: +74951234567")
        self.told.append(resync)

    async def on_link(self, state: LinkState) -> None:
        self.told.append(state)

    def link(self, secret: str = "s3cret", tuning: AmiTuning = QUICK, port: int | None = None) -> Ami:
        link = Ami(
            "node1",
            "127.0.0.1",
            self.asterisk.port if port is None else port,
            "engine",
            secret,
            on_event=self.on_event,
            on_resync=self.on_resync,
            on_link=self.on_link,
            random=Random(1),
            tuning=tuning,
        )
        self.links.append(link)
        return link

    @property
    def resyncs(self) -> list[Resync]:
        return [item for item in self.told if isinstance(item, Resync)]

    def events(self, kind: type[Event]) -> list[Event]:
        return [item for item in self.told if isinstance(item, kind)]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    asterisk = FakeAsterisk()
    await asterisk.start()
    house = House(asterisk)
    house.gate.set()
    yield house
    house.gate.set()
    for link in house.links:
        await link.stop()
    await asterisk.stop()


def ref(uniqueid: str, boot_id: str = "2026-11-21T10:00:00") -> ChannelRef:
    return ChannelRef("node1", boot_id, uniqueid)


async def test_start_returns_up_with_the_truth(house: House) -> None:
    channel = FakeChannel("1.1", "PJSIP/trunk-1", application="Dial", bridge="b1", linkedid="1.0", seconds=3_725)
    channel.variables = {"CC_CALL": "1.1", "CC_STATE": "talk=1", "SECRET": "x"}
    house.asterisk.channels["1.1"] = channel
    link = house.link()
    await link.start()
    assert link.state is LinkState.UP
    expected = LiveChannel(
        channel=ref("1.1"),
        name="PJSIP/trunk-1",
        state=ChannelState.UP,
        application="Dial",
        bridge_id="b1",
        linkedid="1.0",
        variables={"CC_CALL": "1.1", "CC_STATE": "talk=1"},
        seconds=3_725,
    )
    await until(lambda: house.events(NodeBooted), "FullyBooted")
    assert house.told == [
        LinkState.CONNECTING,
        Resync("node1", "2026-11-21T10:00:00", None, (expected,)),
        LinkState.UP,
        NodeBooted("node1", "2026-11-21T10:00:00", None),
    ]
    assert await link.show_channels() == [expected]
    assert await link.core_status() == link.boot_id == "2026-11-21T10:00:00"


async def test_a_new_boot_is_told_with_the_old_one_and_its_events_come_first(house: House) -> None:
    link = house.link()
    await link.start()
    channel = house.asterisk.add_channel(FakeChannel("1.1", "PJSIP/trunk-1"))
    await until(lambda: house.events(ChannelCreated), "the channel")
    house.gate.clear()
    house.asterisk.hang_up(channel, 17, "486")
    await link.action("Ping", {})  # the Hangup has arrived and waits for its handler
    await house.asterisk.restart("2026-11-21 11:30:00")
    await house.asterisk.until(lambda: house.asterisk.logins == 2, 20)
    house.gate.set()
    await until(lambda: len(house.resyncs) == 2, "the resync")
    assert house.resyncs[-1] == Resync("node1", "2026-11-21T11:30:00", "2026-11-21T10:00:00", ())
    hung_up = house.events(ChannelHungUp)[0]
    assert isinstance(hung_up, ChannelHungUp)
    assert (hung_up.channel, hung_up.cause, hung_up.tech_cause) == (ref("1.1"), 17, "486")
    assert house.told.index(hung_up) < house.told.index(house.resyncs[-1])


async def test_a_failed_resync_is_tried_again_and_keeps_the_old_boot(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    link = house.link()
    await link.start()
    house.failing_resyncs = 2
    await house.asterisk.restart("2026-11-21 11:30:00")
    await until(lambda: len(house.resyncs) == 2, "the resync")
    assert house.resyncs[-1].previous_boot_id == "2026-11-21T10:00:00"
    assert link.stats.handler_errors == 2
    assert "CancelledError" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "+7495" not in caplog.text


async def test_a_node_that_is_still_booting_is_waited_for(house: House) -> None:
    house.asterisk.boot = "1970-01-01 00:00:00"
    link = house.link()
    start = asyncio.create_task(link.start())
    await house.asterisk.until(lambda: len(house.asterisk.sent("CoreStatus")) >= 3)
    assert not house.resyncs
    house.asterisk.boot = "2026-11-21 12:00:00"
    await start
    assert link.boot_id == "2026-11-21T12:00:00"


async def test_too_slow_handlers_drop_the_session_and_a_resync_follows(house: House) -> None:
    link = house.link(tuning=replace(QUICK, inbox_limit=50))
    await link.start()
    channel = house.asterisk.add_channel(FakeChannel("1.1", "PJSIP/trunk-1"))
    house.gate.clear()
    for number in range(200):
        house.asterisk.user_event("Flood", channel, {"N": str(number)})
    await until(lambda: link.stats.overflows == 1, "the overflow")
    house.gate.set()
    await until(lambda: len(house.resyncs) == 2 and link.state is LinkState.UP, "the resync")
    delivered = [event for event in house.events(UserEventSeen) if isinstance(event, UserEventSeen)]
    assert [event.fields["N"] for event in delivered] == [str(number) for number in range(len(delivered))]
    assert link.stats.discarded >= 50
    assert link.stats.reconnects == 1


async def test_a_cancelled_handler_does_not_end_the_stream(house: House) -> None:
    link = house.link()
    await link.start()
    channel = house.asterisk.add_channel(FakeChannel("1.1", "PJSIP/trunk-1"))
    house.asterisk.user_event("Cancelled", channel, {})
    house.asterisk.user_event("After", channel, {})
    await until(lambda: house.events(UserEventSeen), "the next event")
    assert link.stats.handler_errors == 1
    assert link.aside[-1].reason.startswith("handler of UserEvent: CancelledError")


@pytest.mark.parametrize("mangler", [losing, doubling, reordering])
async def test_lost_doubled_and_reordered_events_arrive_as_they_were_said(
    house: House, mangler: Callable[[Random, int], Mangler]
) -> None:
    said: list[bytes] = []
    mangle = mangler(Random(7), 3)

    def noted(packet: bytes) -> Sequence[bytes]:
        out = mangle(packet)
        said.extend(out)
        return out

    link = house.link()
    await link.start()
    channel = house.asterisk.add_channel(FakeChannel("1.1", "PJSIP/trunk-1"))
    house.asterisk.behaviour.mangle = noted
    house.asterisk.behaviour.delay_s = 0.0001
    for number in range(60):
        house.asterisk.user_event("N", channel, {"N": str(number)})
    await until(lambda: len(house.events(UserEventSeen)) >= len(said), "all that was said")
    heard = [event.fields["N"] for event in house.events(UserEventSeen) if isinstance(event, UserEventSeen)]
    assert heard == [parse(packet).get("N") for packet in said]
    assert heard != [str(number) for number in range(60)]


async def test_start_returns_when_nobody_listens_and_connects_later(house: House) -> None:
    await house.asterisk.stop()
    link = house.link()
    await link.start()
    assert LinkState.UP not in house.told
    with pytest.raises(LinkDown):
        await link.hangup("1.1")
    await house.asterisk.start()
    await until(lambda: link.state is LinkState.UP, "the link")


async def test_another_service_on_the_port_is_never_up(house: House) -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(web, "127.0.0.1", 0)
    link = house.link(port=server.sockets[0].getsockname()[1])
    await link.start()
    assert link.state is not LinkState.UP
    await until(lambda: "does not greet" in link.last_error or "broke" in link.last_error, "its reason")
    await link.stop()
    server.close()


async def test_a_wrong_secret_is_counted_and_never_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    link = house.link(secret="not-the-secret")
    await link.start()
    assert link.state is not LinkState.UP
    assert link.stats.refused_logins >= 1
    assert "Authentication failed" in link.last_error
    assert "not-the-secret" not in caplog.text + repr(link.aside) + link.last_error


async def test_stopping_is_heard_and_can_be_undone(house: House) -> None:
    link = house.link()
    await link.start()
    await link.stop()
    assert house.told[-1] is LinkState.DOWN
    with pytest.raises(LinkDown):
        await link.action("Ping", {})
    await link.start()
    assert link.state is LinkState.UP


async def test_the_commands_on_the_wire(house: House) -> None:
    link = house.link()
    await link.start()
    house.asterisk.channels["1.1"] = FakeChannel("1.1", "PJSIP/trunk-1")
    house.asterisk.channels["2.1"] = FakeChannel("2.1", "PJSIP/agent-1")
    assert (await link.redirect("1.1", "cc-dial", "agent-7")).ok
    assert (await link.bridge("1.1", "2.1")).ok
    assert (await link.setvar("1.1", "CC_STATE", "")).ok
    assert (await link.setvar(None, "ENGINE_HB", "1795255200")).ok
    assert await link.getvar("1.1", "CC_STATE") == ""
    assert await link.getvar(None, "ENGINE_HB") == "1795255200"
    assert await link.getvar("9.9", "CC_STATE") is None
    assert not (await link.hangup("9.9")).ok
    assert (await link.hangup("1.1", 17)).ok
    redirect = {key: value for key, value in house.asterisk.sent("Redirect")[0].headers if key != "ActionID"}
    expected = {"Action": "Redirect", "Channel": "1.1", "Context": "cc-dial", "Exten": "agent-7", "Priority": "1"}
    assert redirect == expected
    assert "Channel" not in dict(house.asterisk.sent("Setvar")[1].headers)
    with pytest.raises(ActionRefused):
        await link.action_list("Nonsense", {}, ends_with="NonsenseComplete")
    with pytest.raises(BadValue):
        await link.action("Ping\r\nAction: Command", {})


@pytest.mark.parametrize(
    ("verdict", "success", "cause"),
    [(Verdict(), True, None), (Verdict(False, 17, "486", 0), False, 17), (Verdict(False, 19, "480", 3), False, 19)],
)
async def test_an_originate_ends_in_its_result(
    house: House, verdict: Verdict, success: bool, cause: int | None
) -> None:
    house.asterisk.behaviour.originate = lambda _: verdict
    house.asterisk.behaviour.cuts = pieces(67)
    link = house.link(tuning=replace(QUICK, dead_after_s=6.0))
    await link.start()
    reply = await link.originate(
        "PJSIP/100@trunk", "attempt-1", "pd", "s", {"CC_NAME": "Ольга, она же O'Brien \\"}, 20, "+7495"
    )
    assert reply.ok
    await until(lambda: house.events(OriginateResponded), "the result")
    (result,) = house.events(OriginateResponded)
    assert isinstance(result, OriginateResponded)
    assert (result.channel, result.success, result.reason) == (ref("attempt-1"), success, verdict.reason)
    created = house.events(ChannelCreated)[0]
    assert isinstance(created, ChannelCreated)
    assert created.variables == {"CC_NAME": "Ольга, она же O'Brien \\"}
    causes = [event.cause for event in house.events(ChannelHungUp) if isinstance(event, ChannelHungUp)]
    assert causes == ([] if cause is None else [cause])


async def test_late_answers_are_counted_and_dropped(house: House) -> None:
    held: list[tuple[Session, Received]] = []
    house.asterisk.answers["CoreShowChannels"], answer = (
        lambda _, session, action: held.append((session, action)),
        house.asterisk.answers["CoreShowChannels"],
    )
    house.asterisk.channels["1.1"] = FakeChannel("1.1", "PJSIP/trunk-1")
    link = house.link(tuning=replace(QUICK, list_s=0.05))
    await link.start()
    assert link.stats.timeouts == 1
    house.asterisk.answers["CoreShowChannels"] = answer
    await until(lambda: link.state is LinkState.UP, "the next session")
    house.asterisk.answers["CoreShowChannels"] = lambda _, session, action: held.append((session, action))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await link.show_channels()
    await house.asterisk.until(lambda: held)
    await link.action("Ping", {})
    before = len(house.told)
    answer(house.asterisk, *held[-1])
    await link.action("Ping", {})
    assert link.stats.late == 3
    assert len(house.told) == before


FIELDS = st.dictionaries(
    st.from_regex(r"H[a-z0-9]{0,6}", fullmatch=True),
    st.one_of(
        st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0"), max_size=40),
        st.lists(st.text("абвxyz,;=\"'\\: ", max_size=10), min_size=1, max_size=4),
        st.integers(),
    ),
    max_size=6,
)


@given(st.lists(FIELDS, min_size=1, max_size=20))
@settings(max_examples=25, deadline=None)
def test_any_fields_are_exactly_the_headers_on_the_wire(sent: list[Mapping[str, str | int | list[str]]]) -> None:
    async def scene() -> list[Received]:
        asterisk = FakeAsterisk()
        await asterisk.start()
        house = House(asterisk)
        link = house.link()
        try:
            await link.start()
            for fields in sent:
                await link.action("Probe", fields)
        finally:
            await link.stop()
            await asterisk.stop()
        return asterisk.sent("Probe")

    for fields, received in zip(sent, asyncio.run(scene()), strict=True):
        expected = [("Action", "Probe")]
        for key, value in fields.items():
            expected += [(key, str(item)) for item in (value if isinstance(value, list) else [value])]
        assert sorted(pair for pair in received.headers if pair[0] != "ActionID") == sorted(expected)
        assert len(received.all("ActionID")) == 1

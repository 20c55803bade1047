"""The mirror over a fake Asterisk that speaks AMI: who is told what, when, and who is called back; desk, adapter and journal are real."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.deadlines import DeskRules
from cordboard.telephony import fallback
from cordboard.telephony.ami import LinkState
from cordboard.telephony.ami_events import Resync
from cordboard.telephony.fallback import Fallback
from tests.fakes.asterisk_wire import FakeChannel, Received
from tests.fakes.line import KEYS, Line
from tests.fakes.wait import until

MARIA, ILYA = "PJSIP/agent-maria", "PJSIP/agent-ilya"
TOLD = ("QueueAdd", "QueuePause", "QueueRemove")


class MirroredLine(Line):
    """Maria at her page; Ilya has a plain telephone."""

    def __init__(self, before: Line | None = None) -> None:
        super().__init__(before)
        self.fallback = Fallback(self.desk, self.clock)
        self._mirror: asyncio.Task[None] | None = None

    def attach(self) -> None:
        super().attach()
        self.fallback.attach(self.ami)

    async def on_resync(self, resync: Resync) -> None:
        await super().on_resync(resync)
        await self.fallback.on_resync(resync)

    async def open(self, *, ready: bool = True, page: bool = True) -> None:
        self._mirror = asyncio.create_task(self.fallback.mirror_forever())
        await super().open(ready=ready, page=page)

    async def die(self) -> None:
        """Without a word to Asterisk."""
        await self.ami.stop()
        if self._mirror is not None:
            self._mirror.cancel()

    async def close(self) -> None:
        await self.die()
        await self.asterisk.stop()

    def told(self) -> list[Received]:
        return [action for action in self.asterisk.received if action.name in TOLD]

    async def waits_for_pages_in_vain(self) -> None:
        await self.desk.tick()
        self.clock.pass_s(DeskRules().log_out_s + 1)
        await self.desk.tick()

    async def mirrored(self, **members: bool) -> None:
        wanted = {f"PJSIP/agent-{name}": paused for name, paused in members.items()}
        await until(lambda: self.asterisk.members == wanted, f"members {wanted}")


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback, "LOOK_S", 0.05)


@pytest.fixture
async def line() -> AsyncIterator[MirroredLine]:
    one = MirroredLine()
    await one.open()
    yield one
    await one.close()


async def test_each_change_is_one_action(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    await line.desk.pause("maria", "lunch")
    await line.mirrored(maria=True)
    await line.desk.ready("maria")
    await line.mirrored(maria=False)
    await line.desk.log_out("maria")
    await line.mirrored()
    names = [(action.name, action.get("Interface"), action.get("Paused")) for action in line.told()]
    assert names == [
        ("QueueAdd", MARIA, "false"),
        ("QueuePause", MARIA, "true"),
        ("QueuePause", MARIA, "false"),
        ("QueueRemove", MARIA, ""),
    ]


async def test_a_call_is_no_news_and_its_wrap_up_is(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    channel = line.calls()
    await line.agent_is(AgentState.RESERVED)
    line.talks(channel)
    await line.agent_is(AgentState.BUSY)
    line.asterisk.hang_up(channel)
    await line.agent_is(AgentState.WRAP_UP)
    await line.mirrored(maria=True)
    assert [action.name for action in line.told()] == ["QueueAdd", "QueuePause"]


async def test_a_page_that_may_come_back_costs_nobody_his_place(line: MirroredLine) -> None:
    """The network breaks off every page of a house at once: nothing is told until the desk has waited in vain."""
    await line.mirrored(maria=False)
    await line.desk.page_closed("maria", "tab")
    await line.desk.page_opened("maria", "tab")
    await line.desk.pause("maria", "lunch")
    await line.mirrored(maria=True)
    assert [action.name for action in line.told()] == ["QueueAdd", "QueuePause"]
    await line.desk.page_closed("maria", "tab")
    await line.waits_for_pages_in_vain()
    await line.mirrored()


async def test_a_plain_telephone_needs_no_page(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    await line.desk.register("ilya", "Ilya", "agent-ilya", ["orders"], needs_page=False)
    await line.desk.ready("ilya")
    await line.mirrored(maria=False, ilya=False)


async def test_after_a_gap_only_what_differs_is_told(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    line.asterisk.members[MARIA] = True  # it rang in vain for her meanwhile
    line.asterisk.members["PJSIP/agent-gone"] = False
    before = len(line.told())
    line.asterisk.reset()
    await line.mirrored(maria=False)
    assert [action.name for action in line.told()[before:]] == ["QueueRemove", "QueuePause"]


async def test_an_asterisk_that_forgot_all_is_told_all(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    line.asterisk.members.clear()
    await line.asterisk.restart("2026-11-21 11:11:11")
    await line.asterisk.until(lambda: line.asterisk.logins == 2)
    line.asterisk.globals["PJSIP_DIAL_CONTACTS(agent-maria)"] = "PJSIP/agent-maria/sip:x"
    await until(lambda: line.ami.state is LinkState.UP, "resynced")
    line.asterisk.emit("ContactStatus", {"EndpointName": "agent-maria", "ContactStatus": "Created", "URI": "sip:x"})
    await line.mirrored(maria=False)


async def test_members_that_are_not_what_we_thought_are_read_again(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    line.asterisk.members.clear()  # somebody at Asterisk's own console
    await line.desk.pause("maria", "lunch")
    await line.mirrored(maria=True)


async def test_an_asterisk_that_refuses_is_asked_again_and_the_line_lives(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    answer = line.asterisk.answers.pop("QueuePause")
    await line.desk.pause("maria", "lunch")
    await line.asterisk.until(lambda: len(line.asterisk.sent("QueuePause")) >= 2)
    line.asterisk.answers["QueuePause"] = answer
    await line.mirrored(maria=True)
    assert line.asterisk.logins == 1


async def test_whoever_waits_in_asterisks_queue_is_called_back_in_order(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    line.asterisk.callers += ["PJSIP/trunk-1", "PJSIP/trunk-2"]
    line.asterisk.reset()
    await until(lambda: not line.asterisk.callers, "called back")
    line.asterisk.callers.append("PJSIP/trunk-3")  # he was on his way into the queue when we came
    await until(lambda: not line.asterisk.callers, "he too")
    withdrawn = [action.get("Caller") for action in line.asterisk.sent("QueueWithdrawCaller")]
    assert withdrawn == ["PJSIP/trunk-1", "PJSIP/trunk-2", "PJSIP/trunk-3"]


async def test_our_own_start_takes_nobody_out_whose_page_may_return() -> None:
    """An engine that falls again at once must not have emptied the fallback."""
    first = MirroredLine()
    await first.open()
    await first.mirrored(maria=False)
    await first.die()
    await first.desk.page_closed("maria", "tab")  # no journal remembers open pages
    second = MirroredLine(before=first)
    second.asterisk.members["PJSIP/agent-gone"] = False
    await second.open(ready=False, page=False)
    try:
        await second.mirrored(maria=False)
        assert second.told()[-1].get("Interface") == "PJSIP/agent-gone", "she is left as she was"
        await second.waits_for_pages_in_vain()
        await second.mirrored()
    finally:
        await second.close()


async def test_no_event_waits_for_the_mirror(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    line.asterisk.behaviour.swallow.add("QueuePause")
    await line.desk.pause("maria", "lunch")
    await line.asterisk.until(lambda: line.asterisk.sent("QueuePause"))
    line.calls()
    await until(line.states, "the caller is heard of")


async def test_what_the_dialplan_did_alone_is_in_the_book(line: MirroredLine) -> None:
    """A talk that goes on, one that ended, one who gave up, one who rings and one who waits, all unknown to the desk."""
    await line.mirrored(maria=False)
    await line.desk.register("ilya", "Ilya", "agent-ilya", ["orders"], needs_page=False)
    await line.desk.ready("ilya")
    t0 = f"{line.clock.now().timestamp() - 60:.0f}"
    known = {"CC_T0": t0, "CC_DNIS": "100", "CC_NUM": "79000000009", "CC_NAME": "%D0%90%D0%BD%D0%BD%D0%B0"}

    def lives(uniqueid: str, state: str, application: str = "Queue", **more: str) -> None:
        variables = {"CC_CALL": uniqueid, "CC_STATE": state, **known, **more}
        line.asterisk.channels[uniqueid] = FakeChannel(uniqueid, f"PJSIP/trunk-{uniqueid}", application=application)
        line.asterisk.channels[uniqueid].variables |= variables

    began = f"{line.clock.now().timestamp() - 30:.1f}"
    lives("lab-2.1", "talk-agent-maria", CC_TALK_T0=began)
    lives("lab-2.2", "dial-agent-ilya")
    lives("lab-2.3", "fallback")
    gone = f"{t0}|{began}|{line.clock.now().timestamp() - 10:.1f}|100|79000000009|"
    line.asterisk.database["/cc-bye/lab-2.4"] = f"talk-agent-ilya|{gone}"
    line.asterisk.database["/cc-bye/lab-2.5"] = f"fallback|{gone}"
    line.asterisk.reset()
    await line.agent_is(AgentState.BUSY)
    contacts = {one.wire_key: one for one in line.desk.contacts()}
    talk, ring, wait = (contacts[f"{KEYS}lab-2.{n}"] for n in (1, 2, 3))
    now = line.clock.now()
    assert (talk.agent_id, talk.name) == ("maria", "Анна")
    assert talk.connected_at is not None
    assert (now - talk.connected_at).total_seconds() == 30
    assert (ring.state, ring.agent_id) == ("offered", "ilya")
    assert (wait.state, (now - wait.arrived_at).total_seconds()) == ("queued", 60)
    assert line.asterisk.database == {}
    assert line.asterisk.sent("Redirect") == []
    served = await line.journal.contact_by_wire(f"{KEYS}lab-2.4")
    gave_up = await line.journal.contact_by_wire(f"{KEYS}lab-2.5")
    assert served is not None
    assert gave_up is not None
    assert (served.state, served.agent_id, served.talk_s) == ("closed", "ilya", 20.0)
    assert (gave_up.state, gave_up.agent_id, gave_up.lost_reason) == ("abandoned", None, "noticed_late")


async def test_a_ring_of_the_fallback_that_is_not_answered_blames_its_agent(line: MirroredLine) -> None:
    await line.mirrored(maria=False)
    ring = FakeChannel("lab-2.2", "PJSIP/trunk-2", application="Queue")
    ring.variables |= {"CC_CALL": "lab-2.2", "CC_STATE": "dial-agent-maria", "CC_DNIS": "100", "CC_T0": "1000"}
    line.asterisk.channels["lab-2.2"] = ring
    line.asterisk.reset()
    await line.agent_is(AgentState.RESERVED)
    ring.variables["CC_STATE"] = "hold"
    line.waits(ring)
    await line.agent_is(AgentState.NOT_RESPONDING)
    assert line.states() == ["queued"]


async def test_whom_we_called_and_left_alone_counts_as_abandoned(line: MirroredLine) -> None:
    """He answered while there was no engine: one has gone, one hears the apology still. Of a third nobody can tell."""
    await line.mirrored(maria=False)
    for attempt in ("gone", "hears", "rang"):
        line.voice.adopt_call(attempt, 30.0, answered=False)
    t0 = f"{line.clock.now().timestamp():.0f}"
    line.asterisk.database |= {"/cc-bye/gone": f"abandon|{t0}||{t0}|||", "/cc-bye/mail": f"voicemail|{t0}||{t0}|||"}
    line.asterisk.channels["hears"] = FakeChannel("hears", "PJSIP/trunk-2", application="Playback")
    line.asterisk.channels["hears"].variables |= {"CC_CALL": "hears", "CC_STATE": "abandon"}
    line.asterisk.reset()
    await until(lambda: len(line.dialing.ended) == 2, "the calls that are over")
    assert line.dialing.ended == [("gone", AttemptOutcome.ABANDONED), ("rang", AttemptOutcome.UNKNOWN)]
    line.asterisk.hang_up(line.asterisk.channels["hears"])
    await until(lambda: len(line.dialing.ended) == 3, "the apology is over")
    assert line.dialing.ended[-1] == ("hears", AttemptOutcome.ABANDONED)
    assert line.asterisk.database == {}

"""Whatever customers, agents, wires and engines do, in any order: what must never happen does not."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cordboard.dialer.abandonment import Counts
from cordboard.dialer.calling_hours import CallingHours, allowed
from cordboard.dialer.campaign import Setting
from cordboard.dialer.lead import Attempt, LeadState
from cordboard.dialer.priority import Weights
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome, CallSign, ChannelKind
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.desk import NotAllowedNow
from cordboard.shop.order import OrderStatus
from cordboard.storage.database import Database
from tests.fakes.attempts_seen import in_flight, is_decided, is_machine, left_alone
from tests.fakes.dial_house import DialHouse, an_order, phone
from tests.fakes.telephones import Fault

T = TypeVar("T")
AGENTS = ("maria", "ilya")
HOME = ZoneInfo("Europe/Moscow")
ZONES = ("Europe/Moscow", "Europe/London")
ENDS = [outcome for outcome in AttemptOutcome if outcome not in (AttemptOutcome.PERSON, AttemptOutcome.ABANDONED)]
ANSWERS = ("left alone", "late", "served", "cut off")
RESULTS = ("confirmed", "no_talk", "postponed", "wrong_number")
numbers, chance = st.integers(0, 4), st.integers(0, 10**6)


class AnyDay(RuleBasedStateMachine):
    """`mode` says how the campaign dials, `served` how many persons it has served before."""

    template: Path
    mode: ClassVar[dict[str, Setting]] = {}
    served = 0
    telephones = 2  # for all customers
    steps = 30

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        shutil.copy(self.template, f"{self.folder.name}/any.db")
        self.house = DialHouse(Database.open(f"sqlite+aiosqlite:///{self.folder.name}/any.db"))
        self.calls = 0
        self.running = True

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def pick(self, found: list[str], number: int) -> str:
        return found[number % len(found)]

    @initialize(answer=st.integers(0, 5), how=st.sampled_from(ANSWERS))
    def open(self, answer: int, how: str) -> None:
        hours = CallingHours()
        knobs = {"hours.opens_min": hours.opens_min, "hours.closes_min": hours.closes_min}
        self.campaign = self.do(self.house.open(*AGENTS, knobs={**knobs, **self.mode}))
        if self.served:
            self.do(self.house.answered_by(self.served, self.campaign))
        for number in range(4):
            self.order_comes(number, number, 0)
        self.first_round(answer, how)

    def first_round(self, answer: int, how: str) -> None:
        """How the day begins, if not with whatever comes."""

    # What the shop and the supervisor do

    @rule(number=numbers, total=st.integers(0, 9), hours=st.integers(0, 9))
    def order_comes(self, number: int, total: int, hours: int) -> None:
        order = an_order(number, total * 1000, self.house.clock.now(), OrderStatus.TO_CONFIRM)
        self.do(self.house.dialer.on_order(order, phone(number % self.telephones), ZONES[number % 2]))

    @rule(number=numbers)
    def order_is_cancelled(self, number: int) -> None:
        order = an_order(number, 0, self.house.clock.now(), OrderStatus.CANCELLED)
        self.do(self.house.dialer.on_order(order, phone(number % self.telephones)))

    @rule(sum_=st.integers(-9, 9), age=st.integers(-9, 9))
    def weights_change(self, sum_: int, age: int) -> None:
        self.do(self.house.dialer.set_weights(self.campaign.id, Weights(sum_, age, 0), "oleg"))

    @rule()
    def campaign_stops_or_starts(self) -> None:
        steer = self.house.dialer.pause if self.running else self.house.dialer.start
        self.do(steer(self.campaign.id, "oleg"))
        self.running = not self.running

    # What time and engines do

    @rule(seconds=st.sampled_from([0, 1, 7, 61, 901, 3601, 30_000]))
    def time_passes(self, seconds: int) -> None:
        before = len(self.house.telephones.dialed)
        self.do(self.house.tick(pass_s=seconds))
        new = self.house.telephones.dialed[before:]
        zones = self.zones() if new else {}
        for _attempt_id, number in new:
            assert self.running
            of_number = zones.get(number, ["Europe/Moscow"])  # a caller's own number tells no other
            assert any(allowed(self.house.clock.now(), zone, CallingHours())[0] for zone in of_number)

    def zones(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for number in range(5):
            for lead in self.do(self.house.store.leads_of_order(f"order-{number}")):
                found.setdefault(lead.phone, []).append(lead.zone)
        return found

    @rule()
    def engine_dies_and_is_back(self) -> None:
        self.do(self.house.restart())

    @rule()
    def asterisk_dies_and_is_back(self) -> None:
        self.calls += 1
        self.house.telephones.live.clear()
        self.do(self.house.dialer.on_node_reset())
        self.do(self.house.desk.reconcile(ChannelKind.VOICE, {}, alive=f"life-{self.calls}"))
        self.do(self.house.desk.settle())

    @rule(fault=st.sampled_from([Fault.NONE, Fault.NONE, Fault.NONE, *Fault]))
    def wire_changes(self, fault: Fault) -> None:
        self.house.telephones.fault = fault

    # What customers do

    @precondition(lambda self: self.house.telephones.live)
    @rule(number=chance, outcome=st.sampled_from(ENDS), told=st.booleans())
    def a_call_comes_to_nothing(self, number: int, outcome: AttemptOutcome, told: bool) -> None:
        unanswered = sorted(id_ for id_ in self.house.telephones.live if not self.house.desk.contact_by_wire(id_))
        if unanswered:
            attempt_id = self.pick(unanswered, number)
            self.house.telephones.live.discard(attempt_id)
            if told:
                self.do(self.house.hang_up(attempt_id, outcome))

    @precondition(lambda self: self.house.telephones.dialed)
    @rule(number=chance, outcome=st.sampled_from(AttemptOutcome))
    def an_old_end_is_told_again(self, number: int, outcome: AttemptOutcome) -> None:
        old = [id_ for id_, _number in self.house.telephones.dialed if id_ not in self.house.telephones.live]
        if old:
            self.do(self.house.hang_up(self.pick(old, number), outcome))

    @precondition(lambda self: self.house.telephones.dialed)
    @rule(number=chance)
    def an_answer_is_told(self, number: int) -> None:
        """In time, late or twice."""
        attempt_id = self.pick([id_ for id_, _number in self.house.telephones.dialed], number)
        if attempt_id in self.house.telephones.live:
            self.do(self.house.dialer.on_answered(attempt_id))

    @rule(number=chance, code=st.sampled_from(RESULTS), stays=st.booleans())
    def a_talk_is_held(self, number: int, code: str, stays: bool) -> None:
        offered = [each for each in self.house.desk.contacts() if each.state is ContactState.OFFERED]
        if offered:
            self.do(self.talk(offered[number % len(offered)], code if stays else None))

    async def talk(self, contact: Contact, code: str | None) -> None:
        """Without a `code` the customer leaves before the agent says a word."""
        desk, agent_id = self.house.desk, str(contact.agent_id)
        if code is None:
            await desk.customer_left(contact.wire_key, "hung_up")
        else:
            await desk.talk_began(contact.wire_key, agent_id)
            await desk.talk_ended(contact.wire_key)
            at = self.house.clock.now() + timedelta(minutes=30) if code == "postponed" else None
            await desk.dispose(agent_id, contact.id, code, callback_at=at)
        await self.house.hang_up(contact.wire_key, AttemptOutcome.PERSON)

    @rule()
    def somebody_calls(self) -> None:
        self.calls += 1
        self.do(self.house.caller(f"in-{self.calls}", address=f"+7499{self.calls:07}"))

    # What agents do

    @rule(agent=st.sampled_from(AGENTS), ready=st.booleans())
    def an_agent_comes_or_goes(self, agent: str, ready: bool) -> None:
        with suppress(NotAllowedNow):
            self.do(self.house.desk.ready(agent) if ready else self.house.desk.pause(agent, "tea"))

    # What must never happen

    @invariant()
    def what_must_never_happen_does_not(self) -> None:
        if hasattr(self, "campaign"):
            self.look({one.id: one for one in self.do(self.house.all_attempts())})

    def look(self, written: Mapping[str, Attempt]) -> None:
        """All attempts as they stand in the table, which is read once a step."""
        self.no_attempt_is_dialed_twice_and_no_number_is_in_two_calls()
        self.what_was_dialed_was_written_down_before(written)
        self.nobody_is_kept_for_a_call_that_is_over(written)

    def no_attempt_is_dialed_twice_and_no_number_is_in_two_calls(self) -> None:
        dialed = self.house.telephones.dialed
        assert len({attempt_id for attempt_id, _number in dialed}) == len(dialed)
        live = [number for attempt_id, number in dialed if attempt_id in self.house.telephones.live]
        assert len(set(live)) == len(live)

    def what_was_dialed_was_written_down_before(self, written: Mapping[str, Attempt]) -> None:
        assert {attempt_id for attempt_id, _number in self.house.telephones.dialed} <= written.keys()

    def nobody_is_kept_for_a_call_that_is_over(self, written: Mapping[str, Attempt]) -> None:
        for agent in self.house.desk.agents():
            dialing = [task.attempt_id for task in agent.tasks if task.contact_id is None and task.attempt_id]
            for attempt_id in dialing:
                assert written[attempt_id].ended_at is None

    def teardown(self) -> None:
        """The wire is well again and all calls end: nobody and nothing stays stuck."""
        if hasattr(self, "campaign"):
            self.house.telephones.fault = Fault.NONE
            self.do(self.house.dialer.pause(self.campaign.id, "oleg"))
            for attempt_id in sorted(self.house.telephones.live):
                self.do(self.house.desk.customer_left(attempt_id, "hung_up"))
                self.do(self.house.hang_up(attempt_id, AttemptOutcome.NO_ANSWER))
            for _ in range(4):  # longer than a message may last whose end nobody told
                self.do(self.house.tick(pass_s=90))
            assert self.do(self.house.store.open_attempts()) == []
            counts = self.do(self.house.store.counts(self.campaign.id))
            assert {state for state, _zone, _count in counts}.isdisjoint({LeadState.DIALING, LeadState.CONNECTED})
            waiting = any(contact.is_open for contact in self.house.desk.contacts())
            reserved = [agent for agent in self.house.desk.agents() if agent.state is AgentState.RESERVED]
            assert waiting or reserved == []
        self.do(self.house.db.close())
        self.runner.close()
        self.folder.cleanup()


class AnyPowerDay(AnyDay):
    """The same with calls for which nobody is reserved: the bound on abandonment holds as well, whoever dies."""

    mode: ClassVar[dict[str, Setting]] = {"mode": "power", "power.ratio": 3.0}
    served = 70  # room for two
    telephones = 5
    steps = 15  # each round of calls is many

    def __init__(self) -> None:
        super().__init__()
        self.flown: set[str] = set()
        self.orders = 0

    def first_round(self, answer: int, how: str) -> None:
        """Of so many rules the telling ones come too seldom by themselves."""
        self.all_is_well_and_there_is_work(answer, how)

    @rule(answer=st.integers(0, 5), how=st.sampled_from(ANSWERS))
    def all_is_well_and_there_is_work(self, answer: int, how: str) -> None:
        """So many fly as may, and some answer: whoever counts wrong is found out soon."""
        self.house.telephones.fault = Fault.NONE
        for _ in range(3):
            self.orders += 1
            order = an_order(100 + self.orders, 5_000, self.house.clock.now(), OrderStatus.TO_CONFIRM)
            self.do(self.house.dialer.on_order(order, phone(100 + self.orders), ZONES[0]))
        if not self.running:
            self.campaign_stops_or_starts()
        for agent in AGENTS:
            self.an_agent_comes_or_goes(agent, True)
        self.time_passes(1)
        self.what_must_never_happen_does_not()
        self.those_who_are_rung_answer(answer, how)

    @precondition(lambda self: self.house.telephones.live)
    @rule(many=st.integers(1, 3), how=st.sampled_from(ANSWERS))
    def those_who_are_rung_answer(self, many: int, how: str) -> None:
        """Those first for whom nobody is reserved."""
        rung = [one for one in self.do(self.house.store.open_attempts()) if one.id in self.house.telephones.live]
        unanswered = [one.id for one in sorted(rung, key=lambda one: not one.is_unreserved) if not one.answered_at]
        for attempt_id in unanswered[:many]:
            contact = self.do(self.house.dialer.on_answered(attempt_id))
            if contact is None:
                continue
            if how == "late":
                self.house.clock.pass_s(3)
            now = self.house.desk.contact_by_wire(attempt_id)
            if now is not None and how != "cut off":
                meets = how != "left alone" and now.state is ContactState.OFFERED
                self.do(self.meets(now) if meets else self.talk(now, None))
        if how == "cut off":
            self.asterisk_dies_and_is_back()

    async def meets(self, contact: Contact) -> None:
        """They talk, the customer hangs up, and the result is written: so the meeting is seen."""
        desk, agent_id = self.house.desk, str(contact.agent_id)
        await desk.talk_began(contact.wire_key, agent_id)
        await self.house.hang_up(contact.wire_key, AttemptOutcome.PERSON)
        await desk.talk_ended(contact.wire_key)
        await desk.dispose(agent_id, contact.id, "confirmed", callback_at=None)

    @precondition(lambda self: self.house.telephones.live)
    @rule(number=chance, sign=st.sampled_from([CallSign.RANG, CallSign.OPTED_OUT]))
    def a_call_shows(self, number: int, sign: CallSign) -> None:
        attempt_id = self.pick(sorted(self.house.telephones.live), number)
        self.do(self.house.dialer.on_sign(attempt_id, sign, attempt_id))

    def look(self, written: Mapping[str, Attempt]) -> None:
        super().look(written)
        own = [one for one in written.values() if one.campaign_id == self.campaign.id]
        self.no_more_fly_than_could_all_be_abandoned(own)
        self.what_is_written_is_what_is_counted(own)

    def no_more_fly_than_could_all_be_abandoned(self, attempts: Sequence[Attempt]) -> None:
        unreserved = {one.id for one in attempts if one.is_unreserved}
        if unreserved - self.flown:
            answered = [one for one in attempts if is_decided(one) and one.answered_at and not is_machine(one)]
            abandoned, flying = sum(left_alone(one) for one in answered), len(in_flight(attempts))
            # Were all that fly answered and abandoned, it would still be no more than 3 % of a day; nothing here is asked of the code.
            assert 100 * (abandoned + flying) <= 3 * (len(answered) + flying), (abandoned, len(answered), flying)
        self.flown |= unreserved

    def what_is_written_is_what_is_counted(self, attempts: Sequence[Attempt]) -> None:
        """One wrong count among seventy would be found out above only in a day that is full to the bound."""
        standing = self.house.dialer.cap.standing(self.campaign, ())
        if standing is None:
            return  # an engine that has not counted yet
        today = self.house.clock.now().astimezone(HOME).date()
        decided = [one for one in attempts if is_decided(one) and one.intent_at.astimezone(HOME).date() == today]
        answered = [one for one in decided if one.answered_at and not is_machine(one)]
        expected = Counts(len(answered), sum(map(left_alone, answered)), sum(map(is_machine, decided)))
        assert standing.counts == expected


class AnyDayOfMessages(AnyDay):
    """The same with messages that nobody of us tells."""

    mode: ClassVar[dict[str, Setting]] = {"mode": "agentless", "notice.text_ru": "Добрый день!", "notice.channels": 2}

    @precondition(lambda self: self.house.telephones.dialed)
    @rule(number=chance)
    def an_answer_is_told(self, number: int) -> None:
        self._shows(number, CallSign.TOLD)

    @precondition(lambda self: self.house.telephones.dialed)
    @rule(number=chance, sign=st.sampled_from(CallSign))
    def a_key_is_pressed(self, number: int, sign: CallSign) -> None:
        """In time, late or twice; the wire says who lives."""
        self._shows(number, sign)

    def _shows(self, number: int, sign: CallSign) -> None:
        attempt_id = self.pick([id_ for id_, _number in self.house.telephones.dialed], number)
        if sign is not CallSign.OPERATOR or attempt_id in self.house.telephones.live:
            self.do(self.house.dialer.on_sign(attempt_id, sign, attempt_id))

    def look(self, written: Mapping[str, Attempt]) -> None:
        super().look(written)
        flying = [one for one in written.values() if one.is_notice and one.ended_at is None]
        assert len(flying) <= 2  # its channels
        self.no_operator_is_kept_for_a_message(flying)

    def no_operator_is_kept_for_a_message(self, flying: Sequence[Attempt]) -> None:
        """But for a call that was promised, as to a caller whom we lost, there is one."""
        kept = {task.attempt_id for agent in self.house.desk.agents() for task in agent.tasks if task.attempt_id}
        assert not [one.id for one in flying if one.id in kept]


@pytest.mark.parametrize("day", [AnyDay, AnyPowerDay, AnyDayOfMessages])
def test_any_day(sqlite_template: Path, day: type[AnyDay]) -> None:
    day.template = sqlite_template
    run_state_machine_as_test(
        day,
        settings=settings(
            max_examples=40, stateful_step_count=day.steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

"""The desk against a world that doubles, loses, delays and reorders what it tells, closes pages, cuts wires, sets clocks and kills engines.

The world keeps the truth about each call and chat. Whatever happens, nobody is booked twice, nobody waits whom somebody could take, and
nobody is passed over against the one order; when the world calms down and is looked at once more, the desk agrees with it and nobody is
stuck.
"""

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from cordboard.queue.channel import Arrival, ChannelKind, Direction, OfferFailure, WireDown
from cordboard.queue.contact import ContactState
from cordboard.queue.desk import NotAllowedNow
from cordboard.queue.reconcile import LegState
from tests.fakes.desk_run import BOOT, CHAT, CHATS, NAMES, QUEUES, VOICE, DeskRun, Report
from tests.fakes.desk_world import Call

AGENT = st.sampled_from(NAMES)
TOLD = st.sampled_from(("now", "now", "now", "now", "later", "later", "twice", "never"))
PICK = st.integers(0, 9)
SELDOM = st.sampled_from((False, False, False, False, True))


class DeskMachine(DeskRun):
    @initialize()
    def open(self) -> None:
        self.run(self._engine())
        for name in NAMES:
            self.a_page_opens(name)

    # What the world does ------------------------------------------------------------------------------------------

    @rule(told=TOLD, queue=st.sampled_from(QUEUES))
    def somebody_calls(self, told: str, queue: str) -> None:
        key = f"{BOOT}{len(self.wire.calls)}"
        self.wire.calls[key] = Call(queue=queue)
        self.tell(lambda: self._arrive(key), told)

    @rule(queue=st.sampled_from(QUEUES), answered=st.booleans())
    def somebody_writes(self, queue: str, answered: bool) -> None:
        key = f"{CHATS}{next(self.numbers)}"
        self.chats.open[key] = queue
        self.run(self.desk.arrive(Arrival(CHAT, Direction.INBOUND, queue, key)))
        contact = self.desk.contact_by_wire(key)
        if answered and contact is not None and contact.state is ContactState.OFFERED:
            self._try(lambda: self.desk.accept(str(contact.agent_id), contact.id))

    @rule(pick=PICK, told=TOLD)
    def a_visitor_leaves(self, pick: int, told: str) -> None:
        if self.chats.open:
            key = sorted(self.chats.open)[pick % len(self.chats.open)]
            del self.chats.open[key]
            self.tell(lambda: self.desk.customer_left(key, "visitor"), told)

    @rule(pick=PICK, hours=st.sampled_from((-1, 1)))
    def the_machines_clock_is_set(self, pick: int, hours: int) -> None:
        if pick == 0:
            self.clock.wall += hours * 3600.0

    @rule(pick=PICK, told=TOLD)
    def an_agent_answers(self, pick: int, told: str) -> None:
        ringing = self._any(LegState.RINGING)
        if ringing:
            key, call = ringing[pick % len(ringing)]
            agent = str(call.agent)
            if any(other.agent == agent for _, other in self._any(LegState.TALKING)):
                return  # one telephone, one talk
            call.leg = LegState.TALKING
            self.tell(lambda: self.desk.talk_began(key, agent), told)

    @rule(pick=PICK, reason=st.sampled_from(OfferFailure), told=TOLD)
    def nobody_answers(self, pick: int, reason: OfferFailure, told: str) -> None:
        ringing = self._any(LegState.RINGING)
        if ringing:
            key, call = ringing[pick % len(ringing)]
            call.leg, call.agent = LegState.WAITING, None
            self.tell(lambda: self.desk.offer_failed(key, reason), told)

    @rule(pick=PICK, agent_first=st.booleans(), told=TOLD)
    def somebody_hangs_up(self, pick: int, agent_first: bool, told: str) -> None:
        there = self._any(*LegState)
        if there:
            key, call = there[pick % len(there)]
            talked = call.leg is LegState.TALKING
            call.leg = call.agent = None
            if agent_first and talked:
                self.tell(lambda: self.desk.talk_ended(key), told)
            self.tell(lambda: self.desk.customer_left(key, "cause_16"), told)

    @rule(pick=PICK, told=TOLD)
    def a_telephone_goes_dead(self, pick: int, told: str) -> None:
        """The agent's leg ends without a hang-up: the wire puts the customer on hold, and says so."""
        talking = self._any(LegState.TALKING)
        if talking:
            key, call = talking[pick % len(talking)]
            call.leg, call.agent = LegState.WAITING, None
            self.tell(lambda: self.desk.leg_broke(key), told)

    @rule(pick=PICK)
    def a_talk_falls_apart(self, pick: int) -> None:
        """The agent's leg is gone and nobody says so; the customer hears music again."""
        talking = self._any(LegState.TALKING)
        if talking:
            _, call = talking[pick % len(talking)]
            call.leg, call.agent = LegState.WAITING, None

    @rule(pick=PICK, told=TOLD, seconds=st.sampled_from((None, 20, 300)))
    def a_caller_is_in_a_dialog_or_back_from_it(self, pick: int, told: str, seconds: int | None) -> None:
        there = self._any(LegState.WAITING, LegState.RINGING)
        if there:
            key, _ = there[pick % len(there)]
            until = None if seconds is None else self.clock.now() + timedelta(seconds=seconds)
            self.tell(lambda: self.desk.hold_back(key, until), told)

    # What the desk hears of it ------------------------------------------------------------------------------------

    @precondition(lambda self: self.reports)
    @rule(pick=PICK)
    def a_late_report_arrives(self, pick: int) -> None:
        """Not always the oldest first."""
        self.run(self.reports.pop(pick % len(self.reports))())

    @rule(seldom=SELDOM)
    def the_wire_is_looked_at(self, seldom: bool) -> None:
        if seldom:
            self.reports.clear()
            self.run(self._look())

    @rule()
    def the_wire_is_checked(self) -> None:
        self.run(self.desk.check(VOICE, self.wire.legs(), BOOT))
        self.run(self.desk.check(CHAT, self.chats.legs(self.desk), CHATS))

    @rule(down=st.sampled_from((False, False, True)))
    def the_wire_is_cut_or_mended(self, down: bool) -> None:
        self.wire.down = down
        self.run(self.desk.wire_changed(VOICE, up=not down))

    @rule(down=st.sampled_from((False, False, True)))
    def the_chats_are_cut_or_mended(self, down: bool) -> None:
        self.chats.down = down
        self.run(self.desk.wire_changed(CHAT, up=not down))

    @rule(seldom=SELDOM)
    def the_engine_is_killed(self, seldom: bool) -> None:
        if seldom:
            self.reports.clear()
            self.run(self._engine())

    @rule(step=st.sampled_from(("before_commit", "after_commit", "before_effect", "after_effect")), seldom=SELDOM)
    def the_engine_will_die_in_mid_change(self, step: str, seldom: bool) -> None:
        """At the next step of that kind, whoever takes it."""
        if seldom:
            self.mortal.at = step

    # What people do -----------------------------------------------------------------------------------------------

    @rule(name=AGENT)
    def a_page_opens(self, name: str) -> None:
        """The softphone first, so that the page makes him reachable for all at once: one step, one decision."""
        self.tabs[name] = f"tab-{next(self.numbers)}"
        self.run(self.desk.device_changed(name, up=True))
        self.run(self.desk.page_opened(name, self.tabs[name]))
        self.run(self.desk.ready(name))

    @rule(name=AGENT, really=SELDOM)
    def a_page_closes(self, name: str, really: bool) -> None:
        tab = self.tabs.pop(name, None) if really else None
        if tab is not None:
            self.run(self.desk.device_changed(name, up=False))
            self.run(self.desk.page_closed(name, tab))

    @rule(
        name=AGENT,
        what=st.sampled_from(("ready",) * 6 + ("pause", "log_out", "reserve", "decline")),
        pick=PICK,
    )
    def an_agent_acts(self, name: str, what: str, pick: int) -> None:
        async def act() -> None:
            agent = self.desk.agent(name)
            assert agent is not None
            mine = self.desk.contacts_with(name)
            held = mine[pick % len(mine)].id if mine else "none"
            match what:
                case "ready":
                    await self.desk.ready(name)
                case "pause":
                    await self.desk.pause(name, "lunch")
                case "log_out":
                    await self.desk.log_out(name)
                case "reserve":
                    await self.desk.reserve(name, f"attempt-{next(self.numbers)}", self.clock.now())
                case "decline":
                    await self.desk.decline(name, held)

        self._try(act)

    def _try(self, act: Report) -> None:
        async def try_it() -> None:
            try:
                await act()
            except (NotAllowedNow, WireDown):
                return

        self.run(try_it())

    def _one(self, pick: int, kind: ChannelKind | None, *states: ContactState) -> tuple[str, str] | None:
        """A contact in one of these states, and who has it."""
        contacts = [c for c in self.desk.contacts() if c.state in states and kind in (None, c.kind)]
        found = contacts[pick % len(contacts)] if contacts else None
        return None if found is None else (str(found.agent_id), found.id)

    @rule(pick=PICK)
    def an_agent_accepts_a_chat(self, pick: int) -> None:
        one = self._one(pick, CHAT, ContactState.OFFERED)
        if one:
            self._try(lambda: self.desk.accept(*one))

    @rule(pick=PICK)
    def an_agent_ends_a_talk(self, pick: int) -> None:
        one = self._one(pick, CHAT, ContactState.CONNECTED)
        if one:
            self._try(lambda: self.desk.hang_up(*one))

    @rule(pick=PICK)
    def a_page_hears_nothing_and_asks_to_be_joined_again(self, pick: int) -> None:
        one = self._one(pick, VOICE, ContactState.CONNECTED, ContactState.HELD)
        if one:
            self._try(lambda: self.desk.rejoin(*one))

    @rule(pick=PICK, on=st.booleans())
    def a_recording_is_paused_or_goes_on(self, pick: int, on: bool) -> None:
        one = self._one(pick, VOICE, ContactState.CONNECTED, ContactState.HELD)
        if one and on:
            self._try(lambda: self.desk.resume_recording(*one))
        elif one:
            self._try(lambda: self.desk.pause_recording(*one))

    @rule(pick=PICK, to=st.sampled_from((None, *NAMES)))
    def an_agent_passes_a_customer_on(self, pick: int, to: str | None) -> None:
        one = self._one(pick, None, ContactState.CONNECTED)
        if one:
            self._try(lambda: self.desk.transfer(*one, queue=None if to else "claims", agent=to))

    @rule(pick=PICK)
    def an_agent_parks_a_customer(self, pick: int) -> None:
        one = self._one(pick, VOICE, ContactState.CONNECTED, ContactState.HELD)
        if one:
            self._try(lambda: self.desk.parking.park(*one))

    @rule(name=AGENT, pick=PICK)
    def an_agent_fetches_a_customer(self, name: str, pick: int) -> None:
        parked = self.desk.parking.of(name)
        if parked:
            self._try(lambda: self.desk.parking.fetch(name, parked[pick % len(parked)].id))

    @rule(pick=PICK, to=st.sampled_from((None, *NAMES)), blind=st.booleans())
    def an_agent_calls_a_third(self, pick: int, to: str | None, blind: bool) -> None:
        one = self._one(pick, VOICE, ContactState.CONNECTED)
        if one:
            number = "" if to else "+74951234567"
            self._try(lambda: self.desk.thirds.call(*one, agent=to, number=number, blind=blind))

    @rule(pick=PICK, answers=st.booleans(), told=TOLD)
    def a_third_answers_or_goes(self, pick: int, answers: bool, told: str) -> None:
        if not self.wire.thirds:
            return
        third_id = self.wire.thirds[pick % len(self.wire.thirds)]
        if answers:
            self.tell(lambda: self.desk.thirds.answered(third_id), told)
        else:
            self.tell(lambda: self.desk.thirds.gone(third_id, "person"), told)

    @rule(pick=PICK, customer=st.booleans(), third=st.booleans())
    def an_agent_places_the_parties(self, pick: int, customer: bool, third: bool) -> None:
        one = self._one(pick, VOICE, ContactState.CONNECTED)
        if one:
            self._try(lambda: self.desk.thirds.hold(*one, customer=customer, third=third))

    @rule(pick=PICK, gives=st.booleans())
    def an_agent_lets_the_third_go_or_have_the_customer(self, pick: int, gives: bool) -> None:
        one = self._one(pick, VOICE, ContactState.CONNECTED)
        if one:
            self._try(lambda: self.desk.thirds.complete(*one) if gives else self.desk.thirds.drop(*one))

    @rule(pick=PICK)
    def an_agent_gives_a_result(self, pick: int) -> None:
        one = self._one(pick, None, ContactState.WRAP_UP)
        if one:
            self._try(lambda: self.desk.dispose(*one, "confirmed"))

    @rule(seconds=st.sampled_from((0.5, 0.5, 3, 3, 10, 30)))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_s(seconds)
        self.run(self.desk.tick())


DeskMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=100, deadline=None, derandomize=True)
TestDesk = DeskMachine.TestCase

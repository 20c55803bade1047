"""No sequence of events makes an attempt begin against the law: hours, holidays, limits and the do-not-call list, set and reset at will.

The law is reckoned here a second time, from what the test itself has seen, and from nothing in the tables.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from cordboard.dialer.campaign import Campaign
from cordboard.dialer.do_not_call import Kind
from cordboard.dialer.holidays import Holiday
from cordboard.dialer.law import Wish
from cordboard.dialer.lead import Attempt, Disposed, Lead, LeadState
from cordboard.dialer.retry import DEFAULT_RETRY_RULES
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.contact import IllegalTransition
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse

T = TypeVar("T")
DAY = timedelta(hours=24)
NUMBERS = ("+74950000001", "+74950000002", "+74996000001")
ZONES = ("Europe/Moscow", "Asia/Omsk")
VALUES = [*((Kind.NUMBER, number) for number in NUMBERS), (Kind.PREFIX, "+7495"), (Kind.CUSTOMER, "customer-0")]
ENDS = [outcome for outcome in AttemptOutcome if outcome not in (AttemptOutcome.PERSON, AttemptOutcome.ABANDONED)]
limits, picks = st.none() | st.integers(1, 4), st.integers(0, 99)


@dataclass
class Seen:
    """An attempt that was let through, as the test saw it."""

    lead: Lead
    number: str
    at: datetime
    ended_at: datetime | None = None
    counts: bool = True
    talked_at: datetime | None = None


class AnyLaw(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        shutil.copy(self.template, f"{self.folder.name}/any.db")
        self.house = DialHouse(Database.open(f"sqlite+aiosqlite:///{self.folder.name}/any.db"))
        self.store = self.house.store
        self.seen: dict[str, Seen] = {}
        self.entries: dict[str, tuple[Kind, str, str, datetime | None]] = {}
        self.kept: set[date] = set()
        self.leads: list[str] = []

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        self.campaigns = [self.do(self.house.open()) for _ in range(2)]
        self.hours = {campaign.id: (0, 1440) for campaign in self.campaigns}
        self.limits: dict[str, dict[str, int | None]] = {campaign.id: {} for campaign in self.campaigns}
        for campaign in self.campaigns:
            self.limits_are_turned(self.campaigns.index(campaign), 3, 2, 2, 60, 4)
            for number in range(len(NUMBERS)):
                self.a_lead_comes(self.campaigns.index(campaign), number)

    def campaign(self, number: int) -> Campaign:
        return self.campaigns[number % len(self.campaigns)]

    def lead(self, number: int) -> Lead:
        found = self.do(self.store.lead(self.leads[number % len(self.leads)]))
        assert found is not None
        return found

    # What people do

    @rule(campaign=picks, number=picks, known=st.booleans(), several=st.booleans())
    def a_lead_comes(self, campaign: int, number: int, known: bool = True, several: bool = False) -> None:
        now, phone = self.house.clock.now(), NUMBERS[number % len(NUMBERS)]
        lead = Lead(self.house.ids(), self.campaign(campaign).id, self.house.ids(), phone, ZONES[number % 2], now, now)
        phones = (phone, NUMBERS[(number + 1) % len(NUMBERS)]) if several else ()
        zones, customer_id = (lead.zone,) * len(phones), f"customer-{number % 2}" if known else None
        self.do(self.store.add_leads([replace(lead, customer_id=customer_id, phones=phones, zones=zones)]))
        self.leads.append(lead.id)

    @rule(value=st.sampled_from(VALUES), campaign=st.none() | picks, hours=st.none() | st.integers(1, 48))
    def calls_are_forbidden(self, value: tuple[Kind, str], campaign: int | None, hours: int | None) -> None:
        where = "" if campaign is None else self.campaign(campaign).id
        until = None if hours is None else self.house.clock.now() + timedelta(hours=hours)
        entry, _new = self.do(self.house.dialer.do_not_call.add(*value, "oleg", campaign_id=where, until=until))
        before = self.entries.get(entry.id, (*value, where, until))[3]
        longer = None if before is None or until is None else max(before, until)
        self.entries[entry.id] = (*value, where, longer)

    @rule(number=picks)
    def an_entry_is_taken_away(self, number: int) -> None:
        if self.entries:
            entry_id = sorted(self.entries)[number % len(self.entries)]
            del self.entries[entry_id]
            assert self.do(self.house.dialer.do_not_call.remove(entry_id)) is not None

    @rule(
        campaign=picks,
        total=limits,
        day=limits,
        number=limits,
        gap_s=st.sampled_from([0, 60, 7200]),
        reached_h=st.sampled_from([0, 1, 4, 48]),
    )
    def limits_are_turned(
        self, campaign: int, total: int | None, day: int | None, number: int | None, gap_s: int, reached_h: int
    ) -> None:
        knobs = {"limits.lead_total": total, "limits.lead_day": day, "limits.number_day": number, "limits.gap_s": gap_s}
        knobs["limits.reached_h"] = reached_h
        self.limits[self.campaign(campaign).id] = {name.removeprefix("limits."): value for name, value in knobs.items()}
        self.do(self.house.dialer.set_knobs(self.campaign(campaign).id, knobs, "oleg"))

    @rule(campaign=picks, hours=st.sampled_from([(0, 1440), (540, 1260), (600, 1080)]))
    def hours_are_turned(self, campaign: int, hours: tuple[int, int]) -> None:
        self.hours[self.campaign(campaign).id] = hours
        knobs = dict(zip(("hours.opens_min", "hours.closes_min"), hours, strict=True))
        self.do(self.house.dialer.set_knobs(self.campaign(campaign).id, knobs, "oleg"))

    @rule(days=st.integers(-1, 3), keeps=st.booleans())
    def a_holiday_is_kept_or_not(self, days: int, keeps: bool) -> None:
        day = self.house.clock.now().date() + timedelta(days=days)
        holidays = self.house.dialer.holidays
        if keeps:
            self.do(holidays.add([Holiday("RU", day)]))
            self.kept.add(day)
        else:
            self.do(holidays.remove("RU", day))
            self.kept.discard(day)

    @rule(seconds=st.sampled_from([1, 61, 901, 3601, 30_000, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.house.clock.pass_s(seconds)
        self.do(self.store.wake_due(self.house.clock.now()))

    @rule()
    def leads_are_sifted(self) -> None:
        campaigns = {each.id: each for each in self.do(self.store.campaigns())}
        leads = [self.lead(number) for number in range(len(self.leads))]
        self.do(self.store.sift([Wish(lead, campaigns[lead.campaign_id], lead.phone) for lead in leads]))

    # What the dialer does, believing anything

    @rule(number=picks)
    def somebody_is_dialed(self, number: int) -> None:
        self.dial(self.lead(number))

    @rule(outcome=st.sampled_from(ENDS), seconds=st.sampled_from([0, 1, 61]))
    def everybody_is_dialed_in_turn(self, outcome: AttemptOutcome, seconds: int) -> None:
        for number in range(len(self.leads)):
            self.house.clock.pass_s(seconds)
            self.do(self.store.wake_due(self.house.clock.now()))
            attempt_id = self.dial(self.lead(number))
            if attempt_id is not None:
                self.end(attempt_id, outcome)

    @rule(number=picks, outcome=st.sampled_from(ENDS))
    def a_call_ends(self, number: int, outcome: AttemptOutcome) -> None:
        ringing = sorted(attempt_id for attempt_id, seen in self.seen.items() if seen.ended_at is None)
        if ringing:
            self.end(ringing[number % len(ringing)], outcome)

    @rule(number=picks, seconds=st.sampled_from([1, 61, 901]), ends=st.booleans())
    def somebody_is_talked_with(self, number: int, seconds: int, ends: bool) -> None:
        ringing = sorted(key for key, seen in self.seen.items() if seen.ended_at is None)
        attempt_id = ringing[number % len(ringing)] if ringing else self.dial(self.lead(number))
        if attempt_id is None:
            return
        self.do(self.store.answer(attempt_id))
        self.do(self.store.connect(attempt_id, self.house.clock.now()))
        self.seen[attempt_id].talked_at = self.house.clock.now()
        self.house.clock.pass_s(seconds)
        if ends:
            self.end(attempt_id, AttemptOutcome.PERSON)
            self.seen[attempt_id].talked_at = self.house.clock.now()
            talk = Disposed("no_talk", attempt_id, False)
            self.do(self.store.tell_lead(self.seen[attempt_id].lead.id, talk))

    def dial(self, lead: Lead) -> str | None:
        """The attempt's id, if it was let through."""
        now = self.house.clock.now()
        attempt = Attempt(self.house.ids(), lead.id, lead.campaign_id, None, lead.phone, now)
        try:
            begun = self.do(self.store.begin_attempt(attempt))
        except IllegalTransition:
            return None
        if begun is None:
            assert self.do(self.store.attempt(attempt.id)) is None
            return None
        self.judge(lead, now)
        self.seen[attempt.id] = Seen(lead, lead.phone, now)
        return attempt.id

    def end(self, attempt_id: str, outcome: AttemptOutcome) -> None:
        self.do(self.store.end_attempt(attempt_id, outcome, None, None))
        self.seen[attempt_id].ended_at = self.house.clock.now()
        self.seen[attempt_id].counts = DEFAULT_RETRY_RULES[outcome].counts

    @rule(number=picks)
    def a_call_is_promised(self, number: int) -> None:
        lead = self.lead(number)
        if lead.state in (LeadState.FRESH, LeadState.DUE, LeadState.RETRY_AT):
            promise = Disposed("postponed", self.house.ids(), False, self.house.clock.now())
            self.do(self.store.tell_lead(lead.id, promise))

    def judge(self, lead: Lead, now: datetime) -> None:
        """By the test's own book: was this lawful?"""
        for kind, value, where, until in self.entries.values():
            if where in ("", lead.campaign_id) and (until is None or until > now):
                assert kind is not Kind.NUMBER or value != lead.phone
                assert kind is not Kind.PREFIX or not lead.phone.startswith(value)
                assert kind is not Kind.CUSTOMER or value != lead.customer_id
        local = now.astimezone(ZoneInfo(lead.zone))
        opens, closes = self.hours[lead.campaign_id]
        assert opens <= local.hour * 60 + local.minute < closes
        assert local.date() not in self.kept
        mine = {lead.phone, *lead.phones}
        for seen in self.seen.values():
            if seen.ended_at is None:
                assert mine.isdisjoint({seen.number, *seen.lead.phones})
                assert lead.customer_id is None or lead.customer_id != seen.lead.customer_id
        if lead.is_callback and lead.attempts == 0:
            return  # the customer asked for this one
        limits = self.limits[lead.campaign_id]
        counted = [seen for seen in self.seen.values() if seen.counts]
        of_lead = [seen for seen in counted if seen.lead.id == lead.id]
        of_number = [seen for seen in counted if seen.number == lead.phone]
        assert limits["lead_total"] is None or len(of_lead) < limits["lead_total"]
        assert limits["lead_day"] is None or sum(seen.at > now - DAY for seen in of_lead) < limits["lead_day"]
        assert limits["number_day"] is None or sum(seen.at > now - DAY for seen in of_number) < limits["number_day"]
        gap = timedelta(seconds=limits["gap_s"] or 0)
        assert all(now - (seen.ended_at or seen.at) >= gap for seen in of_number)
        peace = timedelta(hours=limits["reached_h"] or 0)
        for seen in self.seen.values():
            is_his = not mine.isdisjoint({seen.number, *seen.lead.phones}) or (
                lead.customer_id is not None and lead.customer_id == seen.lead.customer_id
            )
            if is_his and seen.talked_at is not None and seen.lead.campaign_id != lead.campaign_id:
                assert now - seen.talked_at >= peace

    def teardown(self) -> None:
        """With everything taken back, nobody stays put aside for good."""
        if hasattr(self, "campaigns"):
            for entry_id in self.entries:
                self.do(self.house.dialer.do_not_call.remove(entry_id))
            for number in range(len(self.campaigns)):
                self.limits_are_turned(number, None, None, None, 0, 0)
            self.house.clock.pass_s(30 * 86_400)
            self.do(self.store.wake_due(self.house.clock.now()))
            for campaign in self.campaigns:
                assert self.do(self.store.held(campaign.id)) == {}
        self.do(self.house.db.close())
        self.runner.close()
        self.folder.cleanup()


def test_any_law(sqlite_template: Path) -> None:
    AnyLaw.template = sqlite_template
    run_state_machine_as_test(
        AnyLaw,
        settings=settings(
            max_examples=40, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

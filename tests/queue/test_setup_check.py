"""The check of a setup: each fault is found where it is, and a setup without it is not blamed."""

from dataclasses import replace
from datetime import date

import pytest

from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import ChannelKind
from cordboard.queue.setup import (
    Lift,
    OpeningHours,
    OverflowAction,
    OverflowRule,
    OverflowWhen,
    PauseCode,
    QueueRules,
    QueueSetup,
    Seat,
    Skill,
)
from cordboard.queue.setup_check import check, refusals
from cordboard.queue.setup_finding import Fault, Severity
from cordboard.queue.skill import Need, Relaxing

AGENTS = {"a": True, "b": True, "gone": False}
ORDERS = QueueRules("orders", "Заказы", "Orders")
CLAIMS = QueueRules("claims", "Претензии", "Claims")
WEEK = ((540, 1260),) * 5 + (None, None)
OPEN = OpeningHours("Europe/Moscow", WEEK, frozenset({date(2027, 1, 1)}))
WAIT, EXPECTED, NO_AGENTS = OverflowWhen.WAIT, OverflowWhen.EXPECTED_WAIT, OverflowWhen.NO_AGENTS
OTHER, MESSAGE, CALLBACK = OverflowAction.OTHER_QUEUE, OverflowAction.MESSAGE, OverflowAction.CALLBACK


def setup_of(*queues: QueueRules, **changes: object) -> QueueSetup:
    """Two operators, of whom `a` speaks English well; every queue is served by both."""
    named = {rules.code: rules for rules in queues}
    codes = frozenset(named)
    whole = QueueSetup(
        queues=named,
        skills={"en": Skill("en", "Английский", "English")},
        pause_codes={"lunch": PauseCode("lunch", "Обед", "Lunch", 2700)},
        seats={"a": Seat("a", codes, {"en": 4}), "b": Seat("b", codes)},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def found(setup: QueueSetup) -> list[tuple[str, str, str]]:
    return [(finding.key, finding.field, finding.fault.value) for finding in check(setup, AGENTS)]


def test_a_rich_setup_without_faults_has_no_findings() -> None:
    rich = replace(
        ORDERS,
        target_s={ChannelKind.VOICE: 15, ChannelKind.EMAIL: 86_400},
        weight=2.5,
        needs=(Need("en", 4),),
        relaxing=Relaxing(30, 1),
        sticky_s=120,
        overflow=(
            OverflowRule(WAIT, CALLBACK, 60),
            OverflowRule(EXPECTED, OTHER, 300, "claims"),
            OverflowRule(OverflowWhen.CLOSED, OverflowAction.VOICEMAIL),
            OverflowRule(OverflowWhen.FULL, MESSAGE),
            OverflowRule(NO_AGENTS, MESSAGE),
        ),
        max_waiting=50,
        hours=OPEN,
        ring_s=15,
        wrap_up_s=30.0,
        keep_place=True,
        dialed=("+74950000100", "101"),
    )
    assert found(setup_of(rich, CLAIMS)) == []


@pytest.mark.parametrize(
    ("rules", "field", "fault"),
    [
        (replace(ORDERS, weight=0), "weight", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, weight=float("nan")), "weight", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, lift_s=301), "lift_s", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, target_s={ChannelKind.CHAT: 0}), "target_s.chat", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, target_s={ChannelKind.VOICE: 86_401}), "target_s.voice", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, sticky_s=-1), "sticky_s", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, sticky_days=400), "sticky_days", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, max_waiting=0), "max_waiting", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, ring_s=1), "ring_s", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, wrap_up_s=4000), "wrap_up_s", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, announce_every_s=-5), "announce_every_s", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, relaxing=Relaxing(-1)), "relaxing.step_s", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, relaxing=Relaxing(0, 6)), "relaxing.floor", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, needs=(Need("en", 3),), relaxing=Relaxing(10, 4)), "relaxing.floor", Fault.FLOOR_ABOVE_LEVEL),
        (replace(ORDERS, needs=(Need("fr", 3),)), "needs[0].skill", Fault.UNKNOWN_SKILL),
        (replace(ORDERS, needs=(Need("en", 3), Need("en", 1))), "needs[1].skill", Fault.DUPLICATE_NEED),
        (replace(ORDERS, needs=(Need("en", 0),)), "needs[0].level", Fault.BAD_LEVEL),
        (replace(ORDERS, needs=(Need("en", 6),)), "needs[0].level", Fault.BAD_LEVEL),
        (replace(ORDERS, overflow=(OverflowRule(WAIT, MESSAGE, 0),)), "overflow[0].after_s", Fault.OUT_OF_BOUNDS),
        (replace(ORDERS, overflow=(OverflowRule(WAIT, OTHER, 9),)), "overflow[0].target", Fault.NO_TARGET),
        (replace(ORDERS, overflow=(OverflowRule(WAIT, OTHER, 9, "orders"),)), "overflow[0].target", Fault.TO_ITSELF),
        (replace(ORDERS, overflow=(OverflowRule(WAIT, OTHER, 9, "no"),)), "overflow[0].target", Fault.UNKNOWN_QUEUE),
        (replace(ORDERS, hours=OpeningHours("Mars/Base", WEEK)), "hours.time_zone", Fault.UNKNOWN_ZONE),
        (replace(ORDERS, hours=OpeningHours("../../etc/passwd", WEEK)), "hours.time_zone", Fault.UNKNOWN_ZONE),
        (replace(ORDERS, hours=OpeningHours("UTC", WEEK[:6])), "hours.week", Fault.BAD_WEEK),
        (
            replace(ORDERS, hours=OpeningHours("UTC", ((600, 600), *WEEK[1:]))),
            "hours.week[0]",
            Fault.OPENS_AFTER_CLOSES,
        ),
        (replace(ORDERS, hours=OpeningHours("UTC", ((0, 1441), *WEEK[1:]))), "hours.week[0]", Fault.OPENS_AFTER_CLOSES),
        (replace(ORDERS, name_ru="  "), "name_ru", Fault.NAME_EMPTY),
        (replace(ORDERS, name_en="x" * 61), "name_en", Fault.NAME_LONG),
        (replace(ORDERS, dialed=("call me",)), "dialed[0]", Fault.BAD_NUMBER),
        (replace(ORDERS, dialed=("101", "+101")), "dialed[1]", Fault.DUPLICATE_NUMBER),
    ],
)
def test_a_queue_is_refused(rules: QueueRules, field: str, fault: Fault) -> None:
    findings = check(setup_of(rules), AGENTS)
    assert [(one.severity, one.key, one.field, one.fault) for one in refusals(findings)] == [
        (Severity.REFUSE, "orders", field, fault)
    ]


def test_a_code_is_small_letters() -> None:
    assert ("No Way", "code", "bad_code") in found(setup_of(ORDERS, replace(ORDERS, code="No Way")))


def test_a_number_leads_to_one_queue() -> None:
    twice = setup_of(replace(ORDERS, dialed=("+7495100",)), replace(CLAIMS, dialed=("7495100",)))
    assert found(twice) == [("claims", "dialed[0]", "duplicate_number")]


def test_a_circle_is_told_at_each_of_its_rules_and_not_at_a_way_into_it() -> None:
    def to(code: str) -> tuple[OverflowRule, ...]:
        return (OverflowRule(WAIT, OTHER, 30, code),)

    circle = setup_of(
        replace(ORDERS, overflow=to("claims")),
        replace(CLAIMS, overflow=to("night")),
        QueueRules("night", "Ночь", "Night", overflow=to("claims")),
    )
    assert found(circle) == [
        ("claims", "overflow[0].target", "in_a_circle"),
        ("night", "overflow[0].target", "in_a_circle"),
    ]


def test_a_callback_needs_somebody_who_calls() -> None:
    deaf = Capacity(limits={ChannelKind.CHAT: 3})
    rules = replace(ORDERS, overflow=(OverflowRule(WAIT, CALLBACK, 60),), keep_place=True)
    texts = setup_of(rules, capacity=deaf)
    assert found(texts) == [
        ("orders", "overflow[0].action", "nobody_calls"),
        ("orders", "keep_place", "nobody_calls"),
    ]
    one_talks = replace(texts, seats={**texts.seats, "b": Seat("b", frozenset({"orders"}), capacity=Capacity())})
    assert found(one_talks) == []
    assert found(setup_of(replace(rules, dialed=("101",)), capacity=deaf)) == [("orders", "dialed", "no_calls_taken")]


def test_seats_name_what_there_is() -> None:
    seats = {
        "stranger": Seat("stranger", frozenset({"orders"})),
        "a": Seat("a", frozenset({"orders", "nowhere"}), {"fr": 2}),
        "b": Seat("b", frozenset({"orders"}), {"en": 9}),
        "gone": Seat("gone", frozenset({"orders"})),
    }
    assert found(setup_of(ORDERS, seats=seats)) == [
        ("stranger", "", "unknown_agent"),
        ("a", "queues", "unknown_queue"),
        ("a", "skills.fr", "unknown_skill"),
        ("b", "skills.en", "bad_level"),
    ]


@pytest.mark.parametrize("limit", [-1, 26])
def test_capacity_has_its_bounds(limit: int) -> None:
    wrong = Capacity(limits={ChannelKind.VOICE: 1, ChannelKind.CHAT: limit})
    assert ("house", "limits.chat", "out_of_bounds") in found(setup_of(ORDERS, capacity=wrong))
    own = {"a": Seat("a", frozenset({"orders"}), capacity=wrong), "b": Seat("b", frozenset({"orders"}))}
    assert found(setup_of(ORDERS, seats=own)) == [("a", "capacity.limits.chat", "out_of_bounds")]


def test_pauses_and_lifts_have_their_bounds() -> None:
    pauses = {"rest": PauseCode("rest", "Отдых", "Rest", 0), "talk": PauseCode("talk", "Беседа", "Talk", None)}
    assert found(setup_of(ORDERS, pause_codes=pauses)) == [("rest", "limit_s", "out_of_bounds")]
    assert found(setup_of(ORDERS, lifts_s={Lift.VIP: 301}, dear_order=-1)) == [
        ("house", "lifts_s.vip", "out_of_bounds"),
        ("house", "dear_order", "out_of_bounds"),
    ]


def test_a_house_keeps_a_queue() -> None:
    assert found(setup_of()) == [("", "", "last_queue")]


def test_warned_of_hands_that_are_not_there() -> None:
    crew = {"a": Seat("a", frozenset({"claims"})), "gone": Seat("gone", frozenset({"orders"}))}
    assert found(setup_of(ORDERS, CLAIMS, seats=crew)) == [("orders", "", "no_operators")]
    idle = Capacity(limits={})
    assert found(setup_of(ORDERS, capacity=idle)) == [("orders", "", "no_capacity")]


@pytest.mark.parametrize(
    ("level", "relaxing", "faults"),
    [
        (4, Relaxing(), []),
        (5, Relaxing(10, 0), ["skill_missing"]),
        (5, Relaxing(10, 4), ["skill_missing"]),
        (5, Relaxing(10, 5), ["never_met", "skill_missing"]),
        (5, Relaxing(), ["never_met", "skill_missing"]),
    ],
)
def test_warned_of_a_skill_that_nobody_has(level: int, relaxing: Relaxing, faults: list[str]) -> None:
    rules = replace(ORDERS, needs=(Need("en", level),), relaxing=relaxing)
    findings = check(setup_of(rules), AGENTS)
    assert [finding.fault for finding in findings] == faults
    assert {finding.severity for finding in findings} <= {Severity.WARN}


def test_two_skills_are_wanted_of_one_person() -> None:
    rules = replace(ORDERS, needs=(Need("de", 1), Need("en", 1)))
    skills = {code: Skill(code, code, code) for code in ("en", "de")}
    codes = frozenset({"orders"})
    seats = {"a": Seat("a", codes, {"en": 5}), "b": Seat("b", codes, {"de": 5})}
    assert found(setup_of(rules, skills=skills, seats=seats)) == [("orders", "needs", "never_met")]


@pytest.mark.parametrize(
    ("rules", "dead"),
    [
        ((OverflowRule(WAIT, MESSAGE, 60), OverflowRule(WAIT, OTHER, 90, "claims")), [1]),
        ((OverflowRule(WAIT, MESSAGE, 90), OverflowRule(WAIT, OTHER, 60, "claims")), [0]),
        ((OverflowRule(WAIT, CALLBACK, 60), OverflowRule(WAIT, OTHER, 90, "claims")), []),
        ((OverflowRule(EXPECTED, MESSAGE, 60), OverflowRule(EXPECTED, OTHER, 90, "claims")), [1]),
        ((OverflowRule(EXPECTED, MESSAGE, 90), OverflowRule(EXPECTED, OTHER, 60, "claims")), []),
        ((OverflowRule(NO_AGENTS, MESSAGE), OverflowRule(NO_AGENTS, OTHER, 0, "claims")), [1]),
        ((OverflowRule(NO_AGENTS, MESSAGE), OverflowRule(WAIT, MESSAGE, 5)), []),
        ((OverflowRule(OverflowWhen.CLOSED, MESSAGE), OverflowRule(OverflowWhen.FULL, MESSAGE)), [0, 1]),
    ],
)
def test_warned_of_a_rule_that_never_acts(rules: tuple[OverflowRule, ...], dead: list[int]) -> None:
    told = found(setup_of(replace(ORDERS, overflow=rules), CLAIMS))
    assert told == [("orders", f"overflow[{i}].when", "never_applies") for i in dead]


def test_warned_of_hours_that_are_never_open() -> None:
    rules = replace(ORDERS, hours=OpeningHours("UTC"))
    assert found(setup_of(rules)) == [("orders", "hours.week", "never_open")]

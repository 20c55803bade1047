"""Which script is for a talk: the rule that names most of what is so, and why the others are not."""

import itertools
from dataclasses import replace

import pytest

from cordboard.demo.scripts import SCRIPTS
from cordboard.knowledge.script import Rule, Script, Step, StepKind, Words
from cordboard.knowledge.script_choice import Situation, Trait, choose

W = Words("да", "yes")


def script(code: str, **rule: set[str]) -> Script:
    named = {name: frozenset(values) for name, values in rule.items()}
    return Script(code, W, (Step("z", StepKind.END, W),), Rule(**named))


HERE = Situation("orders", campaign="winter", order_status="new", claim_kind="")


def chosen(*scripts: Script, so: Situation = HERE) -> str | None:
    for order in itertools.permutations(scripts):  # their order in the table means nothing
        found = choose(order, so).script
        assert found is choose(scripts, so).script
    return None if found is None else found.code


def test_the_most_specific_wins() -> None:
    anything, queue = script("a"), script("b", queues={"orders"})
    both = script("c", queues={"orders"}, order_statuses={"new"})
    assert chosen(anything) == "a"
    assert chosen(anything, queue) == "b"
    assert chosen(anything, queue, both) == "c"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"claim_kinds": {"quality"}}, {"order_statuses": {"new"}}),
        ({"order_statuses": {"new"}}, {"campaigns": {"winter"}}),
        ({"campaigns": {"winter"}}, {"queues": {"orders"}}),
    ],
)
def test_of_two_that_name_as_much_the_more_telling(better: dict[str, set[str]], worse: dict[str, set[str]]) -> None:
    so = Situation("orders", "winter", "new", "quality")
    assert chosen(script("z", **better), script("a", **worse), so=so) == "z"


def test_fewer_alternatives_then_the_code() -> None:
    assert chosen(script("b", order_statuses={"new"}), script("a", order_statuses={"new", "changed"})) == "b"
    assert chosen(script("b", order_statuses={"new"}), script("a", order_statuses={"new"})) == "a"


def test_one_that_misses_is_never_chosen_however_much_fits() -> None:
    almost = script("a", queues={"orders"}, campaigns={"winter"}, order_statuses={"shipped"})
    assert chosen(almost) is None
    assert chosen(almost, script("b")) == "b"


def test_what_is_not_known_does_not_fit_a_rule_that_names_it() -> None:
    assert chosen(script("a", campaigns={"winter"}), so=Situation("orders")) is None


def test_a_script_that_is_off_is_not_looked_at() -> None:
    off = replace(script("a"), active=False)
    assert chosen(off) is None
    assert choose([off], HERE).why == ()


def test_nothing_to_choose_from() -> None:
    assert choose([], HERE).script is None


def test_why() -> None:
    fits, misses = script("b", queues={"orders"}), script("a", queues={"vip"}, order_statuses={"new"})
    choice = choose([misses, fits], HERE)
    assert [tried.script.code for tried in choice.why] == ["b", "a"]
    assert choice.why[0].fits == (Trait.QUEUE,)
    assert (choice.why[1].fits, choice.why[1].misses) == ((Trait.ORDER_STATUS,), (Trait.QUEUE,))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("new", "confirm"),
        ("to_confirm", "confirm"),
        ("changed", "confirm"),
        ("confirmed", "postpone"),
        ("postponed", "postpone"),
    ]
    + [("delivery_problem", "postpone"), ("shipped", None), ("basket", None), ("cancelled", None), ("", None)],
)
def test_the_demo_s_scripts_by_the_order_s_state(status: str, code: str | None) -> None:
    found = choose(SCRIPTS, Situation("orders", order_status=status)).script
    assert (found.code if found else None) == code


def test_a_claim_about_quality_has_its_script() -> None:
    found = choose(SCRIPTS, Situation("orders", order_status="delivered", claim_kind="quality")).script
    assert found is not None
    assert found.code == "quality"

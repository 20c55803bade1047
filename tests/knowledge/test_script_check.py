"""A script that cannot be run is refused with what is wrong, where; the demo's three have nothing wrong."""

from dataclasses import replace

import pytest

from cordboard.demo.scripts import CONFIRM, SCRIPTS
from cordboard.knowledge import script_check as wrong
from cordboard.knowledge.script import Action, ActionKind, Answer, Rule, Script, Step, StepKind, Words
from cordboard.knowledge.script_check import Finding, Vocabulary, check
from cordboard.knowledge.script_form import plain_script, script_of
from cordboard.queue.disposition import DISPOSITIONS
from cordboard.shop.order import OrderStatus

KNOWN = Vocabulary(
    settable=frozenset({"delivery_address", "delivery_slot", "courier_comment", "payment"}),
    statuses=frozenset(OrderStatus),
    templates=frozenset({"thanks"}),
    claim_kinds=frozenset({"quality"}),
    results=frozenset(one.code for one in DISPOSITIONS),
    queues=frozenset({"orders"}),
    with_reason=frozenset({"cancelled"}),
)
W = Words("да", "yes")
END = Step("z", StepKind.END, W)


def script(*steps: Step, rule: Rule = Rule()) -> Script:  # noqa: B008  # frozen
    return Script("s", W, steps, rule)


def say(code: str, to: str, words: Words = W) -> Step:
    return Step(code, StepKind.SAY, words, to)


def ask(*answers: Answer, to: str = "", required: bool = True) -> Step:
    return Step("q", StepKind.ASK, W, to, answers, required=required)


def do(action: Action | None) -> Step:
    return Step("d", StepKind.DO, W, "z", action=action)


@pytest.mark.parametrize("good", SCRIPTS, ids=lambda one: one.code)
def test_the_demo_s_scripts_are_sound(good: Script) -> None:
    assert check(good, KNOWN) == ()


@pytest.mark.parametrize("good", SCRIPTS, ids=lambda one: one.code)
def test_a_script_survives_its_way_through_json(good: Script) -> None:
    assert script_of(plain_script(good), edition=1) == good


@pytest.mark.parametrize(
    ("bad", "path", "template", "name"),
    [
        (script(), "steps", wrong.NO_STEPS, ""),
        (script(*(say(str(n), "z") for n in range(200)), END), "steps", wrong.TOO_MANY_STEPS, ""),
        (script(say("a", "z"), say("a", "z"), END), "steps[1].code", wrong.TWICE, "a"),
        (script(say("", "z"), END), "steps[0].code", wrong.NO_CODE, ""),
        (script(say("a", "z", Words("да", " ")), END), "steps[0].words", wrong.NO_WORDS, ""),
        (script(say("a", "z", Words("д" * 2001, "y")), END), "steps[0].words.ru", wrong.WORDS_TOO_LONG, ""),
        (script(say("a", "nowhere"), END), "steps[0].to", wrong.NO_TARGET, "nowhere"),
        (script(say("a", ""), END), "steps[0].to", wrong.NEEDS_TARGET, ""),
        (script(replace(END, to="z")), "steps[0].to", wrong.LEADS_ON, ""),
        (script(replace(END, result="won")), "steps[0].result", wrong.UNKNOWN_RESULT, "won"),
        (script(ask(Answer("a", W, "z")), END), "steps[0].answers", wrong.NO_ANSWERS, ""),
        (
            script(ask(*(Answer(str(n), W, "z") for n in range(13))), END),
            "steps[0].answers",
            wrong.TOO_MANY_ANSWERS,
            "",
        ),
        (script(ask(*(Answer("a", W, "z"),) * 2), END), "steps[0].answers[1].code", wrong.ANSWER_TWICE, "a"),
        (
            script(ask(Answer("a", W, "z"), Answer("b", W, "gone")), END),
            "steps[0].answers[1].to",
            wrong.NO_TARGET,
            "gone",
        ),
        (script(ask(Answer("a", W, "z"), Answer("b", W, "")), END), "steps[0].answers[1].to", wrong.NEEDS_TARGET, ""),
        (
            script(ask(Answer("a", W, "z"), Answer("b", W, "z"), required=False), END),
            "steps[0].to",
            wrong.NO_WAY_AROUND,
            "",
        ),
        (
            script(replace(say("a", "z"), answers=(Answer("a", W, "z"),)), END),
            "steps[0].answers",
            wrong.NOT_A_QUESTION,
            "",
        ),
        (script(do(None), END), "steps[0].action", wrong.NEEDS_ACTION, ""),
        (
            script(replace(say("a", "z"), action=Action(ActionKind.BOOK_CALLBACK)), END),
            "steps[0].action",
            wrong.NO_ACTION_HERE,
            "",
        ),
        (
            script(do(Action(ActionKind.CHANGE_STATUS, "cancelled")), END),
            "steps[0].action.asks",
            wrong.ASKS_NOTHING,
            "",
        ),
        (script(do(Action(ActionKind.BOOK_CALLBACK)), END), "steps[0].action.asks", wrong.ASKS_NOTHING, ""),
        (
            script(do(Action(ActionKind.SET_FIELD, "total", W)), END),
            "steps[0].action.target",
            wrong.UNKNOWN_SETTABLE,
            "total",
        ),
        (
            script(do(Action(ActionKind.CHANGE_STATUS, "sold")), END),
            "steps[0].action.target",
            wrong.UNKNOWN_STATUS,
            "sold",
        ),
        (
            script(do(Action(ActionKind.SEND_TEMPLATE, "x")), END),
            "steps[0].action.target",
            wrong.UNKNOWN_TEMPLATE,
            "x",
        ),
        (
            script(do(Action(ActionKind.OPEN_CLAIM, "x", W)), END),
            "steps[0].action.target",
            wrong.UNKNOWN_CLAIM,
            "x",
        ),
        (
            script(do(Action(ActionKind.SET_FIELD, "payment", value="x" * 2001)), END),
            "steps[0].action.value",
            wrong.WORDS_TOO_LONG,
            "",
        ),
        (script(say("a", "z"), say("b", "z"), END), "steps[1]", wrong.UNREACHABLE, ""),
        (script(say("a", "b"), say("b", "a"), END), "steps[0]", wrong.NO_END, ""),
        (
            script(say("a", "z", Words("{order.nmber}", "y")), END),
            "steps[0].words.ru",
            wrong.UNKNOWN_FIELD,
            "order.nmber",
        ),
        (script(say("a", "z", Words("д", "{said.b}")), END), "steps[0].words.en", wrong.UNKNOWN_FIELD, "said.b"),
        (script(say("a", "z", Words("{order.number", "y")), END), "steps[0].words.ru", wrong.STRAY_BRACE, ""),
        (script(END, rule=Rule(queues=frozenset({"vip"}))), "rule.queues", wrong.UNKNOWN_QUEUE, "vip"),
        (script(END, rule=Rule(order_statuses=frozenset({"x"}))), "rule.order_statuses", wrong.UNKNOWN_STATUS, "x"),
        (script(END, rule=Rule(claim_kinds=frozenset({"x"}))), "rule.claim_kinds", wrong.UNKNOWN_CLAIM, "x"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(bad: Script, path: str, template: str, name: str) -> None:
    assert Finding(path, template, name) in check(bad, KNOWN)


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = check(script(say("a", "nowhere"), say("b", "")), KNOWN)
    assert [finding.path for finding in found] == ["steps[0].to", "steps[1].to", "steps[0]", "steps[1]"]
    assert found[0].sentence == "there is no step nowhere"


def test_an_end_alone_is_a_script() -> None:
    assert check(script(END), KNOWN) == ()


def test_words_of_another_step_may_be_named() -> None:
    assert check(script(say("a", "z", Words("{said.a}", "{ said.a }")), END), KNOWN) == ()


def test_a_loop_that_can_be_left_is_no_mistake() -> None:
    again = ask(Answer("again", W, "q"), Answer("on", W, "z"))
    assert check(script(again, END), KNOWN) == ()


def test_the_demo_s_scripts_hold_no_cyrillic_in_english_and_no_latin_in_russian() -> None:
    for one in SCRIPTS:
        for step in one.steps:
            texts = [step.words, *(answer.words for answer in step.answers), *([step.hint] if step.hint else [])]
            for words in texts:
                assert not any("а" <= letter <= "я" for letter in words.en.lower()), words
    assert CONFIRM.title.en == "Confirm an order"

"""The run of a script: what each event does at each step, what may be skipped, and what is owed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.demo.scripts import CONFIRM, POSTPONE, QUALITY, SCRIPTS
from cordboard.knowledge.script import (
    VALUE_LENGTH,
    Action,
    ActionKind,
    Answer,
    Answered,
    Back,
    Begun,
    BookCallback,
    ChangeStatus,
    Command,
    Done,
    Event,
    Failed,
    Fault,
    OpenClaim,
    Run,
    Said,
    Script,
    ScriptRefused,
    SendTemplate,
    SetField,
    Skipped,
    Step,
    StepKind,
    Taken,
    Waived,
    Way,
    Words,
    Written,
    advance,
    begin,
    is_over,
    owed,
    steps_left,
)

W = Words("да", "yes")


def run_through(script: Script, *events: Event) -> tuple[Run, list[Command]]:
    run, done = begin(script, "c1"), list[Command]()
    for event in events:
        run, commands = advance(script, run, event)
        done += commands
    return run, done


def refusal(script: Script, run: Run, event: Event) -> Fault:
    with pytest.raises(ScriptRefused) as caught:
        advance(script, run, event)
    return caught.value.fault


def at(script: Script, code: str, **more: object) -> Run:
    return replace(begin(script, "c1"), at=code, **more)  # type: ignore[arg-type]


def test_an_order_is_confirmed_from_hello_to_goodbye() -> None:
    yes = Answered("yes")
    run, done = run_through(CONFIRM, Said(), yes, yes, yes, yes, Said(), Begun(), Done())
    assert (run.at, is_over(CONFIRM, run)) == ("bye", True)
    assert done == [ChangeStatus("confirmed")]
    assert [taken.step for taken in run.trail] == ["hello", "ready", "items", "address", "slot", "pay", "confirm"]
    assert run.version == 9


def test_answers_lead_on() -> None:
    run, _ = run_through(CONFIRM, Said(), Answered("later"))
    assert run.at == "later"
    run, _ = run_through(CONFIRM, Said(), Answered("no_need"))
    assert run.at == "why"


def test_a_field_is_set_with_what_the_operator_gives() -> None:
    yes = Answered("yes")
    run, done = run_through(CONFIRM, Said(), yes, yes, Answered("no"), Begun("  ул. Ленина, 5 "))
    assert done == [SetField("delivery_address", "ул. Ленина, 5")]
    assert (run.at, run.doing) == ("new_address", "ул. Ленина, 5")
    run, _ = advance(CONFIRM, run, Done())
    assert (run.at, run.doing, run.trail[-1]) == ("slot", None, Taken("new_address", Way.DONE, "ул. Ленина, 5"))


def test_a_callback_is_booked_and_what_it_came_to_is_kept() -> None:
    run, done = run_through(
        CONFIRM, Said(), Answered("later"), Begun("завтра после шести"), Done("вт, 24 ноября, 18:00")
    )
    assert done == [BookCallback("завтра после шести")]
    assert run.trail[-1].value == "вт, 24 ноября, 18:00"


def test_a_claim_is_opened_with_its_text() -> None:
    events = (Said(), Answered("yes"), Written("трещина"), Answered("no"), Answered("fine"), Answered("refund"))
    _run, done = run_through(QUALITY, *events, Begun("трещина в абажуре"))
    assert done == [OpenClaim("quality", "трещина в абажуре")]


def test_a_template_and_a_fixed_value_need_nothing_given() -> None:
    steps = (
        Step("a", StepKind.DO, W, "b", action=Action(ActionKind.SEND_TEMPLATE, "thanks")),
        Step("b", StepKind.DO, W, "z", action=Action(ActionKind.SET_FIELD, "payment", value="paid")),
        Step("z", StepKind.END, W),
    )
    _run, done = run_through(Script("s", W, steps), Begun("whatever"), Done(), Begun("whatever"))
    assert done == [SendTemplate("thanks"), SetField("payment", "paid")]


def test_an_action_that_failed_is_tried_again() -> None:
    run, _ = run_through(CONFIRM, Said(), Answered("later"), Begun("в три"), Failed("taken"))
    assert (run.at, run.doing, run.trouble) == ("later", None, "taken")
    run, done = advance(CONFIRM, run, Begun("в четыре"))
    assert (run.trouble, done) == ("", (BookCallback("в четыре"),))


def test_an_action_begun_before_a_crash_may_be_begun_again() -> None:
    run, _ = run_through(CONFIRM, Said(), Answered("later"), Begun("в три"))
    again, done = advance(CONFIRM, run, Begun("в три"))
    assert (again.doing, done) == ("в три", (BookCallback("в три"),))


def test_required_steps_cannot_be_skipped() -> None:
    assert refusal(CONFIRM, at(CONFIRM, "ready"), Skipped()) is Fault.REQUIRED
    assert refusal(CONFIRM, at(CONFIRM, "confirm"), Skipped()) is Fault.REQUIRED
    run, _ = advance(CONFIRM, at(CONFIRM, "hello"), Skipped())
    assert (run.at, run.trail[-1].way) == ("ready", Way.SKIPPED)


def test_a_supervisor_lets_the_rest_go() -> None:
    run, done = advance(CONFIRM, at(CONFIRM, "confirm"), Waived("oleg"))
    assert (run.waived_by, done, owed(CONFIRM, run)) == ("oleg", (), ())
    run, done = advance(CONFIRM, run, Skipped())
    assert (run.at, done) == ("bye", ())


def test_a_waived_question_without_a_way_around_still_needs_its_answer() -> None:
    run, _ = advance(CONFIRM, at(CONFIRM, "ready"), Waived("oleg"))
    assert refusal(CONFIRM, run, Skipped()) is Fault.NOT_NOW


def test_an_optional_question_is_skipped_along_its_own_way() -> None:
    steps = (
        Step("q", StepKind.ASK, W, "z", answers=(Answer("a", W, "x"), Answer("b", W, "x"))),
        Step("x", StepKind.SAY, W, "z"),
        Step("z", StepKind.END, W),
    )
    run, _ = run_through(Script("s", W, steps), Skipped())
    assert run.at == "z"


def test_back_goes_one_step_but_not_behind_what_was_done() -> None:
    run, _ = run_through(CONFIRM, Said(), Answered("yes"), Back())
    assert (run.at, [taken.step for taken in run.trail]) == ("ready", ["hello"])
    assert refusal(CONFIRM, begin(CONFIRM, "c1"), Back()) is Fault.NOT_NOW
    done, _ = run_through(CONFIRM, Said(), Answered("later"), Begun("в три"), Done())
    assert refusal(CONFIRM, done, Back()) is Fault.ALREADY_DONE
    doing, _ = run_through(CONFIRM, Said(), Answered("later"), Begun("в три"))
    assert refusal(CONFIRM, doing, Back()) is Fault.ALREADY_DONE


@pytest.mark.parametrize(
    ("step", "event", "fault"),
    [
        ("hello", Answered("yes"), Fault.NOT_NOW),
        ("hello", Written("x"), Fault.NOT_NOW),
        ("hello", Begun(), Fault.NOT_NOW),
        ("ready", Said(), Fault.NOT_NOW),
        ("ready", Answered("perhaps"), Fault.NO_SUCH_ANSWER),
        ("confirm", Done(), Fault.NOT_NOW),
        ("confirm", Failed("x"), Fault.NOT_NOW),
        ("confirm", Said(), Fault.NOT_NOW),
        ("later", Begun("   "), Fault.EMPTY),
        ("later", Begun("x" * (VALUE_LENGTH + 1)), Fault.TOO_LONG),
        ("bye", Said(), Fault.OVER),
        ("bye", Skipped(), Fault.OVER),
        ("bye", Begun(), Fault.OVER),
    ],
)
def test_what_has_no_meaning_at_a_step_is_refused(step: str, event: Event, fault: Fault) -> None:
    assert refusal(CONFIRM, at(CONFIRM, step), event) is fault


def test_written_words_are_kept_and_not_empty() -> None:
    run, _ = advance(POSTPONE, at(POSTPONE, "reason"), Written(" ждёт зарплату "))
    assert run.trail[-1] == Taken("reason", Way.WRITTEN, "ждёт зарплату")
    assert refusal(POSTPONE, at(POSTPONE, "reason"), Written("\n ")) is Fault.EMPTY


def codes_owed(script: Script, run: Run) -> list[str]:
    return [step.code for step in owed(script, run)]


def test_owed_is_what_no_way_goes_around() -> None:
    assert codes_owed(CONFIRM, at(CONFIRM, "hello")) == ["ready"]
    assert codes_owed(CONFIRM, at(CONFIRM, "address")) == ["address", "slot", "confirm"]
    assert codes_owed(CONFIRM, at(CONFIRM, "new_address")) == ["slot", "new_address", "confirm"] or codes_owed(
        CONFIRM, at(CONFIRM, "new_address")
    ) == ["new_address", "slot", "confirm"]
    assert codes_owed(CONFIRM, at(CONFIRM, "later")) == ["later"]
    for ending in ("bye", "later_bye", "cancelled"):
        assert codes_owed(CONFIRM, at(CONFIRM, ending)) == []


def test_steps_left_counts_the_nearest_end() -> None:
    assert steps_left(CONFIRM, "bye") == 1
    assert steps_left(CONFIRM, "later") == 2
    assert steps_left(CONFIRM, "hello") == 4
    assert steps_left(CONFIRM, "hello", without="ready") is None


def test_words_are_in_the_reader_s_language() -> None:
    assert (W.of("ru"), W.of("en")) == ("да", "yes")


EVENTS = st.sampled_from(
    [Said(), Skipped(), Back(), Begun("завтра в три"), Done(), Failed("x"), Written("слова"), Waived("oleg")]
    + [
        Answered(code)
        for code in ("yes", "no", "later", "change", "fine", "keep", "slot", "unsure", "refund", "no_need")
    ]
)


@given(st.sampled_from(SCRIPTS), st.lists(EVENTS, max_size=60))
def test_whatever_is_pressed_a_run_stands_at_a_step_and_owes_until_all_is_done(
    script: Script, events: list[Event]
) -> None:
    run = begin(script, "c1")
    for event in events:
        before = run
        try:
            run, _commands = advance(script, run, event)
        except ScriptRefused:
            assert run == before
            continue
        assert run.version == before.version + 1
        assert run.at in script.by_code
    passed = {taken.step for taken in run.trail if taken.way is not Way.SKIPPED}
    if is_over(script, run):
        assert owed(script, run) == ()
        if run.waived_by is None:  # an end was come to: every required step on the way was done
            assert {taken.step for taken in run.trail if script.by_code[taken.step].required} <= passed
    elif run.waived_by is None and script.by_code[run.at].required:
        assert script.by_code[run.at] in owed(script, run)

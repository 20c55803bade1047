"""What is wrong with a script, before it is kept. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .script import VALUE_LENGTH, Action, ActionKind, Script, Step, StepKind, Words, steps_left
from .script_fields import FIELDS, SAID, fields_in, stray_braces

MOST_STEPS = 200
MOST_ANSWERS = 12


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a script of this house may name: fields that may be set, statuses, templates, kinds of claims, dispositions, queues.
    `with_reason`: statuses that want one."""

    settable: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    claim_kinds: frozenset[str] = frozenset()
    results: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    with_reason: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """`path` such as `steps[2].answers[0].to`; `template` with its `name` is a sentence for people."""

    path: str
    template: str
    name: str = ""

    @property
    def sentence(self) -> str:
        return self.template.format(name=self.name)


NO_STEPS = "a script needs at least one step"
TOO_MANY_STEPS = "a script has at most 200 steps"
TWICE = "two steps are called {name}"
ANSWER_TWICE = "two answers are called {name}"
NO_CODE = "give it a code"
NO_WORDS = "words are missing in Russian or in English"
WORDS_TOO_LONG = "at most 2000 characters"
NO_TARGET = "there is no step {name}"
NEEDS_TARGET = "say which step follows"
LEADS_ON = "an end leads nowhere"
NO_ANSWERS = "a question needs two answers or more"
TOO_MANY_ANSWERS = "a question has at most 12 answers"
NOT_A_QUESTION = "only a question has answers"
NO_WAY_AROUND = "a question that may be skipped needs the step that follows then"
NEEDS_ACTION = "say what is done at this step"
NO_ACTION_HERE = "only a step that does something has an action"
ASKS_NOTHING = "this action needs what the operator gives, or a value"
UNREACHABLE = "no way leads to this step"
NO_END = "no end is reached from this step"
UNKNOWN_FIELD = "there is no field {name}"
STRAY_BRACE = "a brace belongs to no field"
UNKNOWN_SETTABLE = "the field {name} cannot be set"
UNKNOWN_STATUS = "an order has no status {name}"
UNKNOWN_TEMPLATE = "there is no template {name}"
UNKNOWN_CLAIM = "there is no kind of claim {name}"
UNKNOWN_RESULT = "there is no result {name}"
UNKNOWN_QUEUE = "there is no queue {name}"

Told = Callable[..., None]


def check(script: Script, known: Vocabulary) -> tuple[Finding, ...]:
    """Everything that is wrong, in the script's order; nothing when it can be run."""
    found: list[Finding] = []

    def told(path: str, template: str, name: str = "") -> None:
        found.append(Finding(path, template, name))

    if not script.steps:
        told("steps", NO_STEPS)
        return tuple(found)
    if len(script.steps) > MOST_STEPS:
        told("steps", TOO_MANY_STEPS)
        return tuple(found)
    _words(script.title, "title", frozenset(), told)
    _rule(script, known, told)
    _twice([step.code for step in script.steps], "steps", TWICE, told)
    codes = frozenset(script.by_code)
    for index, step in enumerate(script.steps):
        _step(step, f"steps[{index}]", codes, known, told)
    _ways(script, told)
    return tuple(found)


def _twice(codes: list[str], path: str, template: str, told: Told) -> None:
    for index, code in enumerate(codes):
        if not code:
            told(f"{path}[{index}].code", NO_CODE)
        elif code in codes[:index]:
            told(f"{path}[{index}].code", template, code)


def _rule(script: Script, known: Vocabulary, told: Told) -> None:
    rule = script.rule
    _all_known(rule.queues, known.queues, "rule.queues", UNKNOWN_QUEUE, told)
    _all_known(rule.order_statuses, known.statuses, "rule.order_statuses", UNKNOWN_STATUS, told)
    _all_known(rule.claim_kinds, known.claim_kinds, "rule.claim_kinds", UNKNOWN_CLAIM, told)


def _all_known(named: Iterable[str], known: frozenset[str], path: str, template: str, told: Told) -> None:
    for name in sorted(named):
        if name not in known:
            told(path, template, name)


def _step(step: Step, path: str, codes: frozenset[str], known: Vocabulary, told: Told) -> None:
    _words(step.words, f"{path}.words", codes, told)
    if step.hint is not None:
        _words(step.hint, f"{path}.hint", codes, told)
    if step.kind is StepKind.END:
        if step.to:
            told(f"{path}.to", LEADS_ON)
        if step.result and step.result not in known.results:
            told(f"{path}.result", UNKNOWN_RESULT, step.result)
    elif step.to:
        _target(step.to, f"{path}.to", codes, told)
    elif step.kind is not StepKind.ASK:
        told(f"{path}.to", NEEDS_TARGET)
    elif not step.required:
        told(f"{path}.to", NO_WAY_AROUND)
    _answers(step, path, codes, told)
    if step.kind is not StepKind.DO and step.action is not None:
        told(f"{path}.action", NO_ACTION_HERE)
    elif step.kind is StepKind.DO:
        _action(step.action, f"{path}.action", known, codes, told)


def _answers(step: Step, path: str, codes: frozenset[str], told: Told) -> None:
    if step.kind is not StepKind.ASK:
        if step.answers:
            told(f"{path}.answers", NOT_A_QUESTION)
        return
    if len(step.answers) < 2:
        told(f"{path}.answers", NO_ANSWERS)
    if len(step.answers) > MOST_ANSWERS:
        told(f"{path}.answers", TOO_MANY_ANSWERS)
    _twice([answer.code for answer in step.answers], f"{path}.answers", ANSWER_TWICE, told)
    for index, answer in enumerate(step.answers):
        _words(answer.words, f"{path}.answers[{index}].words", codes, told)
        _target(answer.to, f"{path}.answers[{index}].to", codes, told)


def _target(to: str, path: str, codes: frozenset[str], told: Told) -> None:
    if not to:
        told(path, NEEDS_TARGET)
    elif to not in codes:
        told(path, NO_TARGET, to)


def _action(action: Action | None, path: str, known: Vocabulary, codes: frozenset[str], told: Told) -> None:
    if action is None:
        told(path, NEEDS_ACTION)
        return
    names = {
        ActionKind.SET_FIELD: (known.settable, UNKNOWN_SETTABLE),
        ActionKind.CHANGE_STATUS: (known.statuses, UNKNOWN_STATUS),
        ActionKind.SEND_TEMPLATE: (known.templates, UNKNOWN_TEMPLATE),
        ActionKind.OPEN_CLAIM: (known.claim_kinds, UNKNOWN_CLAIM),
    }
    if action.kind in names:
        there, template = names[action.kind]
        if action.target not in there:
            told(f"{path}.target", template, action.target)
    wants = action.kind in (ActionKind.SET_FIELD, ActionKind.BOOK_CALLBACK, ActionKind.OPEN_CLAIM)
    wants = wants or (action.kind is ActionKind.CHANGE_STATUS and action.target in known.with_reason)
    if wants and action.asks is None and not action.value.strip():
        told(f"{path}.asks", ASKS_NOTHING)
    if len(action.value) > VALUE_LENGTH:
        told(f"{path}.value", WORDS_TOO_LONG)
    if action.asks is not None:
        _words(action.asks, f"{path}.asks", codes, told)


def _words(words: Words, path: str, codes: frozenset[str], told: Told) -> None:
    if not words.ru.strip() or not words.en.strip():
        told(path, NO_WORDS)
    for language, text in (("ru", words.ru), ("en", words.en)):
        if len(text) > VALUE_LENGTH:
            told(f"{path}.{language}", WORDS_TOO_LONG)
        if stray_braces(text):
            told(f"{path}.{language}", STRAY_BRACE)
        for name in fields_in(text):
            of_step = name.startswith(SAID) and name.removeprefix(SAID) in codes
            if name not in FIELDS and not of_step:
                told(f"{path}.{language}", UNKNOWN_FIELD, name)


def _ways(script: Script, told: Told) -> None:
    """Whether every step can be come to, and left for an end."""
    reached, ahead = set[str](), [script.steps[0].code]
    while ahead:
        code = ahead.pop()
        if code not in reached and code in script.by_code:
            reached.add(code)
            ahead += script.by_code[code].leads_to
    for index, step in enumerate(script.steps):
        if step.code not in reached:
            told(f"steps[{index}]", UNREACHABLE)
        elif steps_left(script, step.code) is None:
            told(f"steps[{index}]", NO_END)

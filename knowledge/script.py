"""The dialog script: what is said, asked, written down and done in a talk, step by step, and one run of it. Pure.

at a step ──> said, answered, written, skipped ──> the next step … ──> an end
   │  ^                                                ^
   │  └── failed, with its reason                      │
   └──> begun (the action is being carried out) ──> done

Whoever runs a script keeps the run first and carries the commands out then; what became of them comes back as Done or Failed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

VALUE_LENGTH = 2000


class StepKind(StrEnum):
    """`ask` is answered by a choice, `write` in the customer's own words, `do` by an action of ours."""

    SAY = "say"
    ASK = "ask"
    WRITE = "write"
    DO = "do"
    END = "end"


class ActionKind(StrEnum):
    SET_FIELD = "set_field"
    CHANGE_STATUS = "change_status"
    SEND_TEMPLATE = "send_template"
    BOOK_CALLBACK = "book_callback"
    OPEN_CLAIM = "open_claim"


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages; `{order.number}` and its like are fields."""

    ru: str
    en: str

    def of(self, language: str) -> str:
        return self.en if language == "en" else self.ru


@dataclass(frozen=True, slots=True)
class Action:
    """`target`: the field, the status, the template, the kind of claim. `asks` labels what the operator gives with it; without it the
    `value` stands."""

    kind: ActionKind
    target: str = ""
    asks: Words | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    code: str
    words: Words
    to: str


@dataclass(frozen=True, slots=True)
class Step:
    """`to`: the step after it; of a question, where skipping it leads. `required`: the talk cannot be closed around it. `result`: the
    disposition that an end speaks for. `words` are for the customer, the `hint` is for the operator."""

    code: str
    kind: StepKind
    words: Words
    to: str = ""
    answers: tuple[Answer, ...] = ()
    action: Action | None = None
    required: bool = False
    result: str = ""
    hint: Words | None = None

    @property
    def leads_to(self) -> frozenset[str]:
        return frozenset({answer.to for answer in self.answers} | ({self.to} if self.to else set()))


@dataclass(frozen=True, slots=True)
class Rule:
    """Which talks a script is for. An empty set: any."""

    queues: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()
    order_statuses: frozenset[str] = frozenset()
    claim_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Script:
    """The first step begins it. `edition` grows by one with each change; a run goes on with the edition that it began with."""

    code: str
    title: Words
    steps: tuple[Step, ...]
    rule: Rule = field(default_factory=Rule)
    edition: int = 1
    active: bool = True

    @cached_property
    def by_code(self) -> Mapping[str, Step]:
        return {step.code: step for step in self.steps}


class Way(StrEnum):
    """How a step was left."""

    SAID = "said"
    ANSWERED = "answered"
    WRITTEN = "written"
    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that lies behind. `value`: the answer's code, what was written or given, or what an action came to."""

    step: str
    way: Way
    value: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A script on its way through one contact. `doing`: what was given to the action that is being carried out; `trouble`: why the last
    one failed; `waived_by`: the supervisor who let the rest go; `asked_by`: the operator who asks for that and has no answer yet. `version`
    grows by one with each change."""

    contact_id: str
    script: str
    edition: int
    at: str
    trail: tuple[Taken, ...] = ()
    doing: str | None = None
    trouble: str = ""
    waived_by: str | None = None
    asked_by: str | None = None
    version: int = 1


# Commands: what the house is to do.


@dataclass(frozen=True, slots=True)
class SetField:
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class ChangeStatus:
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SendTemplate:
    template: str


@dataclass(frozen=True, slots=True)
class BookCallback:
    """`when` as the customer said it, or an instant (ISO)."""

    when: str


@dataclass(frozen=True, slots=True)
class OpenClaim:
    kind: str
    text: str


Command = SetField | ChangeStatus | SendTemplate | BookCallback | OpenClaim


# Events: what happened.


@dataclass(frozen=True, slots=True)
class Said:
    pass


@dataclass(frozen=True, slots=True)
class Answered:
    code: str


@dataclass(frozen=True, slots=True)
class Written:
    text: str


@dataclass(frozen=True, slots=True)
class Begun:
    """The operator starts the step's action; once more after a failure or a crash."""

    value: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    result: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    pass


@dataclass(frozen=True, slots=True)
class Back:
    """To the step before. What an action did is not undone, so that it cannot be gone behind."""


@dataclass(frozen=True, slots=True)
class Waived:
    by: str


@dataclass(frozen=True, slots=True)
class WaiverAsked:
    """The operator asks that a supervisor let go what is still owed."""

    by: str


@dataclass(frozen=True, slots=True)
class WaiverRefused:
    pass


Event = Said | Answered | Written | Begun | Done | Failed | Skipped | Back | Waived | WaiverAsked | WaiverRefused


NOT_WAIVED = "the supervisor asks for the required steps to be done"


class Fault(StrEnum):
    REQUIRED = "required"
    NOT_NOW = "not_now"
    NO_SUCH_ANSWER = "no_such_answer"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    ALREADY_DONE = "already_done"
    OVER = "over"
    NOTHING_OWED = "nothing_owed"


class ScriptRefused(Exception):
    """This cannot be done at that step."""

    def __init__(self, fault: Fault, step: str) -> None:
        super().__init__(f"{fault} at {step}")
        self.fault, self.step = fault, step


def begin(script: Script, contact_id: str) -> Run:
    return Run(contact_id, script.code, script.edition, script.steps[0].code)


def is_over(script: Script, run: Run) -> bool:
    return script.by_code[run.at].kind is StepKind.END


def advance(script: Script, run: Run, event: Event) -> tuple[Run, tuple[Command, ...]]:
    """The run after the event, and what is to be done. Raises ScriptRefused; the run stands then."""
    step = script.by_code[run.at]
    match step.kind, event:
        case _, Waived(by):
            return _next(run, waived_by=by, asked_by=None), ()
        case _, WaiverAsked(by):
            if not owed(script, run):
                raise ScriptRefused(Fault.NOTHING_OWED, step.code)
            return _next(run, asked_by=by), ()
        case _, WaiverRefused():
            return _next(run, asked_by=None, trouble=NOT_WAIVED), ()
        case _, Back():
            return _back(run), ()
        case StepKind.END, _:
            raise ScriptRefused(Fault.OVER, step.code)
        case StepKind.SAY, Said():
            return _go(run, step.to, Way.SAID), ()
        case StepKind.ASK, Answered(code):
            answer = next((one for one in step.answers if one.code == code), None)
            if answer is None:
                raise ScriptRefused(Fault.NO_SUCH_ANSWER, step.code)
            return _go(run, answer.to, Way.ANSWERED, code), ()
        case StepKind.WRITE, Written(text):
            return _go(run, step.to, Way.WRITTEN, _given(step, text)), ()
        case StepKind.DO, Begun(value):
            return _begun(step, run, value)
        case StepKind.DO, Done(result) if run.doing is not None:
            return _go(run, step.to, Way.DONE, result or run.doing), ()
        case StepKind.DO, Failed(reason) if run.doing is not None:
            return _next(run, doing=None, trouble=reason), ()
        case _, Skipped():
            if step.required and run.waived_by is None:
                raise ScriptRefused(Fault.REQUIRED, step.code)
            if not step.to:
                raise ScriptRefused(Fault.NOT_NOW, step.code)
            return _go(run, step.to, Way.SKIPPED), ()
        case _:
            raise ScriptRefused(Fault.NOT_NOW, step.code)


def owed(script: Script, run: Run) -> tuple[Step, ...]:
    """The required steps that no way to an end goes around, in the script's order; none once a supervisor has let the rest go."""
    if run.waived_by is not None:
        return ()
    required = [step for step in script.steps if step.required]
    return tuple(step for step in required if steps_left(script, run.at, without=step.code) is None)


def steps_left(script: Script, start: str, without: str = "") -> int | None:
    """How many steps from this one to the nearest end, both counted, never through `without`; None: no end is reached."""
    layer, seen, length = {start} - {without}, {start, without}, 1
    while layer:
        if any(script.by_code[code].kind is StepKind.END for code in layer):
            return length
        layer = _ahead(script, layer) - seen
        seen |= layer
        length += 1
    return None


def _ahead(script: Script, codes: Iterable[str]) -> set[str]:
    return {target for code in codes for target in script.by_code[code].leads_to if target in script.by_code}


def _begun(step: Step, run: Run, value: str) -> tuple[Run, tuple[Command, ...]]:
    assert step.action is not None  # script_check.py lets no script pass without
    given = _given(step, value) if step.action.asks is not None else step.action.value
    return _next(run, doing=given, trouble=""), (_command(step.action, given),)


def _command(action: Action, value: str) -> Command:
    match action.kind:
        case ActionKind.SET_FIELD:
            return SetField(action.target, value)
        case ActionKind.CHANGE_STATUS:
            return ChangeStatus(action.target, value)
        case ActionKind.SEND_TEMPLATE:
            return SendTemplate(action.target)
        case ActionKind.BOOK_CALLBACK:
            return BookCallback(value)
        case ActionKind.OPEN_CLAIM:
            return OpenClaim(action.target, value)


def _given(step: Step, text: str) -> str:
    text = text.strip()
    if not text:
        raise ScriptRefused(Fault.EMPTY, step.code)
    if len(text) > VALUE_LENGTH:
        raise ScriptRefused(Fault.TOO_LONG, step.code)
    return text


def _go(run: Run, to: str, way: Way, value: str = "") -> Run:
    return _next(run, at=to, trail=(*run.trail, Taken(run.at, way, value)), doing=None, trouble="")


def _back(run: Run) -> Run:
    if not run.trail:
        raise ScriptRefused(Fault.NOT_NOW, run.at)
    last = run.trail[-1]
    if last.way is Way.DONE or run.doing is not None:
        raise ScriptRefused(Fault.ALREADY_DONE, last.step)
    return _next(run, at=last.step, trail=run.trail[:-1], trouble="")


def _next(run: Run, **changes: object) -> Run:
    return replace(run, version=run.version + 1, **changes)  # type: ignore[arg-type]

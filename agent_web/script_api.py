"""The script of the talk in hand: read it, move it on, begin another; a supervisor lets the rest go. And spoken times, understood."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.callback_wish import free_slots
from ..dialer.spoken_time import TEXT_LENGTH, NotUnderstood, Span, understand
from ..knowledge.runs import Runs, Talk, UnknownScript
from ..knowledge.script import (
    VALUE_LENGTH,
    Answered,
    Back,
    Begun,
    Event,
    Fault,
    Said,
    ScriptRefused,
    Skipped,
    StepKind,
    Written,
)
from ..knowledge.script_fields import Part, fill
from ..knowledge.store import Crossed
from ..queue.contact import Contact
from .desk_api import own_contact
from .house import House, HouseDep
from .i18n import N_, Words, words
from .problem import Problem, language_asked, problems
from .script_data import facts_of, zone_of_talk
from .security import require

router = APIRouter(prefix="/api/v1", tags=["scripts"], responses=problems(401, 403, 404, 409, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]

REASONS = {
    Fault.REQUIRED: (409, "this step is required: do it, or ask a supervisor to let it go"),
    Fault.NOT_NOW: (409, "this cannot be done at this step"),
    Fault.NO_SUCH_ANSWER: (422, "there is no such answer"),
    Fault.EMPTY: (422, "write something first"),
    Fault.TOO_LONG: (422, "at most 2000 characters"),
    Fault.ALREADY_DONE: (409, "what was done cannot be gone behind"),
    Fault.OVER: (409, "the script is at its end"),
    Fault.NOTHING_OWED: (409, "nothing is owed in this script"),
}
_NOT_UNDERSTOOD = N_("Слово «%(word)s» непонятно. Скажите проще, например: завтра после шести")
_NO_TIME = N_("Назовите день или час, например: завтра после шести")
_PAST = N_("Это время уже прошло")
_ONE_DAY = N_("%(day)s, с %(opens)s до %(closes)s")
_SOME_DAYS = N_("%(first)s – %(last)s, с %(opens)s до %(closes)s")


class StepDone(BaseModel):
    """`step` and `version` are what the operator saw. `value`: the answer's code, the words, what the action is given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"step": "ready", "version": 2, "does": "answer", "value": "yes"},
                {"step": "later", "version": 3, "does": "begin", "value": "завтра после шести"},
                {"step": "hello", "version": 1, "does": "next"},
            ]
        },
    )

    step: str = Field(max_length=40)
    version: int = Field(ge=1)
    does: Literal["next", "answer", "write", "begin", "skip", "back"]
    value: str = Field("", max_length=VALUE_LENGTH)


class ScriptWanted(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"code": "quality"}]})

    code: str = Field(max_length=40)


class AnswerShown(BaseModel):
    code: str
    words: str


class RunShown(BaseModel):
    """Where the talk's script is. `words` in the reader's language, a field that is not known left as {field} and named in `missing`;
    `owed`: required steps that no way goes around; `trouble`: why the step's action failed."""

    script: str
    edition: int
    title: str
    step: str
    kind: StepKind
    words: str
    missing: list[str]
    answers: list[AnswerShown]
    required: bool
    is_over: bool
    owed: list[str]
    trouble: str
    waived: bool
    waiver_asked: bool
    agreed_at: datetime | None
    version: int


class SpokenTime(BaseModel):
    """When the customer wants to be called, in his own words."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"contact_id": "8b0c…", "text": "завтра после шести"},
                {"contact_id": "8b0c…", "text": "in two hours"},
            ]
        },
    )

    contact_id: str = Field(max_length=36)
    text: str = Field(max_length=TEXT_LENGTH)


class TimeOffered(BaseModel):
    """`label` and `day` as they are said, on the customer's wall."""

    starts_at: datetime
    label: str
    day: str


class TimesOffered(BaseModel):
    """`said`: how it was understood, in the customer's `zone`. `slots` that can be promised; none when all are taken, or it is no hour to
    call at."""

    said: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    slots: list[TimeOffered]


@contextmanager
def moved_on() -> Iterator[None]:
    """The run's refusals as problems."""
    try:
        yield
    except Crossed:
        raise Problem(409, "the script has moved on meanwhile; look again") from None
    except ScriptRefused as refused:
        status, detail = REASONS[refused.fault]
        raise Problem(status, detail, fault=refused.fault.value) from None
    except UnknownScript:
        raise Problem(404, "there is no such script") from None


@router.get("/desk/contacts/{contact_id}/script")
async def read_script(contact_id: str, request: Request, house: HouseDep, user: Operator) -> RunShown:
    """The script of this talk, begun if it was not."""
    contact = own_contact(house, user, contact_id)
    return await _shown(house, await runs_of(house).of(contact), contact, user, request)


@router.post("/desk/contacts/{contact_id}/script/step")
async def do_step(contact_id: str, body: StepDone, request: Request, house: HouseDep, user: Operator) -> RunShown:
    """Move the script on. An action that fails leaves it at its step, with the reason in `trouble`."""
    contact = own_contact(house, user, contact_id)
    with moved_on():
        talk = await runs_of(house).step(contact, body.step, body.version, _event(body), user.id)
    return await _shown(house, talk, contact, user, request)


@router.post("/desk/contacts/{contact_id}/script")
async def begin_script(
    contact_id: str, body: ScriptWanted, request: Request, house: HouseDep, user: Operator
) -> RunShown:
    """Begin another script than the one that was chosen by rule."""
    contact = own_contact(house, user, contact_id)
    with moved_on():
        talk = await runs_of(house).change(contact, body.code)
    if contact.callback_at is not None:  # what was agreed goes with the script that it was agreed in
        await house.desk.agree_call(contact_id, talk.agreed_at)
    await house.access.audit(user.id, "script.change", contact_id, {"script": body.code})
    return await _shown(house, talk, contact, user, request)


@router.post("/desk/callback-times")
async def understand_time(body: SpokenTime, request: Request, house: HouseDep, user: Operator) -> TimesOffered:
    """How a spoken time is understood, and the half hours in it that can be promised. Nothing is booked by this."""
    contact, speech = own_contact(house, user, body.contact_id), words(language_asked(request))
    customer = await house.shop.customer(contact.customer_id) if contact.customer_id else None
    zone = zone_of_talk(house, contact, customer)
    try:
        span = understand(body.text, house.clock.now(), zone)
    except NotUnderstood as reason:
        raise Problem(422, _why_not(reason, speech)) from None
    slots = [] if house.bookings is None else await free_slots(house.bookings.offers, contact.queue, span)
    starts = [slot.window.starts_at for slot in slots]
    return TimesOffered(
        said=said_back(span, speech),
        zone=zone,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        slots=[TimeOffered(starts_at=at, label=speech.time(at, zone), day=speech.day(at, zone)) for at in starts],
    )


def said_back(span: Span, speech: Words) -> str:
    """The window in words: «вт, 24 ноября, с 18:00 до 21:00»."""
    hours = {"opens": _clock(span.opens), "closes": _clock(span.closes)}
    if span.first == span.last:
        return speech.say(_ONE_DAY, day=speech.day(span.first), **hours)
    return speech.say(_SOME_DAYS, first=speech.day(span.first), last=speech.day(span.last), **hours)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _why_not(reason: NotUnderstood, speech: Words) -> str:
    if reason.is_past:
        return speech.say(_PAST)
    return speech.say(_NOT_UNDERSTOOD, word=reason.word[:40]) if reason.word else speech.say(_NO_TIME)


def _event(body: StepDone) -> Event:
    match body.does:
        case "next":
            return Said()
        case "answer":
            return Answered(body.value)
        case "write":
            return Written(body.value)
        case "begin":
            return Begun(body.value)
        case "skip":
            return Skipped()
        case "back":
            return Back()


def runs_of(house: House) -> Runs:
    if house.scripts is None:
        raise Problem(404, "no script runs in this talk")
    return house.scripts


async def _shown(house: House, talk: Talk | None, contact: Contact, user: User, request: Request) -> RunShown:
    if talk is None:
        raise Problem(404, "no script runs in this talk")
    speech = words(language_asked(request))
    parts = fill(talk.step.words.of(speech.language), await facts_of(house, talk, contact, user, speech))
    return RunShown(
        script=talk.script.code,
        edition=talk.script.edition,
        title=talk.script.title.of(speech.language),
        step=talk.step.code,
        kind=talk.step.kind,
        words="".join(_text(part) for part in parts),
        missing=[part.field for part in parts if part.is_missing],
        answers=[AnswerShown(code=one.code, words=one.words.of(speech.language)) for one in talk.step.answers],
        required=talk.step.required,
        is_over=talk.is_over,
        owed=[step.code for step in talk.owed],
        trouble=talk.run.trouble,
        waived=talk.run.waived_by is not None,
        waiver_asked=talk.run.asked_by is not None,
        agreed_at=talk.agreed_at,
        version=talk.run.version,
    )


def _text(part: Part) -> str:
    return f"{{{part.field}}}" if part.is_missing else part.text

"""The house's dialog scripts: list, read, put. The constructor's page comes with the room of knowledge; its API is this."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..knowledge.runs import Runs
from ..knowledge.script import VALUE_LENGTH, ActionKind, Script, StepKind
from ..knowledge.script_check import MOST_ANSWERS, MOST_STEPS, Vocabulary, check
from ..knowledge.script_form import plain_script, script_of
from ..knowledge.store import Crossed
from ..queue.disposition import DISPOSITIONS
from ..shop.order import OrderStatus
from .house import House, HouseDep
from .problem import FieldError, Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/scripts", tags=["scripts"], responses=problems(401, 403, 404, 409, 422))
Setter = Annotated[User, Depends(require(Permission.QUEUE_SETUP))]
Code = Annotated[str, Path(pattern=r"^[a-z0-9_-]{1,40}$")]
Name = Annotated[str, Field(max_length=40)]

SETTABLE = frozenset({"delivery_address", "delivery_slot", "courier_comment", "payment"})
CLAIM_KINDS = frozenset({"quality", "delivery", "service"})


class WordsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ru: str = Field(max_length=VALUE_LENGTH)
    en: str = Field(max_length=VALUE_LENGTH)


class AnswerIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Name
    words: WordsIn
    to: Name


class ActionIn(BaseModel):
    """`target`: the field (set_field), the status (change_status), the template, the kind of claim. `asks` labels what is given with it."""

    model_config = ConfigDict(extra="forbid")

    kind: ActionKind
    target: Name = ""
    asks: WordsIn | None = None
    value: str = Field("", max_length=VALUE_LENGTH)


class StepIn(BaseModel):
    """`to`: the step after it. `required`: the talk cannot be closed around it. `result`: the disposition that an end speaks for."""

    model_config = ConfigDict(extra="forbid")

    code: Name
    kind: StepKind
    words: WordsIn
    to: Name = ""
    answers: list[AnswerIn] = Field(default_factory=list, max_length=4 * MOST_ANSWERS)
    action: ActionIn | None = None
    required: bool = False
    result: Name = ""
    hint: WordsIn | None = None


class RuleIn(BaseModel):
    """Which talks it is for: an empty list is any. The rule that names most of what is so wins."""

    model_config = ConfigDict(extra="forbid")

    queues: list[Name] = Field(default_factory=list, max_length=100)
    campaigns: list[Name] = Field(default_factory=list, max_length=100)
    order_statuses: list[Name] = Field(default_factory=list, max_length=100)
    claim_kinds: list[Name] = Field(default_factory=list, max_length=100)


class ScriptIn(BaseModel):
    """A whole script. The first step begins it; `{order.number}` and its like are filled in from the talk."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "title": {"ru": "Напомнить о доставке", "en": "Remind of a delivery"},
                    "rule": {"order_statuses": ["confirmed"]},
                    "steps": [
                        {
                            "code": "remind",
                            "kind": "ask",
                            "words": {
                                "ru": "Завтра привезём заказ № {order.number}. Будете дома?",
                                "en": "Order No. {order.number} comes tomorrow. Will you be in?",
                            },
                            "required": True,
                            "answers": [
                                {"code": "yes", "words": {"ru": "Да", "en": "Yes"}, "to": "bye"},
                                {"code": "no", "words": {"ru": "Нет", "en": "No"}, "to": "later"},
                            ],
                        },
                        {
                            "code": "later",
                            "kind": "do",
                            "words": {"ru": "Когда вам удобно?", "en": "When would suit you?"},
                            "to": "bye",
                            "action": {
                                "kind": "set_field",
                                "target": "delivery_slot",
                                "asks": {"ru": "День и время", "en": "Day and time"},
                            },
                        },
                        {
                            "code": "bye",
                            "kind": "end",
                            "words": {"ru": "Спасибо, до встречи!", "en": "Thank you, see you then!"},
                            "result": "consulted",
                        },
                    ],
                }
            ]
        },
    )

    title: WordsIn
    steps: list[StepIn] = Field(max_length=2 * MOST_STEPS)
    rule: RuleIn = RuleIn()
    active: bool = True


class ScriptOut(ScriptIn):
    code: str
    edition: int


@router.get("")
async def list_scripts(house: HouseDep, _user: Setter) -> list[ScriptOut]:
    """The newest edition of each."""
    return [_out(script) for script in await _runs(house).scripts()]


@router.get("/{code}")
async def read_script(code: Code, house: HouseDep, _user: Setter) -> ScriptOut:
    script = await _runs(house).script(code)
    if script is None:
        raise Problem(404, "there is no such script")
    return _out(script)


@router.put("/{code}")
async def put_script(code: Code, body: ScriptIn, house: HouseDep, user: Setter) -> ScriptOut:
    """Make a script, or a new edition of it; talks that have begun go on with theirs. Nothing is kept of one that cannot be run: 422 says
    all that is wrong, each with its path."""
    script = script_of({"code": code, **body.model_dump()})
    found = check(script, vocabulary(house))
    if found:
        wrong = [FieldError(field=one.path, reason=one.sentence) for one in found]
        raise Problem(422, "the script cannot be run like this", errors=wrong)
    try:
        kept = await _runs(house).put(script, user.id)
    except Crossed:
        raise Problem(409, "somebody else changed the script meanwhile") from None
    await house.access.audit(user.id, "script.put", code, {"edition": kept.edition})
    return _out(kept)


def vocabulary(house: House) -> Vocabulary:
    """What a script of this house may name."""
    return Vocabulary(
        settable=SETTABLE,
        statuses=frozenset(status.value for status in OrderStatus),
        claim_kinds=CLAIM_KINDS,
        results=frozenset(one.code for one in DISPOSITIONS),
        queues=frozenset(house.desk.setup.queues),
        with_reason=frozenset({OrderStatus.CANCELLED.value}),
    )


def _runs(house: House) -> Runs:
    if house.scripts is None:
        raise Problem(404, "there is nothing here")
    return house.scripts


def _out(script: Script) -> ScriptOut:
    return ScriptOut.model_validate({**plain_script(script), "edition": script.edition})

"""The setup of the queues as JSON: what the API takes and gives, with examples. Bounds are the check's (queue/setup_check.py)."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..queue.channel import ChannelKind
from ..queue.setup import Lift, OverflowAction, OverflowWhen, Strategy
from ..queue.setup_edit import Noun
from ..queue.setup_finding import Fault, Severity
from .order_schemas import Text

Name = Annotated[Text, Field(max_length=200, description="shown to people; up to 60 characters")]
Code = Annotated[str, Field(max_length=60)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Version = Annotated[
    int | None, Field(ge=0, description="the version you looked at: 409 when it is no longer the latest; 0: it is new")
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: Version = None

    def item(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"version"})


class NeedBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    skill: Code
    level: int


class RelaxingBody(BaseModel):
    """Each `step_s` (s) of waiting takes a level off every need, down to `floor`; 0 s never does."""

    model_config = ConfigDict(extra="forbid")
    step_s: Number = 0.0
    floor: int = 0


class OverflowBody(BaseModel):
    """`after_s` goes with wait and expected_wait, `target` (a queue) with other_queue."""

    model_config = ConfigDict(extra="forbid")
    when: OverflowWhen
    action: OverflowAction
    after_s: Number = 0.0
    target: Code | None = None


class HoursBody(BaseModel):
    """`week`: Monday first, [opens, closes] in minutes since midnight, null for a closed day."""

    model_config = ConfigDict(extra="forbid")
    time_zone: Annotated[str, Field(max_length=60)]
    week: Annotated[list[tuple[int, int] | None], Field(max_length=7)]
    holidays: Annotated[list[date], Field(max_length=400)] = []


class QueueFields(BaseModel):
    """Times in s. A channel that `target_s` does not name has the house's usual target.

    `dispositions`: branches (order, service, not_talked) and dispositions that its contacts may be closed with, none named: all."""

    name_ru: Name
    name_en: Name
    strategy: Strategy = Strategy.LONGEST_IDLE
    target_s: dict[ChannelKind, Number] = {}
    weight: Number = 1.0
    lift_s: Number = 0.0
    needs: Annotated[list[NeedBody], Field(max_length=20)] = []
    relaxing: RelaxingBody = RelaxingBody()
    sticky_s: Number = 0.0
    sticky_days: Number = 7.0
    overflow: Annotated[list[OverflowBody], Field(max_length=20)] = []
    max_waiting: int | None = None
    hours: HoursBody | None = None
    ring_s: int | None = None
    wrap_up_s: Number | None = None
    announce_every_s: Number = 0.0
    keep_place: bool = False
    dialed: Annotated[list[Annotated[Text, Field(max_length=40)]], Field(max_length=200)] = []
    dispositions: Annotated[list[Code], Field(max_length=40)] = []
    disposition_required: bool = False


class QueueBody(QueueFields, _Body):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name_ru": "Претензии",
                    "name_en": "Claims",
                    "target_s": {"voice": 15, "chat": 30},
                    "needs": [{"skill": "claims", "level": 3}],
                    "relaxing": {"step_s": 30, "floor": 1},
                    "overflow": [{"when": "wait", "after_s": 120, "action": "other_queue", "target": "orders"}],
                    "hours": {
                        "time_zone": "Europe/Moscow",
                        "week": [[540, 1260], [540, 1260], [540, 1260], [540, 1260], [540, 1260], None, None],
                    },
                    "dispositions": ["service", "not_talked"],
                    "disposition_required": True,
                    "version": 0,
                }
            ]
        },
    )


class SkillBody(_Body):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name_ru": "Английский", "name_en": "English"}]}
    )
    name_ru: Name
    name_en: Name


class PauseBody(_Body):
    """`limit_s`: how long one such pause may last (s), `day_limit_s`: all of a day together; null: as long as needed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name_ru": "Обед", "name_en": "Lunch", "limit_s": 2700, "day_limit_s": 3600}]},
    )
    name_ru: Name
    name_en: Name
    limit_s: int | None = None
    day_limit_s: int | None = None


class ReasonBody(_Body):
    """A reason below a disposition (`under`); where a disposition has reasons, one of them is chosen instead of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name_ru": "Дорого", "name_en": "Too dear", "under": "cancelled"}]},
    )
    name_ru: Name
    name_en: Name
    under: Code


class CapacityFields(BaseModel):
    """How many of a kind at once, and what may come while a contact of that kind is in hand."""

    limits: dict[ChannelKind, int]
    interrupted_by: dict[ChannelKind, list[ChannelKind]]


class OwnCapacity(CapacityFields):
    model_config = ConfigDict(extra="forbid")


_CAPACITY: dict[str, Any] = {
    "limits": {"voice": 1, "chat": 3, "email": 1},
    "interrupted_by": {"chat": ["voice", "chat"], "email": ["voice", "chat"]},
}


class CapacityBody(CapacityFields, _Body):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_CAPACITY]})


class SeatBody(_Body):
    """What one operator serves: queues, skills with levels 1 to 5; `capacity` null: the house's."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"queues": ["orders"], "skills": {"en": 3}, "capacity": None}]},
    )
    queues: Annotated[list[Code], Field(max_length=1000)]
    skills: dict[str, int] = {}
    capacity: OwnCapacity | None = None


class LiftsBody(_Body):
    """How far each reason moves a contact forward (s); orders from `dear_order` (kopecks) are dear."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"lifts_s": {"vip": 60, "dear_order": 30}, "dear_order": 2000000}]},
    )
    lifts_s: dict[Lift, Number]
    dear_order: int


class FindingOut(BaseModel):
    """`field` is the path inside the item (`noun`, `key`); `reason` is in the language you asked for."""

    severity: Severity
    noun: Noun
    key: str
    field: str
    fault: Fault
    reason: str


class SavedOut(BaseModel):
    """`version` of the item now. `change_id` null: nothing was different. `findings`: what the whole setup is warned of."""

    version: int
    change_id: int | None
    findings: list[FindingOut]


class ChangeOut(BaseModel):
    """`edits`: each item before and after, as the API gives it."""

    class EditOut(BaseModel):
        noun: Noun
        key: str
        old: dict[str, Any] | None
        new: dict[str, Any] | None

    id: int
    at: datetime
    by: str | None
    edits: list[EditOut]


class SetupOut(BaseModel):
    """All of it, each item as PUT takes it, by its code."""

    queues: dict[str, dict[str, Any]]
    skills: dict[str, dict[str, Any]]
    pause_codes: dict[str, dict[str, Any]]
    reasons: dict[str, dict[str, Any]]
    seats: dict[str, dict[str, Any]]
    capacity: dict[str, Any]
    lifts: dict[str, Any]
    findings: list[FindingOut]

"""The setup of the queues for programs and for the scripts of its pages: every change is checked, written down and works at once."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ValidationError

from ..access.permission import Permission
from ..access.user import User
from ..queue.capacity import Capacity
from ..queue.setup import PauseCode, QueueRules, QueueSetup, Reason, Seat, Skill
from ..queue.setup_edit import HOUSE, Item, LiftRules, Noun, item_of, json_of
from ..queue.setup_finding import Finding
from ..queue.setup_store import Saved, SetupMoved, SetupRefused, SetupStore, UnknownItem
from .house import House, HouseDep
from .i18n import Language, words
from .problem import FieldError, Problem, problems
from .security import require
from .setup_schemas import (
    CapacityBody,
    ChangeOut,
    FindingOut,
    LiftsBody,
    PauseBody,
    QueueBody,
    ReasonBody,
    SavedOut,
    SeatBody,
    SetupOut,
    SkillBody,
)
from .setup_words import finding_lines

router = APIRouter(prefix="/api/v1/queue-setup", tags=["queue setup"])
Chief = Annotated[User, Depends(require(Permission.QUEUE_SETUP))]
Number = Annotated[int, Path(ge=1, le=2**62)]
_PUT = problems(401, 403, 404, 409, 422)


def setup_of(house: House) -> SetupStore:
    """Raises Problem 404 in a house whose queues are not set up on pages."""
    if house.setup is None:
        raise Problem(404, "the queues of this house are not set up here")
    return house.setup


async def people_of(house: House) -> dict[str, str]:
    """Everybody's name by id."""
    return {user.id: user.name for user in await house.access.users()}


@router.get("", responses=problems(401, 403, 404))
async def read_setup(request: Request, house: HouseDep, _user: Chief) -> SetupOut:
    """The whole setup, and what is to be said of it."""
    store = setup_of(house)
    setup = await store.load()

    def shown(noun: Noun, items: Mapping[str, Item]) -> dict[str, dict[str, Any]]:
        return {key: json_of(noun, item) for key, item in items.items()}

    return SetupOut(
        queues=shown(Noun.QUEUE, cast(Mapping[str, Item], setup.queues)),
        skills=shown(Noun.SKILL, cast(Mapping[str, Item], setup.skills)),
        pause_codes=shown(Noun.PAUSE_CODE, cast(Mapping[str, Item], setup.pause_codes)),
        reasons=shown(Noun.REASON, cast(Mapping[str, Item], setup.reasons)),
        seats=shown(Noun.SEAT, cast(Mapping[str, Item], setup.seats)),
        capacity=json_of(Noun.CAPACITY, setup.capacity),
        lifts=json_of(Noun.LIFTS, LiftRules(setup.lifts_s, setup.dear_order)),
        findings=await _told(request, house, setup, await store.findings()),
    )


@router.put("/queues/{code}", responses=_PUT)
async def put_queue(code: str, body: QueueBody, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """Make a queue or change it: the whole of its rules. 422 names what is refused, field by field."""
    rules = cast(QueueRules, _item(Noun.QUEUE, body.item() | {"code": code}))
    return await _saved(request, house, Noun.QUEUE, code, lambda s: s.save_queue(rules, user.id, body.version))


@router.delete("/queues/{code}", responses=_PUT)
async def remove_queue(code: str, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """Take a queue away. 409 while contacts are in it or a campaign calls for it; 422 while another queue overflows into it."""
    if any(contact.queue == code for contact in house.desk.contacts()):
        raise Problem(409, "there are contacts in this queue; wait until it is empty")
    if any(campaign.queue == code for campaign in await house.dialer.campaigns()):
        raise Problem(409, "a campaign calls for this queue")
    return await _saved(request, house, Noun.QUEUE, code, lambda s: s.remove_queue(code, user.id))


@router.put("/skills/{code}", responses=_PUT)
async def put_skill(code: str, body: SkillBody, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    skill = cast(Skill, _item(Noun.SKILL, body.item() | {"code": code}))
    return await _saved(request, house, Noun.SKILL, code, lambda s: s.save_skill(skill, user.id, body.version))


@router.delete("/skills/{code}", responses=_PUT)
async def remove_skill(code: str, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """Take a skill away, also from those who have it. 422 while a queue needs it."""
    return await _saved(request, house, Noun.SKILL, code, lambda s: s.remove_skill(code, user.id))


@router.put("/pause-codes/{code}", responses=_PUT)
async def put_pause_code(code: str, body: PauseBody, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    pause = cast(PauseCode, _item(Noun.PAUSE_CODE, body.item() | {"code": code}))
    return await _saved(
        request, house, Noun.PAUSE_CODE, code, lambda s: s.save_pause_code(pause, user.id, body.version)
    )


@router.delete("/pause-codes/{code}", responses=_PUT)
async def remove_pause_code(code: str, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """Nobody can choose it any more; who is at such a pause stays there."""
    return await _saved(request, house, Noun.PAUSE_CODE, code, lambda s: s.remove_pause_code(code, user.id))


@router.put("/reasons/{code}", responses=_PUT)
async def put_reason(code: str, body: ReasonBody, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """A reason below a disposition. Talks that are being wrapped up now are asked for one, too."""
    reason = cast(Reason, _item(Noun.REASON, body.item() | {"code": code}))
    return await _saved(request, house, Noun.REASON, code, lambda s: s.save_reason(reason, user.id, body.version))


@router.delete("/reasons/{code}", responses=_PUT)
async def remove_reason(code: str, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """Nobody can choose it any more; what was closed with it reads as the disposition above."""
    return await _saved(request, house, Noun.REASON, code, lambda s: s.remove_reason(code, user.id))


@router.put("/seats/{agent_id}", responses=_PUT)
async def put_seat(agent_id: str, body: SeatBody, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """What an operator serves: queues, skills, and a capacity of his own if he has one."""
    seat = cast(Seat, _item(Noun.SEAT, body.item() | {"agent_id": agent_id}))
    return await _saved(request, house, Noun.SEAT, agent_id, lambda s: s.save_seat(seat, user.id, body.version))


@router.put("/capacity", responses=_PUT)
async def put_capacity(body: CapacityBody, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """How much at once, for all who have no capacity of their own."""
    capacity = cast(Capacity, _item(Noun.CAPACITY, body.item()))
    return await _saved(
        request, house, Noun.CAPACITY, HOUSE, lambda s: s.save_capacity(capacity, user.id, body.version)
    )


@router.put("/lifts", responses=_PUT)
async def put_lifts(body: LiftsBody, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """Who goes before others, and how far."""
    lifts = cast(LiftRules, _item(Noun.LIFTS, body.item()))
    return await _saved(request, house, Noun.LIFTS, HOUSE, lambda s: s.save_lifts(lifts, user.id, body.version))


@router.get("/changes", responses=problems(401, 403, 404, 422))
async def list_changes(
    house: HouseDep, _user: Chief, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[ChangeOut]:
    """Who changed what, the newest first."""
    return [
        ChangeOut(
            id=change.id,
            at=change.at,
            by=change.by,
            edits=[ChangeOut.EditOut(noun=e.noun, key=e.key, old=e.old, new=e.new) for e in change.edits],
        )
        for change in await setup_of(house).changes(limit)
    ]


@router.post("/changes/{change_id}/revert", responses=_PUT)
async def revert_change(change_id: Number, request: Request, house: HouseDep, user: Chief) -> SavedOut:
    """Put what this change touched back to where it stood before; that is a change too. 422 when that would now be wrong."""
    return await _saved(request, house, None, "", lambda s: s.revert(change_id, user.id))


def _item(noun: Noun, value: Mapping[str, Any]) -> Item:
    """The body has been checked; what the noun itself still refuses is told like any wrong field."""
    try:
        return item_of(noun, value)
    except ValidationError as invalid:
        wrong = [FieldError(field=".".join(map(str, e["loc"])), reason=e["msg"]) for e in invalid.errors()]
        raise Problem(422, "some fields are wrong", errors=wrong) from invalid


async def _saved(
    request: Request, house: House, noun: Noun | None, key: str, save: Callable[[SetupStore], Awaitable[Saved]]
) -> SavedOut:
    store = setup_of(house)
    try:
        saved = await save(store)
    except SetupRefused as refused:
        raise await _refusal(request, house, store, noun, key, refused) from refused
    except SetupMoved as moved:
        raise Problem(409, "somebody else changed this meanwhile; load the page again") from moved
    except UnknownItem as unknown:
        raise Problem(404, "there is nothing here") from unknown
    return SavedOut(
        version=await store.version(noun, key) if noun is not None else 0,
        change_id=saved.change_id,
        findings=await _told(request, house, saved.setup, saved.findings),
    )


async def _refusal(
    request: Request, house: House, store: SetupStore, noun: Noun | None, key: str, refused: SetupRefused
) -> Problem:
    """Faults of the item in hand by their field; those elsewhere by `noun/key/field`, with the item's name in the reason."""
    lines = finding_lines(refused.findings, await store.load(), await people_of(house), words(_language(request)))
    errors = [
        FieldError(field=line.field, reason=line.reason)
        if (line.noun, line.key) == (noun, key)
        else FieldError(field=f"{line.noun}/{line.key}/{line.field}", reason=f"{line.where}: {line.reason}")
        for line in lines
    ]
    return Problem(422, "the queues cannot be set up like this", errors=errors)


async def _told(request: Request, house: House, setup: QueueSetup, findings: Iterable[Finding]) -> list[FindingOut]:
    lines = finding_lines(findings, setup, await people_of(house), words(_language(request)))
    return [
        FindingOut(
            severity=line.severity,
            noun=line.noun,
            key=line.key,
            field=line.field,
            fault=line.fault,
            reason=line.reason,
        )
        for line in lines
    ]


def _language(request: Request) -> Language:
    return "ru" if request.headers.get("accept-language", "").strip()[:2].lower() == "ru" else "en"

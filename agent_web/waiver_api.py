"""Letting go what the script of a talk still demands: by a supervisor's right, or asked for by the operator and answered live."""

from typing import Annotated

from fastapi import APIRouter, Depends

from ..access.permission import Permission
from ..access.user import User
from ..queue.contact import Contact
from .desk_api import own_contact
from .house import House, HouseDep
from .problem import Problem, problems
from .script_api import moved_on, runs_of
from .security import require

router = APIRouter(prefix="/api/v1", tags=["scripts"], responses=problems(401, 403, 404, 409, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]
Supervisor = Annotated[User, Depends(require(Permission.QUEUE_STEER))]


@router.post("/contacts/{contact_id}/script/waive", status_code=204)
async def waive_script(contact_id: str, house: HouseDep, user: Supervisor) -> None:
    """A supervisor lets go what the script of a talk still demands; who did is kept in the audit."""
    contact = _in_hand(house, contact_id)
    with moved_on():
        before = await runs_of(house).of(contact)
        talk = await runs_of(house).waive(contact, user.id)
    if before is None or talk is None:
        raise Problem(404, "no script runs in this talk")
    owed = [step.code for step in before.owed]
    await house.access.audit(user.id, "script.waive", contact_id, {"script": talk.script.code, "steps": owed})
    _tell(house, contact)


@router.post("/desk/contacts/{contact_id}/script/waiver-request", status_code=204)
async def ask_waiver(contact_id: str, house: HouseDep, user: Operator) -> None:
    """Ask that a supervisor let go what is still owed: it stands on the boards of all who may, until one has answered."""
    contact = own_contact(house, user, contact_id)
    with moved_on():
        talk = await runs_of(house).ask_waiver(contact, user.id)
    if talk is None:
        raise Problem(404, "no script runs in this talk")
    _tell(house, contact)


@router.delete("/contacts/{contact_id}/script/waiver-request", status_code=204)
async def refuse_waiver(contact_id: str, house: HouseDep, user: Supervisor) -> None:
    """The steps are to be done; the operator is told."""
    contact = _in_hand(house, contact_id)
    with moved_on():
        talk = await runs_of(house).refuse_waiver(contact)
    if talk is None:
        raise Problem(404, "no script runs in this talk")
    await house.access.audit(user.id, "script.waiver_refused", contact_id, {"script": talk.script.code})
    _tell(house, contact)


def _in_hand(house: House, contact_id: str) -> Contact:
    contact = house.desk.contact(contact_id)
    if contact is None:
        raise Problem(404, "there is no such contact in hand")
    return contact


def _tell(house: House, contact: Contact) -> None:
    """The operator's panel and the supervisors' boards are painted anew."""
    house.live.change_board()
    if contact.agent_id is not None:
        house.live.tell_user(contact.agent_id, "resync", {}, "resync")

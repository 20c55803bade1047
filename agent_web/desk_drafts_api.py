"""What the operator is writing about a contact in hand, kept as he writes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..queue.drafts_store import DRAFT_LENGTH, DraftStore
from .desk_api import own_contact
from .house import House, HouseDep
from .problem import Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/desk", tags=["desk"], responses=problems(401, 403, 404, 409, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]
DraftField = Literal["comment", "note"]


class Draft(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "Просила позвонить до восьми"}, {"text": ""}]}
    )

    text: str = Field(max_length=DRAFT_LENGTH)


class DraftsShown(BaseModel):
    """`comment` goes with the result, `note` into the customer's history."""

    comment: str = ""
    note: str = ""


@router.get("/contacts/{contact_id}/drafts")
async def read_drafts(contact_id: str, house: HouseDep, user: Operator) -> DraftsShown:
    own_contact(house, user, contact_id)
    return DraftsShown(**await _drafts(house).of(contact_id))


@router.put("/contacts/{contact_id}/drafts/{field}", status_code=204)
async def keep_draft(contact_id: str, field: DraftField, body: Draft, house: HouseDep, user: Operator) -> None:
    """Whoever gets the contact goes on with it; an empty text is no draft. A chat's reply is kept by the chat."""
    own_contact(house, user, contact_id)
    await _drafts(house).keep(contact_id, field, body.text, user.id)


async def drafts_of(house: House, contact_id: str | None) -> dict[str, str]:
    """For the desk's panes, every field of them."""
    kept = await house.drafts.of(contact_id) if house.drafts is not None and contact_id is not None else {}
    return {"comment": "", "note": ""} | kept


def _drafts(house: House) -> DraftStore:
    if house.drafts is None:
        raise Problem(404, "there is nothing here")
    return house.drafts

"""What the operator does with a call beyond answering it: the pause of its recording."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ..queue.channel import ChannelKind
from .desk_api import Operator, asked, own_contact
from .house import HouseDep
from .problem import Problem, problems

router = APIRouter(prefix="/api/v1/desk/contacts", tags=["desk"], responses=problems(401, 403, 404, 409, 422))
NOT_MASKED = "the recording could not be paused: do not ask for the card yet"


class RecordingPause(BaseModel):
    """`paused`: what is said from now on is not recorded. `until`: when it will be again by itself."""

    until: datetime = Field(examples=["2026-11-29T10:15:00Z"])


@router.post("/{contact_id}/recording/pause")
async def pause_recording(contact_id: str, house: HouseDep, user: Operator) -> RecordingPause:
    """Before a card's number is said. An answer without error means that the recording is silent now; the time line stays, and is marked.
    Again makes it longer. The end of this piece of talk (a transfer, a broken leg) ends it too."""
    if own_contact(house, user, contact_id).kind is not ChannelKind.VOICE:
        raise Problem(422, "only a call has a recording")
    async with asked(NOT_MASKED):
        return RecordingPause(until=await house.desk.pause_recording(user.id, contact_id))


@router.post("/{contact_id}/recording/resume", status_code=204)
async def resume_recording(contact_id: str, house: HouseDep, user: Operator) -> None:
    """The card is done with. Again is no harm."""
    own_contact(house, user, contact_id)
    async with asked("there is no talk to be recorded"):
        await house.desk.resume_recording(user.id, contact_id)

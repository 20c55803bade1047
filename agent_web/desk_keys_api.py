"""An operator's own keys: kept on the server, so that they are his at every machine."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from ..access.permission import Permission
from ..access.user import User
from .desk_keys import COMMANDS, LONGEST, MOST_CHOSEN, KeysRefused, chords, chosen, shown
from .house import HouseDep
from .i18n import Words, words
from .problem import FieldError, Problem, language_asked, problems
from .security import require

router = APIRouter(prefix="/api/v1/me", tags=["me"], responses=problems(401, 403, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]
Chord = Annotated[str, Field(max_length=LONGEST, examples=["Alt+KeyA"])]


class KeysChosen(BaseModel):
    """Chords by command. What is not named is as usual, '' is no key; an empty set gives back all the usual ones."""

    chords: dict[str, Chord] = Field(max_length=MOST_CHOSEN, examples=[{"answer": "F2", "mute": "Alt+Shift+KeyM"}])


class KeyShown(BaseModel):
    """`chord` names places of keys (`Alt+KeyA`), `shown` is what is printed there (`Alt A`), `usual` the chord of who chose none."""

    command: str
    name: str
    chord: str
    shown: str
    usual: str


class KeysShown(BaseModel):
    keys: list[KeyShown]


@router.get("/keys")
async def keys(request: Request, user: Operator) -> KeysShown:
    """Every command of the desk and its keys."""
    return KeysShown(keys=keys_shown(user, words(language_asked(request))))


@router.put("/keys")
async def choose_keys(wanted: KeysChosen, request: Request, house: HouseDep, user: Operator) -> KeysShown:
    """Keep these keys in place of all that were chosen before. Refused (422, `errors` name the command) where two would have the same."""
    speech = words(language_asked(request))
    try:
        own = chosen(wanted.chords)
    except KeysRefused as refused:
        told = FieldError(field=refused.command, reason=refused.words(speech))
        raise Problem(422, "these keys cannot be chosen", errors=[told]) from refused
    await house.access.set_chords(user.id, own)
    changed = await house.access.user(user.id)
    return KeysShown(keys=keys_shown(changed or user, speech))


def keys_shown(user: User, speech: Words) -> list[KeyShown]:
    """In the order of the list under `?`."""
    of = chords(user.chords)
    return [
        KeyShown(
            command=one.code,
            name=speech.say(one.name),
            chord=of[one.code],
            shown=shown(of[one.code]),
            usual=one.usual,
        )
        for one in COMMANDS
    ]

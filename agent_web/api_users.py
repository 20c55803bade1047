"""Users, for the administrator."""

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from ..access.password import MAX_PASSWORD, MIN_PASSWORD, new_password
from ..access.permission import Permission, Role
from ..access.user import LoginTaken, User
from ..shop.order import OrderRefused
from .desk_dial_api import BARRED, written_number
from .house import House, HouseDep
from .order_schemas import Text
from .problem import Problem, problems
from .security import require

log = logging.getLogger(__name__)
router = APIRouter(prefix="/api/v1/users", tags=["users"])
Admin = Annotated[User, Depends(require(Permission.USERS_ADMIN))]

# It is written into Asterisk's configuration, so only what a SIP address needs may pass.
DeviceUri = Annotated[
    str, Field(max_length=200, pattern=r"^sips?:[A-Za-z0-9._+-]{1,60}@[A-Za-z0-9.-]{1,100}(:[0-9]{1,5})?$")
]


class UserOut(BaseModel):
    id: str
    login: str
    name: str
    role: Role
    language: str
    active: bool
    device_uri: str | None
    own_number: str | None = Field(examples=["+79161234567"])


class NewUser(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"login": "m.sokolova", "name": "Мария Соколова", "role": "operator", "language": "ru"}]
        },
    )
    login: Annotated[Text, Field(min_length=2, max_length=100, pattern=r"^[^\s]+$")]
    name: Annotated[Text, Field(min_length=1, max_length=120)]
    role: Literal[Role.ADMIN, Role.SUPERVISOR, Role.OPERATOR, Role.QA]
    password: Annotated[
        str | None,
        Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD, description="drawn and shown once when left out"),
    ] = None
    language: Literal["ru", "en"] = "ru"
    device_uri: DeviceUri | None = None


class CreatedUser(UserOut):
    """`password` is there when it was drawn for you: it is shown this once."""

    password: str | None = None


class UserChange(BaseModel):
    """What is left out stays. `own_number`: a telephone of his own, on which an operator is reached in mid-talk when his page does not come
    back; "" for none."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"own_number": "8 (916) 123-45-67"}]})
    active: bool | None = None
    own_number: str | None = Field(None, max_length=40)


@router.get("", responses=problems(401, 403))
async def list_users(house: HouseDep, _admin: Admin) -> list[UserOut]:
    """Everybody, by name."""
    return [_shown(user) for user in await house.access.users()]


@router.post("", status_code=201, responses=problems(401, 403, 409, 422))
async def create_user(body: NewUser, house: HouseDep, admin: Admin) -> CreatedUser:
    """A new user; an operator gets a phone of their own at once."""
    drawn = None if body.password is not None else new_password()
    try:
        user = await house.access.create_user(
            body.login, body.name, Role(body.role), body.password or drawn, body.language, body.device_uri
        )
    except LoginTaken as taken:
        raise Problem(409, "this login is taken") from taken
    await house.access.audit(admin.id, "user.create", user.id, {"role": user.role.value})
    await _tell(house)
    return CreatedUser(**_shown(user).model_dump(), password=drawn)


@router.patch("/{user_id}", responses=problems(401, 403, 404, 409, 422))
async def change_user(
    user_id: Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,36}$")], body: UserChange, house: HouseDep, admin: Admin
) -> UserOut:
    """Switch a user off (their sessions end at once) or on again; write down his own telephone number."""
    if user_id == admin.id and body.active is not None:
        raise Problem(409, "you cannot switch yourself off")
    if await house.access.user(user_id) is None:
        raise Problem(404, "there is no such user")
    if body.own_number is not None:
        number = written_number(body.own_number, "own_number") if body.own_number.strip() else None
        if number is not None and not house.site.may_dial(number):
            raise Problem(422, BARRED, errors=[OrderRefused("own_number", BARRED)])
        await house.access.set_own_number(user_id, number)
        await house.access.audit(admin.id, "user.own_number", user_id, {})
    if body.active is not None:
        await house.access.set_active(user_id, body.active)
        await house.access.audit(admin.id, "user.on" if body.active else "user.off", user_id, {})
    await _tell(house)
    changed = await house.access.user(user_id)
    if changed is None:
        raise Problem(404, "there is no such user")
    return _shown(changed)


async def _tell(house: House) -> None:
    try:
        await house.site.on_users_changed()
    except Exception:  # the user is there all the same; their phone follows at the next start or change
        log.exception("users changed, but their phones could not be made anew")


def _shown(user: User) -> UserOut:
    return UserOut(
        id=user.id,
        login=user.login,
        name=user.name,
        role=user.role,
        language=user.language,
        active=user.active,
        device_uri=user.device_uri,
        own_number=user.own_number,
    )

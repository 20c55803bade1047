"""People: who may come in, new passwords, and in the demo the robot colleague's switch. Hiring itself is api_users.py."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from ..access.password import new_password
from ..access.permission import Permission, Role
from ..access.user import User
from .board_data import robot_state
from .house import House, HouseDep
from .i18n import N_
from .pages import render
from .problem import Problem, problems
from .security import require

ROLE_NAMES = {
    Role.ADMIN: N_("Администратор"),
    Role.SUPERVISOR: N_("Супервизор"),
    Role.OPERATOR: N_("Оператор"),
    Role.QA: N_("Контроль качества"),
    Role.API: N_("Программа"),
}
HIRED = (Role.OPERATOR, Role.SUPERVISOR, Role.QA)

router = APIRouter()
Admin = Annotated[User, Depends(require(Permission.USERS_ADMIN))]
Steerer = Annotated[User, Depends(require(Permission.QUEUE_STEER))]


@router.get("/people", include_in_schema=False)
async def people_page(request: Request, house: HouseDep, user: Admin) -> HTMLResponse:
    """The whole page."""
    return render(request, "people.html", user=user, **await _context(house))


@router.get("/people/parts", include_in_schema=False)
async def people_parts(request: Request, house: HouseDep, user: Admin) -> HTMLResponse:
    """Its parts, after a change."""
    return render(request, "people_parts.html", user=user, **await _context(house))


async def _context(house: House) -> dict[str, Any]:
    return {
        "people": await house.access.users(),
        "role_name": ROLE_NAMES,
        "hired_roles": HIRED,
        "robot_on": await robot_state(house),
    }


class NewPassword(BaseModel):
    """`password` is shown this once; the user's sessions have ended."""

    login: str
    name: str
    password: str


@router.post("/api/v1/users/{user_id}/password", tags=["users"], responses=problems(401, 403, 404, 409))
async def draw_password(user_id: str, house: HouseDep, admin: Admin) -> NewPassword:
    """A new password in the place of a lost one."""
    if user_id == admin.id:
        raise Problem(409, "your own password is not changed like this")
    user = await house.access.user(user_id)
    if user is None:
        raise Problem(404, "there is no such user")
    drawn = new_password()
    await house.access.set_password(user_id, drawn)
    await house.access.audit(admin.id, "user.password", user_id, {})
    return NewPassword(login=user.login, name=user.name, password=drawn)


class RobotState(BaseModel):
    model_config = ConfigDict(extra="forbid")
    on: bool


@router.post("/api/v1/demo/robot", tags=["demo"], responses=problems(401, 403, 404, 422))
async def switch_robot(wanted: RobotState, house: HouseDep, user: Steerer) -> RobotState:
    """Begin or end the robot colleague's shift; only the demo has one."""
    robot = house.site.robot if house.site.demo else None
    if robot is None:
        raise Problem(404, "there is no robot here")
    await robot.switch(wanted.on)
    await house.access.audit(user.id, "demo.robot", "robot", {"on": wanted.on})
    return RobotState(on=await robot.is_on())

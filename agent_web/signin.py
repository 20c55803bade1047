"""Coming in and going out: the sign-in page, the session cookie, the language of the screens."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from ..access.store import SESSION_LIFE
from ..access.user import TooManyAttempts, User
from .house import House, HouseDep
from .i18n import N_, Language, words
from .pages import home_of, language_of, render
from .security import cookie_name, public, require, user_of

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1", tags=["me"])


@router.get("/", dependencies=[Depends(public)])
async def front_door(request: Request, house: HouseDep) -> RedirectResponse:
    """To work, or to the sign-in page."""
    user = await user_of(request, house)
    return RedirectResponse(home_of(user) if user else "/sign-in", 303)


@router.get("/sign-in", dependencies=[Depends(public)])
async def sign_in_page(
    request: Request, house: HouseDep, next_: Annotated[str, Query(alias="next", max_length=500)] = ""
) -> Response:
    """The form; somebody who is already in goes on to work."""
    user = await user_of(request, house)
    if user is not None:
        return RedirectResponse(_landing(user, next_), 303)
    return _form(request, house, "", "", next_, 200)


@router.post("/sign-in", dependencies=[Depends(public)])
async def sign_in(
    request: Request,
    house: HouseDep,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next_: Annotated[str, Form(alias="next", max_length=500)] = "",
) -> Response:
    """A new session, or the form again with what is wrong: 401 wrong, 429 too many tries."""
    say = words(language_of(request)).say
    address = request.client.host if request.client else ""
    try:
        user = await house.access.check_password(login, password, address)
    except TooManyAttempts as closed:
        minutes = -(-closed.retry_after_s // 60)
        told = say(N_("Слишком много попыток. Попробуйте через %(minutes)s мин."), minutes=minutes)
        page = _form(request, house, told, login, next_, 429)
        page.headers["Retry-After"] = str(closed.retry_after_s)
        return page
    if user is None:
        await _audit_refusal(house, login)
        left = await house.access.attempts_left(login)
        told = say(N_("Логин или пароль не подошли. Осталось попыток: %(left)s."), left=left)
        return _form(request, house, told, login, next_, 401)
    return await _let_in(request, house, user, next_)


@router.post("/sign-out", dependencies=[Depends(public)])
async def sign_out(request: Request, house: HouseDep) -> RedirectResponse:
    """End the session, if there is one."""
    name = cookie_name(house.site.secure)
    user = await user_of(request, house)
    await house.access.close_session(request.cookies.get(name, ""))
    if user is not None:
        await house.access.audit(user.id, "session.close", user.id, {})
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(name, path="/", secure=house.site.secure, httponly=True, samesite="lax")
    return answer


class LanguageChoice(BaseModel):
    language: Language


@api.post("/me/language", status_code=204)
async def choose_language(choice: LanguageChoice, house: HouseDep, user: Annotated[User, Depends(require())]) -> None:
    """The language of this user's screens from now on."""
    await house.access.set_language(user.id, choice.language)


router.include_router(api)


def _form(request: Request, house: House, told: str, login: str, next_: str, status: int) -> HTMLResponse:
    return render(
        request, "signin.html", status=status, problem=told, login=login, next=next_, shop_name=house.site.shop_name
    )


async def _let_in(request: Request, house: House, user: User, next_: str) -> RedirectResponse:
    """A fresh token at each sign-in: one that somebody planted before is worth nothing."""
    name = cookie_name(house.site.secure)
    await house.access.close_session(request.cookies.get(name, ""))
    token = await house.access.open_session(user.id, request.headers.get("user-agent", ""))
    await house.access.audit(user.id, "session.open", user.id, {})
    answer = RedirectResponse(_landing(user, next_), 303)
    answer.set_cookie(
        name,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path="/",
        secure=house.site.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


async def _audit_refusal(house: House, login: str) -> None:
    """Only a known login is written down: an unknown one may be a password typed into the wrong field."""
    known = await house.access.user_by_login(login)
    if known is not None:
        await house.access.audit(None, "session.refused", known.id, {})


def _landing(user: User, next_: str) -> str:
    """Where they wanted to go if it is an address of ours, else where their work is."""
    ours = next_.startswith("/") and not next_.startswith("//") and "\\" not in next_ and next_.isprintable()
    return next_ if ours and not next_.startswith("/sign-") else home_of(user)

"""No route without a guard; who may do what; whose request it is."""

import re
from collections.abc import Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from cordboard.access.permission import ROLE_PERMISSIONS, Permission, Role
from cordboard.access.user import User
from cordboard.agent_web.security import Require, public, require
from tests.agent_web.conftest import Web


def calls(dependant: Dependant) -> Iterator[object]:
    for part in dependant.dependencies:
        yield part.call
        yield from calls(part)


def guards(app: FastAPI) -> dict[str, list[object]]:
    """`GET /path` of every route to what guards it: the Require objects, or `public`."""
    found: dict[str, list[object]] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        present: list[object] = []
        if dependant is not None:
            present = [call for call in calls(dependant) if isinstance(call, Require) or call is public]
        for method in sorted(route.methods or {"ANY"}):
            found[f"{method} {route.path}"] = present
    return found


def unguarded(app: FastAPI) -> list[str]:
    return [route for route, present in guards(app).items() if not present]


def test_every_route_is_guarded_or_openly_public(web: Web) -> None:
    assert len(guards(web.app)) > 30
    assert unguarded(web.app) == []


def test_the_check_above_can_fail(web: Web) -> None:
    async def nothing() -> None: ...

    inner = APIRouter(prefix="/inner")
    inner.get("/forgotten")(nothing)
    inner.get("/guarded", dependencies=[Depends(require(Permission.SHOP_VIEW))])(nothing)
    web.app.include_router(inner)
    web.app.get("/also-forgotten")(nothing)
    web.app.mount("/mounted", FastAPI())
    assert unguarded(web.app) == ["GET /inner/forgotten", "GET /also-forgotten", "ANY /mounted"]


def test_open_to_all_are_these_and_no_others(web: Web) -> None:
    opened = {route for route, present in guards(web.app).items() if public in present}
    assert opened == {
        "GET /",
        "GET /sign-in",
        "POST /sign-in",
        "POST /sign-out",
        "GET /healthz",
        "GET /api/openapi.json",
        "GET /static/{version}/{name:path}",
        "GET /favicon.ico",
        "GET /i18n/en.json",
        "GET /call",
        "POST /api/v1/web-call/token",
        "POST /api/v1/web-call/offer",
        "POST /api/v1/web-call/end",
        "GET /callback",
        "POST /callback",
        "GET /callback/{queue}",
        "POST /callback/{queue}",
        "GET /callback/b/{token}",
        "POST /callback/b/{token}/move",
        "POST /callback/b/{token}/cancel",
        "GET /order/{token}",
        "POST /order/{token}",
        "GET /chat",
        "GET /api/v1/chat",
        "POST /api/v1/chat/start",
        "GET /api/v1/chat/messages",
        "POST /api/v1/chat/messages",
        "POST /api/v1/chat/typing",
        "POST /api/v1/chat/read",
        "POST /api/v1/chat/end",
        "POST /api/v1/chat/callback",
        "GET /api/v1/chat/stream",
    }


@pytest.mark.parametrize("role", Role)
async def test_every_route_refuses_the_roles_without_its_permission(web: Web, role: Role) -> None:
    """Every route x every role: 403 exactly where the role has not all permissions that the route asks for. Nothing is done here:
    a request without a body or with an unknown id is refused later, and streams are not opened."""
    skip = {"GET /live", "POST /sign-out"}
    async with web.program(role) as program:
        for route, present in guards(web.app).items():
            wanted = {call.permission for call in present if isinstance(call, Require)} - {None}
            method, path = route.split()
            if route in skip or not wanted or method == "HEAD":
                continue
            answer = await program.request(method, re.sub(r"\{[^}]+\}", "none", path))
            allowed = wanted <= ROLE_PERMISSIONS[role] or path == "/metrics"
            assert (answer.status_code == 403) == (not allowed), f"{role} {route}: {answer.status_code}"


async def test_without_a_name_nothing_but_the_open_routes_answers(web: Web) -> None:
    async with web.asker(client=("192.0.2.9", 1), Accept="application/json") as asker:
        for route, present in guards(web.app).items():
            method, path = route.split()
            if public in present or method == "HEAD":
                continue
            answer = await asker.request(method, re.sub(r"\{[^}]+\}", "none", path))
            assert answer.status_code == 401, f"{route}: {answer.status_code}"
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://cordboard.test:8443"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_a_change_sent_by_a_strangers_page_is_refused(web: Web, headers: dict[str, str]) -> None:
    user = await web.user(Role.OPERATOR)
    async with web.asker() as browser:
        browser.cookies.set("cordboard", await web.house.access.open_session(user.id, "test"))
        answer = await browser.post("/api/v1/me/language", json={"language": "en"}, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["detail"] == "this request came from another site"
        assert (await browser.post("/sign-in", data={"login": "operator"}, headers=headers)).status_code == 403
        ours = await browser.post(
            "/api/v1/me/language", json={"language": "en"}, headers={"Origin": "http://cordboard.test"}
        )
        assert ours.status_code == 204


async def test_a_strangers_page_may_not_read_or_embed_but_a_link_works(web: Web) -> None:
    user = await web.user(Role.SUPERVISOR)
    async with web.asker(Sec_Fetch_Site="cross-site", Accept="text/html") as browser:
        browser.cookies.set("cordboard", await web.house.access.open_session(user.id, "test"))
        answer = await browser.get("/")
        assert answer.status_code == 303
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "access-control-allow-origin" not in answer.headers


async def test_a_wrong_key_is_nobody_whatever_cookie_comes_along(web: Web) -> None:
    user = await web.user(Role.ADMIN)
    async with web.browser(user) as browser:
        assert (await browser.get("/api/v1/users")).status_code == 200
        for header in ("Bearer cb_wrong", "Bearer ", "Basic YTpi", "nonsense"):
            assert (await browser.get("/api/v1/users", headers={"Authorization": header})).status_code == 401


async def test_one_route_may_ask_twice_and_is_answered_once(web: Web) -> None:
    """`require` in a router and again in the route's arguments is one object a permission: FastAPI runs it once."""
    seen: list[str] = []

    async def whoami(user: Annotated[User, Depends(require(Permission.SHOP_VIEW))]) -> str:
        seen.append(user.login)
        return user.login

    web.app.get("/twice", dependencies=[Depends(require(Permission.SHOP_VIEW))])(whoami)
    async with web.program() as program:
        assert (await program.get("/twice")).json() == "key:shop"
    assert require(Permission.SHOP_VIEW) is require(Permission.SHOP_VIEW)
    assert seen == ["key:shop"]

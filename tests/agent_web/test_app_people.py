"""Signing in and out, users for the administrator, health and figures."""

import re
from datetime import timedelta

import pytest
from prometheus_client import Counter

from cordboard.access.permission import Role
from cordboard.agent_web.i18n import words
from tests.agent_web.conftest import PASSWORD, Web

WRONG = "Логин или пароль не подошли. Осталось попыток: %(left)s."
CLOSED = "Слишком много попыток. Попробуйте через %(minutes)s мин."


async def sign_in(web: Web, **form: str) -> tuple[int, str, str]:
    async with web.asker(Accept="text/html", Accept_Language="en") as browser:
        answer = await browser.post("/sign-in", data=form)
        return answer.status_code, answer.headers.get("location", ""), answer.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    ("role", "home"),
    [(Role.OPERATOR, "/desk"), (Role.SUPERVISOR, "/board"), (Role.QA, "/quality"), (Role.ADMIN, "/board")],
)
async def test_each_role_comes_to_its_work(web: Web, role: Role, home: str) -> None:
    await web.user(role, "someone")
    status, location, cookie = await sign_in(web, login="Someone", password=PASSWORD)
    assert (status, location) == (303, home)
    assert re.match(r"cordboard=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax$", cookie)


async def test_behind_https_the_cookie_is_bound_to_the_host(web: Web) -> None:
    web.open(secure=True)
    await web.user(Role.OPERATOR)
    _, _, cookie = await sign_in(web, login="operator", password=PASSWORD)
    assert cookie.startswith("__Host-cordboard=")
    assert "; Secure" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/campaigns?x=1", "/campaigns?x=1"),
        ("//evil.example", "/board"),
        ("https://evil.example", "/board"),
        ("/\\evil.example", "/board"),
        ("/\t/evil.example", "/board"),
        ("/sign-in", "/board"),
        ("", "/board"),
    ],
)
async def test_after_signing_in_one_is_led_to_our_own_pages_only(web: Web, asked: str, led: str) -> None:
    await web.user(Role.SUPERVISOR)
    assert (await sign_in(web, login="supervisor", password=PASSWORD, next=asked))[:2] == (303, led)


async def test_a_session_begins_and_ends(web: Web) -> None:
    await web.user(Role.SUPERVISOR)
    async with web.asker(Accept="text/html") as browser:
        assert (await browser.get("/")).headers["location"] == "/sign-in"
        assert "Вход на смену" in (await browser.get("/sign-in")).text
        await browser.post("/sign-in", data={"login": "supervisor", "password": PASSWORD})
        assert (await browser.get("/")).headers["location"] == "/board"
        assert (await browser.get("/sign-in")).headers["location"] == "/board"
        token = browser.cookies["cordboard"]
        out = await browser.post("/sign-out")
        assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
        assert "cordboard" not in browser.cookies
    assert await web.house.access.session_user(token) is None
    actions = [row.action for row in await web.house.access.audit_rows()]
    assert sorted(actions) == ["session.close", "session.open"]


async def test_a_planted_session_is_not_the_one_that_is_signed_in(web: Web) -> None:
    user, mallory = await web.user(Role.SUPERVISOR), await web.user(Role.OPERATOR, "mallory")
    planted = await web.house.access.open_session(mallory.id, "planted")
    async with web.asker() as browser:
        browser.cookies.set("cordboard", planted)
        await browser.post("/sign-in", data={"login": "supervisor", "password": PASSWORD})
    assert await web.house.access.session_user(planted) is None
    assert user.role is Role.SUPERVISOR


async def test_wrong_passwords_are_counted_down_and_then_closed(web: Web) -> None:
    user = await web.user(Role.OPERATOR)
    async with web.asker(Accept="text/html", Accept_Language="en") as browser:
        form = {"login": "operator", "password": "wrong wrong wrong"}
        for left in (4, 3, 2, 1, 0):
            answer = await browser.post("/sign-in", data=form)
            assert answer.status_code == 401
            assert str(words("en").say(WRONG, left=left)) in answer.text
            assert "set-cookie" not in answer.headers
            assert 'value="operator"' in answer.text
            assert "wrong wrong" not in answer.text
        closed = await browser.post("/sign-in", data={"login": "operator", "password": PASSWORD})
        assert (closed.status_code, closed.headers["retry-after"]) == (429, "300")
        assert str(words("en").say(CLOSED, minutes=5)) in closed.text
        web.clock.move(minutes=5)
        assert (await browser.post("/sign-in", data={"login": "operator", "password": PASSWORD})).status_code == 303
    refused = await web.house.access.audit_rows(action="session.refused")
    assert [row.subject for row in refused] == [user.id] * 5


async def test_what_was_typed_as_an_unknown_login_is_not_kept(web: Web) -> None:
    assert (await sign_in(web, login="my secret password", password="x"))[0] == 401
    assert await web.house.access.audit_rows() == []


@pytest.mark.parametrize("login", ["<script>alert(1)</script>", "a\0b", "'; DROP TABLE users; --", "x" * 190])
async def test_odd_logins_are_text(web: Web, login: str) -> None:
    async with web.asker(Accept="text/html") as browser:
        answer = await browser.post("/sign-in", data={"login": login, "password": "y"})
    assert answer.status_code == 401
    assert "<script>alert" not in answer.text


async def test_the_language_is_remembered(web: Web) -> None:
    user = await web.user(Role.OPERATOR)
    async with web.browser(user) as browser:
        assert (await browser.post("/api/v1/me/language", json={"language": "en"})).status_code == 204
        assert (await browser.post("/api/v1/me/language", json={"language": "de"})).status_code == 422
    again = await web.house.access.user(user.id)
    assert again is not None
    assert again.language == "en"


async def test_an_administrator_makes_a_user_who_can_come_in(web: Web) -> None:
    async with web.browser(await web.user(Role.ADMIN)) as browser:
        made = await browser.post("/api/v1/users", json={"login": "ilya", "name": "Илья Котов", "role": "operator"})
        assert made.status_code == 201
        assert web.users_changed == 1
        assert (
            await browser.post("/api/v1/users", json={"login": "ILYA", "name": "Х", "role": "qa"})
        ).status_code == 409
        listed = await browser.get("/api/v1/users")
        assert {user["login"] for user in listed.json()} == {"admin", "ilya"}
        assert "sip_secret" not in listed.text
        assert made.json()["password"] not in listed.text
    assert (await sign_in(web, login="ilya", password=made.json()["password"]))[1] == "/desk"
    [row] = await web.house.access.audit_rows(action="user.create")
    assert (row.subject, row.detail) == (made.json()["id"], {"role": "operator"})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"role": "api"}, "role"),
        ({"login": "a b"}, "login"),
        ({"password": "short"}, "password"),
        ({"device_uri": "sip:a@b\n[evil]"}, "device_uri"),
        ({"device_uri": "100&PJSIP/900@trunk"}, "device_uri"),
        ({"name": "a\x01b"}, "name"),
        ({"admin": True}, "admin"),
    ],
)
async def test_a_wrong_user_is_refused(web: Web, wrong: dict[str, object], field: str) -> None:
    async with web.browser(await web.user(Role.ADMIN)) as browser:
        body = {"login": "ilya", "name": "Илья", "role": "operator", **wrong}
        answer = await browser.post("/api/v1/users", json=body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert len((await browser.get("/api/v1/users")).json()) == 1
    assert web.users_changed == 0


async def test_an_operator_has_a_telephone_of_his_own_and_has_it_no_more(web: Web) -> None:
    admin, user = await web.user(Role.ADMIN), await web.user(Role.OPERATOR)
    address = f"/api/v1/users/{user.id}"
    async with web.browser(admin) as browser:
        set_to = await browser.patch(address, json={"own_number": "8 (916) 123-45-67"})
        assert (set_to.status_code, set_to.json()["own_number"], set_to.json()["active"]) == (200, "+79161234567", True)
        assert web.users_changed == 1, "his seat follows"
        wrong = await browser.patch(address, json={"own_number": "<b>позвони</b>"})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "own_number")
        assert (await browser.patch(address, json={"own_number": ""})).json()["own_number"] is None


async def test_a_user_who_is_switched_off_is_out_at_once(web: Web) -> None:
    admin, user = await web.user(Role.ADMIN), await web.user(Role.SUPERVISOR)
    async with web.browser(admin) as browser, web.browser(user) as theirs:
        assert (await theirs.get("/api/v1/orders")).status_code == 200
        off = await browser.patch(f"/api/v1/users/{user.id}", json={"active": False})
        assert (off.status_code, off.json()["active"]) == (200, False)
        assert (await theirs.get("/api/v1/orders")).status_code == 401
        assert (await browser.patch(f"/api/v1/users/{admin.id}", json={"active": False})).status_code == 409
        assert (await browser.patch("/api/v1/users/none", json={"active": False})).status_code == 404


async def test_a_user_is_made_even_when_the_phones_cannot_follow(web: Web) -> None:
    async def broken() -> None:
        raise OSError("no Asterisk")

    web.open(on_users_changed=broken)
    async with web.browser(await web.user(Role.ADMIN)) as browser:
        answer = await browser.post("/api/v1/users", json={"login": "ilya", "name": "Илья", "role": "operator"})
    assert answer.status_code == 201


async def test_a_session_of_a_shift_ends(web: Web) -> None:
    async with web.browser(await web.user(Role.SUPERVISOR)) as browser:
        for _ in range(11):
            web.clock.move(hours=1)
            assert (await browser.get("/api/v1/orders")).status_code == 200
        web.clock.move(seconds=timedelta(hours=1).total_seconds())
        assert (await browser.get("/api/v1/orders")).status_code == 401


async def test_health_tells_each_part(web: Web) -> None:
    async with web.asker(client=("192.0.2.9", 1)) as asker:
        well = await asker.get("/healthz")
        assert (well.status_code, well.json()) == (200, {"status": "ok", "parts": {"database": "ok"}})
        web.health.update(status="degraded", parts={"asterisk": "away"})
        ill = await asker.get("/healthz")
        assert (ill.status_code, ill.json()["parts"]) == (503, {"asterisk": "away"})


async def test_figures_are_for_this_machine_or_for_a_key(web: Web) -> None:
    Counter("cordboard_calls", "Calls", registry=web.house.metrics).inc(3)
    async with web.asker() as local:
        answer = await local.get("/metrics")
        assert "cordboard_calls_total 3.0" in answer.text
        assert (await local.get("/metrics", headers={"X-Forwarded-For": "198.51.100.1"})).status_code == 401
    async with web.asker(client=("192.0.2.9", 1)) as stranger:
        assert (await stranger.get("/metrics")).status_code == 401
        key = await web.house.access.create_api_key("prometheus", Role.API)
        assert (await stranger.get("/metrics", headers={"Authorization": f"Bearer {key}"})).status_code == 200
    async with web.browser(await web.user(Role.OPERATOR)) as operator:
        assert (await operator.get("/metrics", headers={"X-Forwarded-For": "198.51.100.1"})).status_code == 403

"""Every error is a problem with its shape, without a stack and without what was typed in; every answer carries its headers."""

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import Depends
from sqlalchemy.exc import ProgrammingError

from cordboard.access.permission import Role
from cordboard.agent_web.app import MAX_BODY, security_headers
from cordboard.agent_web.problem import field_path
from cordboard.agent_web.problem_texts import RUSSIAN, STATUSES, say
from cordboard.agent_web.security import public
from cordboard.shop.order import OrderStatus
from tests.agent_web.conftest import Web

ROOT = Path(__file__).resolve().parents[2]
PROBLEM = "application/problem+json"


async def test_unknown_addresses_and_methods_are_problems(web: Web) -> None:
    async with web.asker() as asker:
        for method, path, status in (
            ("GET", "/api/v1/nothing", 404),
            ("DELETE", "/healthz", 405),
            ("GET", "/nothing", 404),
        ):
            answer = await asker.request(method, path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
            assert answer.json()["status"] == status
            assert {"type", "title", "detail"} <= answer.json().keys()


async def test_a_browser_gets_a_page_in_its_language(web: Web) -> None:
    async with web.asker(Accept="text/html,*/*", Accept_Language="en") as browser:
        answer = await browser.get("/nothing")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "Not Found" in answer.text
        assert "Не найдено" in (await browser.get("/nothing?lang=ru")).text


async def test_a_page_without_a_session_leads_to_sign_in_and_back(web: Web) -> None:
    async with web.asker(Accept="text/html") as browser:
        answer = await browser.get("/board?x=1&y=2")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fboard%3Fx%3D1%26y%3D2")


@pytest.mark.parametrize("fault", [RuntimeError("secret detail"), ProgrammingError("secret", None, OSError("secret"))])
async def test_a_fault_of_ours_is_told_without_its_stack(web: Web, fault: Exception) -> None:
    async def broken() -> None:
        raise fault

    web.app.get("/api/v1/broken", dependencies=[Depends(public)])(broken)
    async with web.asker() as asker:
        answer = await asker.get("/api/v1/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert answer.json()["detail"] == "something broke on our side; try again"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_server_still_hears_of_the_fault(web: Web) -> None:
    import httpx2

    async def broken() -> None:
        raise RuntimeError("secret detail")

    web.app.get("/broken", dependencies=[Depends(public)])(broken)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=web.app), base_url="http://x") as asker:
        with pytest.raises(RuntimeError, match="secret detail"):
            await asker.get("/broken")


async def in_pieces(total: int) -> AsyncIterator[bytes]:
    for _ in range(total // 65536):
        yield b" " * 65536


@pytest.mark.parametrize("path", ["/api/v1/orders", "/sign-in", "/nothing"])
async def test_a_body_that_says_it_is_too_large_is_not_read(web: Web, path: str) -> None:
    async with web.program() as program:
        answer = await program.post(path, content=b"x" * (MAX_BODY + 1))
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    assert answer.json()["detail"] == "the request is larger than 1 MB"


async def test_a_body_that_only_turns_out_too_large_is_refused_too(web: Web) -> None:
    async with web.program() as program:
        json_headers = {"Content-Type": "application/json"}
        answer = await program.post("/api/v1/orders", content=in_pieces(2 * MAX_BODY), headers=json_headers)
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
        assert (await program.get("/api/v1/orders")).json() == []
        form_headers = {"Content-Type": "application/x-www-form-urlencoded"}
        form = await program.post("/sign-in", content=in_pieces(2 * MAX_BODY), headers=form_headers)
        assert (form.status_code, form.headers["content-type"]) == (413, PROBLEM)


async def test_a_lying_content_length_does_not_let_more_in(web: Web) -> None:
    async with web.program() as program:
        told = {"Content-Type": "application/json", "Content-Length": "10"}
        answer = await program.post("/api/v1/orders", content=in_pieces(2 * MAX_BODY), headers=told)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[1]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"external_id":' + b"9" * 5000 + b"}", b"NaN"],
)
async def test_a_malformed_body_is_the_askers_fault(web: Web, body: bytes) -> None:
    async with web.program() as program:
        answer = await program.post("/api/v1/orders", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == PROBLEM


async def test_errors_follow_the_language_that_is_asked_for(web: Web) -> None:
    async with web.asker(Accept_Language="ru-RU,ru;q=0.9") as asker:
        assert (await asker.get("/api/v1/orders")).json()["detail"] == "Сначала войдите"


async def test_every_answer_carries_the_headers(web: Web) -> None:
    user = await web.user(Role.SUPERVISOR)
    async with web.browser(user) as browser:
        for path in ("/healthz", "/sign-in", "/api/v1/orders", "/api/v1/none", "/api/openapi.json"):
            answer = await browser.get(path)
            assert answer.headers["cache-control"] == "no-store", path
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert "default-src 'none'" in answer.headers["content-security-policy"], path
            assert "unsafe" not in answer.headers["content-security-policy"], path


def test_the_policy_lets_the_page_talk_to_its_phone_and_nobody_else() -> None:
    policy = security_headers("wss://pbx.example:8089/ws?x", True)["Content-Security-Policy"]
    assert "connect-src 'self' wss://pbx.example:8089;" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self';" in security_headers("", False)["Content-Security-Policy"]
    assert "Strict-Transport-Security" in security_headers("", True)
    assert "Strict-Transport-Security" not in security_headers("", False)


def test_the_path_of_a_field_reads_like_code() -> None:
    assert field_path(("body", "items", 0, "price")) == "items[0].price"
    assert field_path(("body", "customer", "phone")) == "customer.phone"
    assert field_path(("body",)) == "body"
    assert field_path(("query", "limit")) == "limit"


def templates(path: Path) -> set[str]:
    """The texts that a file hands to Problem, OrderRefused and OrderClosed."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("Problem", "OrderRefused", "OrderClosed")
        ):
            text = node.args[1] if len(node.args) > 1 else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found.add(text.value)
    return found


def test_every_error_has_its_russian_with_the_same_places() -> None:
    raised = {text for room in ("shop", "agent_web") for path in (ROOT / room).glob("*.py") for text in templates(path)}
    assert len(raised) > 20
    assert sorted(raised - RUSSIAN.keys()) == []
    for english, russian in RUSSIAN.items():
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", russian)), english
    assert set(STATUSES) == set(OrderStatus)


def test_statuses_are_said_in_words() -> None:
    text = "an order that is {status} cannot become {wanted}"
    assert say("en", text, status=OrderStatus.TO_CONFIRM, wanted=OrderStatus.SHIPPED) == (
        "an order that is to confirm cannot become shipped"
    )
    assert (
        say("ru", text, status=OrderStatus.SHIPPED, wanted=OrderStatus.NEW)
        == "Из состояния «в пути» нельзя перейти в «новый»"
    )
    assert say("ru", "a text nobody knows") == "a text nobody knows"

"""Errors as they leave the house: problem+json (RFC 9457) for programs, a page for people. Never a stack, never what was typed in."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ..shop.order import OrderRefused
from ..storage.database import TROUBLE, Fenced, is_away
from .campaign_reasons import in_russian
from .i18n import Language
from .pages import language_of, render
from .problem_texts import say

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One field that is wrong: `field` is its path in the body, as in `items[0].quantity`."""

    field: str
    reason: str


class Conflict(BaseModel):
    """One field that two people changed: as you saw it, as it stands, as you asked; a line of an order as its quantity and price."""

    field: str
    seen: Any
    theirs: Any
    yours: Any


class ProblemBody(BaseModel):
    """RFC 9457. `errors` is there when fields are wrong, `current_version` when somebody else was faster, `conflicts` when you both
    changed the same."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None
    current_version: int | None = None
    conflicts: list[Conflict] | None = None


class Problem(Exception):
    """An answer that is an error. `detail` and the orders' reasons are English templates, said in the reader's language; `values` fill it.

    A FieldError is said already, but for the reasons of campaigns.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[OrderRefused | FieldError] = (),
        headers: Mapping[str, str] | None = None,
        values: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.values = values
        self.errors = errors
        self.headers = headers
        self.extra = extra


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses=`: these errors, with their shape."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
        }
        for status in statuses
    }


def answer(
    request: Request,
    status: int,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    """The error in the form the asker reads: a page for a browser's navigation, problem+json for everybody else."""
    if _wants_page(request):
        return _page(request, status, detail, headers)
    told = say(language_asked(request), detail, **values or {})
    body = ProblemBody(title=HTTPStatus(status).phrase, status=status, detail=told, errors=list(errors) or None)
    shown = body.model_dump(exclude_none=True) | extra
    return JSONResponse(shown, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def _page(request: Request, status: int, detail: str, headers: Mapping[str, str] | None) -> Response:
    if status == HTTPStatus.UNAUTHORIZED and request.method == "GET":
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/sign-in" if path == "/" else f"/sign-in?next={quote(path, safe='')}", 303)
    user = getattr(request.state, "user", None)
    language = language_of(request, user)
    title = say(language, HTTPStatus(status).phrase)
    page = render(request, "error.html", user=user, status=status, title=title, detail=say(language, detail))
    page.headers.update(dict(headers or {}))
    return page


def install(app: FastAPI) -> None:
    """Every way a request can be wrong leaves through here; our own faults leave through app.Guard."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(OrderRefused, _on_refused)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Fenced, _on_fenced)
    for trouble in TROUBLE:
        app.add_exception_handler(trouble, _on_database)


def language_asked(request: Request) -> Language:
    return "ru" if request.headers.get("accept-language", "").strip()[:2].lower() == "ru" else "en"


async def _on_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    errors = [_field_error(request, refused) for refused in problem.errors]
    return answer(
        request, problem.status, problem.detail, errors, problem.headers, values=problem.values, **problem.extra
    )


async def _on_refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, OrderRefused)
    return answer(request, 422, "the order was refused", [_field_error(request, refused)])


def _field_error(request: Request, refused: OrderRefused | FieldError) -> FieldError:
    if isinstance(refused, FieldError):
        reason = in_russian(refused.reason) if language_asked(request) == "ru" else refused.reason
        return FieldError(field=refused.field, reason=reason)
    return FieldError(field=refused.field, reason=say(language_asked(request), refused.template, **refused.values))


async def _on_fenced(request: Request, _fenced: Exception) -> Response:
    """Nothing was written; the other engine, behind the same proxy, will do it."""
    return answer(request, 503, "another engine leads; this one stands by", headers={"Retry-After": "1"})


async def _on_database(request: Request, trouble: Exception) -> Response:
    """Asked once more, it may be done; what was asked wrongly is a fault of ours."""
    if not is_away(trouble):
        raise trouble
    log.error("%s: the database cannot: %s", request.url.path, type(trouble).__name__)
    return answer(
        request, 503, "nothing can be kept or looked up at the moment; try again", headers={"Retry-After": "2"}
    )


async def _on_invalid(request: Request, invalid: Exception) -> Response:
    assert isinstance(invalid, RequestValidationError)
    errors = [
        FieldError(field=field_path(error["loc"]), reason=str(error["msg"]).removeprefix("Value error, "))
        for error in invalid.errors()
    ]
    return answer(request, 422, "some fields are wrong", errors)


def field_path(location: Sequence[str | int]) -> str:
    """("body", "items", 0, "price") -> `items[0].price`; ("query", "limit") -> `limit`."""
    path = ""
    for part in location[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or str(location[0])


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    texts = {
        400: "the request could not be read",
        404: "there is nothing here",
        405: "this address does not take this method",
        413: "the request is larger than 1 MB",
    }
    return answer(
        request,
        error.status_code,
        texts.get(error.status_code, HTTPStatus(error.status_code).phrase),
        (),
        error.headers,
    )

"""The web application: one house in, one ASGI application out."""

import re
from functools import cache
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import (
    api_customers,
    api_orders,
    api_products,
    api_users,
    asking_pages,
    assets,
    board_pages,
    call_control_api,
    callback_api,
    callback_move_pages,
    callback_pages,
    callbacks_pages,
    campaign_api,
    campaign_leads_api,
    campaign_pages,
    chat_api,
    chat_pages,
    desk_api,
    desk_chat_api,
    desk_customer_api,
    desk_dial_api,
    desk_drafts_api,
    desk_keys_api,
    desk_number_api,
    desk_pages,
    desk_results_api,
    do_not_call_api,
    do_not_call_pages,
    health,
    import_api,
    import_pages,
    leads_api,
    live,
    machines_api,
    machines_pages,
    messages_api,
    own_figures,
    page_reports_api,
    people_pages,
    problem,
    quality_pages,
    script_api,
    scripts_api,
    setup_api,
    setup_pages,
    signin,
    trunk_api,
    trunk_pages,
    waiting_pages,
    waiver_api,
    web_call_pages,
    what_if_api,
    what_if_pages,
)
from .house import House
from .problem import ProblemBody
from .security import same_site
from .turns import PagesTakeTurns, Turns

MAX_BODY = 1_048_576  # bytes; everything a page or the shop's system sends is far smaller

_FILES = re.compile(r"/api/v1/campaigns/[^/]+/imports")

ROUTERS = (
    signin.router,
    api_orders.router,
    api_customers.router,
    api_products.router,
    asking_pages.router,
    api_users.router,
    health.router,
    assets.router,
    live.router,
    own_figures.router,  # its page lies below the desk's
    desk_pages.router,
    desk_api.router,
    desk_drafts_api.router,
    messages_api.router,
    desk_results_api.router,
    desk_customer_api.router,
    script_api.router,
    waiver_api.router,
    scripts_api.router,
    desk_dial_api.router,
    desk_number_api.router,
    desk_keys_api.router,
    call_control_api.router,
    call_control_api.park_router,
    board_pages.router,
    campaign_pages.router,
    campaign_api.router,
    campaign_leads_api.router,
    do_not_call_pages.router,
    do_not_call_api.router,
    trunk_pages.router,
    trunk_api.router,
    callback_api.router,
    callback_pages.router,
    callback_move_pages.router,
    callbacks_pages.router,
    leads_api.router,
    import_api.router,
    import_pages.router,
    people_pages.router,
    page_reports_api.router,
    machines_api.router,
    machines_pages.router,
    quality_pages.router,
    waiting_pages.router,
    setup_api.router,
    setup_pages.router,
    web_call_pages.router,
    chat_pages.router,
    chat_api.router,
    desk_chat_api.router,
    what_if_api.router,
    what_if_pages.router,
)


@cache
def routes() -> tuple[BaseRoute, ...]:
    """Every address with what it takes and gives. FastAPI reads that out of the code at the first request, which takes long; it knows
    nothing of a house, so the houses of one process share it."""
    all_of_them = APIRouter(dependencies=[Depends(same_site)])
    for router in ROUTERS:
        all_of_them.include_router(router)
    return tuple(all_of_them.routes)


def create_app(house: House) -> FastAPI:
    """The pages and the API of one house. Nothing is global: two houses can live in one process."""
    app = FastAPI(
        title="Cordboard",
        version=house.site.version,
        description="A contact centre engine for shops. Errors are `application/problem+json`; money is in kopecks; instants carry a zone.",
        openapi_url=None,  # served by health.py, so that it carries the `public` mark like every open route
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(same_site)],
        routes=[*routes()],
    )
    app.state.house = house
    problem.install(app)
    app.add_middleware(PagesTakeTurns, turns=Turns())
    app.add_middleware(Guard, headers=security_headers(house.site.websocket_url, house.site.secure))
    _document_problems(app)
    return app


def _document_problems(app: FastAPI) -> None:
    """The error's shape stands in the schema once, for every `$ref` of problems()."""
    plain = app.openapi

    def openapi() -> dict[str, object]:
        schema = plain()
        parts = schema.setdefault("components", {}).setdefault("schemas", {})
        shape = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        parts.update(shape.pop("$defs", {}))
        parts["ProblemBody"] = shape
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def security_headers(websocket_url: str, secure: bool) -> dict[str, str]:
    """What every answer carries unless its route says otherwise (a static file may be kept, a page's policy may be narrower)."""
    phone = urlsplit(websocket_url)
    origin = f" {phone.scheme}://{phone.netloc}" if phone.netloc else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'{origin}; media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return headers | ({"Strict-Transport-Security": "max-age=31536000"} if secure else {})


class Guard:
    """Puts the security headers on every answer, tells a fault of ours as a problem without its stack, and stops a body that is too
    large: at once when it says so, else at the byte that is too many (FastAPI's own `max_body_size` answers in plain text)."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, read = False, 0
        takes_files = _takes_files(scope)

        async def receive_guarded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY and not takes_files:
                raise HTTPException(413)
            return message

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                present = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    present.setdefault(name, value)
            await send(message)

        refusal = _refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, receive_guarded, send_guarded)
        except Exception:
            if not started:
                refusal = problem.answer(Request(scope), 500, "something broke on our side; try again")
                await refusal(scope, receive, send_guarded)
            raise  # the server logs it


def _refusal(scope: Scope) -> Response | None:
    """For what needs no reading: a body that says it is too large, an address with a NUL (no id of ours, and PostgreSQL chokes on it)."""
    if _announced(scope) > MAX_BODY and not _takes_files(scope):
        return problem.answer(Request(scope), 413, "the request is larger than 1 MB")
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return problem.answer(Request(scope), 400, "the request could not be read")
    return None


def _takes_files(scope: Scope) -> bool:
    """Whether the route reads its body piece by piece to the disk, and knows its own limit (import_api.py)."""
    return scope["method"] == "POST" and _FILES.fullmatch(scope["path"]) is not None


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0

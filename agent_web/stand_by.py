"""What an engine answers while another one leads: 503 to everything, so that a proxy before both asks the leader."""

from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from .problem import MEDIA_TYPE, ProblemBody, language_asked
from .problem_texts import say

HEADERS = {"Retry-After": "1", "Connection": "close", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


async def stand_by(scope: Scope, receive: Receive, send: Send) -> None:
    """The whole application. `/healthz` says `{"status": "stand_by"}`, all else is a problem; no page, for its files are the leader's."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1012})
        return
    request = Request(scope)
    if request.url.path == "/healthz":
        answer = JSONResponse({"status": "stand_by"}, 503, headers=HEADERS)
    else:
        detail = say(language_asked(request), "another engine leads; this one stands by")
        told = ProblemBody(title="Service Unavailable", status=503, detail=detail).model_dump(exclude_none=True)
        answer = JSONResponse(told, 503, headers=HEADERS, media_type=MEDIA_TYPE)
    await answer(scope, receive, send)

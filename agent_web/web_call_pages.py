"""A call from the site: the public page with its one button, and the few requests that it sends. Sound never passes here."""

from secrets import token_urlsafe
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ..shop.phone import BadPhone, to_e164
from ..telephony.web_call import Caller, LineDown, WebCalls
from ..telephony.web_call_gate import TicketFault, TicketRefused, TooMany
from ..telephony.web_call_offer import MAX_OFFER, OfferFault, OfferRefused
from .house import House, HouseDep
from .i18n import Language
from .pages import language_of, render
from .problem import Problem, problems
from .security import public

router = APIRouter()
api = APIRouter(prefix="/api/v1/web-call", tags=["calls from the site"])

_TICKETS = {
    TicketFault.EXPIRED: "this page has waited too long; call again",
    TicketFault.USED: "this call was already begun; call again",
    TicketFault.FORGED: "this page may not call; load it again",
}
_OFFERS = {
    OfferFault.TOO_LONG: "your browser sent more than a call needs; load the page again",
    OfferFault.UNREADABLE: "your browser sent what we cannot read; load the page again, or try another browser",
    OfferFault.NO_AUDIO: "your browser offered no sound; allow the microphone and call again",
    OfferFault.NO_ULAW: "your browser does not speak the sound of telephones; try another browser",
    OfferFault.EXTRA_MEDIA: "your browser offered more than sound; load the page again",
}


class TicketWanted(BaseModel):
    queue: Annotated[str, Field(max_length=40)] = ""
    language: Language = "ru"


class TicketGiven(BaseModel):
    """Good for one call, within a minute, from this browser."""

    token: str


class CallOffer(BaseModel):
    """`sdp` is the browser's offer with its addresses; `name` and `phone` what the visitor likes to tell."""

    sdp: Annotated[str, Field(max_length=4 * MAX_OFFER)]
    token: Annotated[str, Field(max_length=1000)]
    name: Annotated[str, Field(max_length=200)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""


class CallAnswer(BaseModel):
    """`call` is the page's secret to end the call with."""

    sdp: str
    call: str


class CallEnd(BaseModel):
    call: Annotated[str, Field(max_length=100)]


@router.get("/call", include_in_schema=False, dependencies=[Depends(public)])
async def call_page(
    request: Request, house: HouseDep, queue: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """The page. Its ticket is bound to a cookie that only this browser has."""
    calls = _calls(house)
    calls.expect()
    name = _cookie(house)
    key = request.cookies.get(name) or token_urlsafe(24)
    page = render(
        request,
        "web_call.html",
        shop_name=house.site.shop_name,
        ticket=calls.ticket(key, queue, language_of(request)),
        queue=queue,
        sound_processing=house.site.sound_processing,
    )
    page.set_cookie(name, key, path="/", secure=house.site.secure, httponly=True, samesite="strict")
    return page


@api.post("/token", dependencies=[Depends(public)], responses=problems(403, 404))
async def token(wanted: TicketWanted, request: Request, house: HouseDep) -> TicketGiven:
    """A fresh ticket for a page that was open for a while, or calls again."""
    key = request.cookies.get(_cookie(house))
    if not key:
        raise Problem(403, "this page may not call; load it again")
    return TicketGiven(token=_calls(house).ticket(key, wanted.queue, wanted.language))


@api.post("/offer", dependencies=[Depends(public)], responses=problems(403, 404, 422, 429, 503))
async def offer(wanted: CallOffer, request: Request, house: HouseDep) -> CallAnswer:
    """Begin a call: the browser's offer, our answer. Everything else comes over the call's own data channel."""
    caller = Caller(request.client.host if request.client else "", wanted.name, _number(wanted.phone))
    key = request.cookies.get(_cookie(house), "")
    try:
        taken = await _calls(house).take(wanted.token, key, wanted.sdp, caller)
    except TicketRefused as refused:
        raise Problem(403, _TICKETS[refused.fault], fault=refused.fault.value) from refused
    except OfferRefused as refused:
        raise Problem(422, _OFFERS[refused.fault], fault=refused.fault.value) from refused
    except TooMany as many:
        headers = {"Retry-After": str(many.retry_after_s)}
        if many.yours:
            raise Problem(429, "too many calls from your network; try again in a minute", headers=headers) from many
        raise Problem(503, "all lines are busy; try again in a minute", headers=headers) from many
    except LineDown as down:
        headers = {"Retry-After": "30"}
        raise Problem(503, "calls from the site do not work right now; try again soon", headers=headers) from down
    return CallAnswer(sdp=taken.sdp, call=taken.call)


@api.post("/end", status_code=204, dependencies=[Depends(public)])
async def end(wanted: CallEnd, house: HouseDep) -> None:
    """The page is leaving. An unknown call is nothing: goodbyes may come twice."""
    await _calls(house).leave(wanted.call)


router.include_router(api)


def _calls(house: House) -> WebCalls:
    if house.web_calls is None:
        raise Problem(404, "there is nothing here")
    return house.web_calls


def _cookie(house: House) -> str:
    return "__Host-cb-call" if house.site.secure else "cb-call"


def _number(typed: str) -> str:
    """E.164; nothing typed is nothing. A number that cannot be called back is worth saying at once."""
    if not typed.strip():
        return ""
    try:
        return to_e164(typed)
    except BadPhone as bad:
        raise Problem(422, "this is not a phone number; correct it or leave it empty", fault="phone") from bad

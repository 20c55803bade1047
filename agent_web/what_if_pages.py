"""A forecast on a campaign's page, as it is made and once it is ready. The panel around it: campaign_what_if.html."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from ..dialer.what_if_question import OVER, State
from .house import HouseDep
from .i18n import words
from .pages import language_of, render
from .security import require
from .what_if_api import known_question
from .what_if_view import STATES, knobs_said, knows_leads, rows_of, stands_on

router = APIRouter(include_in_schema=False)
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]


@router.get("/campaigns/{campaign_id}/what-ifs/{what_if_id}")
async def what_if(campaign_id: str, what_if_id: str, request: Request, house: HouseDep, user: Viewer) -> HTMLResponse:
    """How far a forecast is, and what it tells."""
    question = known_question(house, campaign_id, what_if_id)
    speech = words(language_of(request, user))
    job = question.job
    return render(
        request,
        "campaign_what_if_answer.html",
        user=user,
        what_if=question,
        state=STATES[question.state],
        is_over=question.state in OVER,
        is_ready=question.state in (State.DONE, State.APPLIED),
        before=house.dialer.what_if.place(question),
        rows=rows_of(question, speech),
        knobs=knobs_said(question.knobs, speech),
        stands_on=stands_on(question.stands_on, speech),
        knows_leads=knows_leads(question),
        may_apply=question.state is State.DONE and bool(question.knobs) and user.can(Permission.CAMPAIGN_STEER),
        operators=job.changed.operators,
        lines=job.changed.lines,
        supposed=question.asked.operators is not None or question.asked.lines is not None,
        hours_ahead=job.minutes,
        share=round(100 * question.done / max(1, job.runs)),
    )

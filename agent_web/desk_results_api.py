"""What a contact in hand may be closed with: its queue's tree of dispositions."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from ..access.permission import Permission
from ..access.user import User
from ..queue.disposition import Branch
from ..queue.disposition_tree import Twig, is_required, label_of, tree_of
from ..queue.setup import QueueSetup
from .desk_api import own_contact
from .house import HouseDep
from .i18n import N_, words
from .problem import language_asked, problems
from .security import require

router = APIRouter(prefix="/api/v1/desk", tags=["desk"])
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]

BRANCHES = {Branch.ORDER: N_("Заказ"), Branch.SERVICE: N_("Обращение"), Branch.NO_TALK: N_("Без разговора")}


class ReasonShown(BaseModel):
    code: str
    label: str


class ResultShown(BaseModel):
    """`reasons`: where there are any, one of their codes is chosen instead of this one."""

    code: str
    label: str
    wants_callback: bool
    reasons: list[ReasonShown]


class BranchShown(BaseModel):
    code: Branch
    label: str
    results: list[ResultShown]


class ResultsShown(BaseModel):
    """`required`: the end of the wrap-up time closes nothing, one has to be chosen."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "required": True,
                    "branches": [
                        {
                            "code": "order",
                            "label": "Order",
                            "results": [
                                {
                                    "code": "confirmed",
                                    "label": "Order confirmed",
                                    "wants_callback": False,
                                    "reasons": [],
                                },
                                {
                                    "code": "cancelled",
                                    "label": "Order cancelled",
                                    "wants_callback": False,
                                    "reasons": [{"code": "cancelled.too_dear", "label": "Too dear"}],
                                },
                            ],
                        }
                    ],
                }
            ]
        }
    )

    required: bool
    branches: list[BranchShown]


@router.get("/contacts/{contact_id}/dispositions", responses=problems(401, 403, 409))
async def read_results(
    contact_id: str, house: HouseDep, user: Operator, language: Annotated[str, Depends(language_asked)]
) -> ResultsShown:
    """The tree of this contact's queue, in the language you ask for."""
    contact, setup = own_contact(house, user, contact_id), house.desk.setup
    speech = words("en" if language == "en" else "ru")
    return ResultsShown(
        required=is_required(setup, contact.queue),
        branches=[
            BranchShown(
                code=limb.branch,
                label=speech.say(BRANCHES[limb.branch]),
                results=[_shown(setup, twig, language) for twig in limb.twigs],
            )
            for limb in tree_of(setup, contact.queue)
        ],
    )


def _shown(setup: QueueSetup, twig: Twig, language: str) -> ResultShown:
    means = twig.means
    return ResultShown(
        code=means.code,
        label=label_of(setup, means.code, language),
        wants_callback=means.wants_callback,
        reasons=[
            ReasonShown(code=leaf.code, label=leaf.reason.name_en if language == "en" else leaf.reason.name_ru)
            for leaf in twig.leaves
            if leaf.reason is not None
        ],
    )

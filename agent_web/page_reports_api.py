"""What a desk's page tells of its own quickness and of the sound of its talk, and what its operator is advised to do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from ..access.permission import Permission
from ..access.user import User
from ..telephony.sound_quality import Packets, Trouble
from .house import HouseDep
from .i18n import N_, words
from .page_reports import Sound
from .problem import language_asked, problems
from .security import require

ADVICE = {
    Trouble.LOSS: N_("Пакеты теряются. Подключитесь кабелем вместо Wi-Fi или сядьте ближе к роутеру."),
    Trouble.DELAY: N_("Звук идёт слишком долго. Отключите VPN, если он включён."),
    Trouble.JITTER: N_("Сеть занята. Остановите закачки и видео на этом компьютере и рядом."),
}

router = APIRouter(prefix="/api/v1/desk", tags=["desk"], responses=problems(401, 403, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]
Milliseconds = Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class SoundReported(BaseModel):
    """Of the last seconds of a talk, by WebRTC's own statistics. Lost: of what came here, and of what the other end says went missing."""

    contact_id: str = Field(max_length=40)
    lost_in_percent: Percent = Field(examples=[0.4])
    lost_out_percent: Percent = Field(examples=[0.0])
    jitter_ms: Milliseconds = Field(examples=[4.2])
    round_trip_ms: Milliseconds = Field(examples=[38.0])


class PageReport(BaseModel):
    """`card_ms`: from the news of each offer to its painted card; `action_ms`: from each press to the server's answer."""

    sound: SoundReported | None = None
    card_ms: list[Milliseconds] = Field(default=[], max_length=100)
    action_ms: list[Milliseconds] = Field(default=[], max_length=500)


class Heard(BaseModel):
    """`mos` is the estimated mean opinion score (1 to 4.5) of the reported sound; `advice` is '' while it is good enough."""

    mos: float | None = None
    trouble: Trouble | None = None
    advice: str = ""


@router.post("/report")
async def report(told: PageReport, request: Request, house: HouseDep, user: Operator) -> Heard:
    """Take what the page measured. Figures of a talk that is not this operator's count for nobody."""
    reports = house.page_reports
    for ms in told.card_ms:
        reports.painted(ms)
    for ms in told.action_ms:
        reports.acted(ms)
    if told.sound is None:
        return Heard()
    sound = Sound(house.clock.now(), told.sound.contact_id, packets_of(told.sound))
    contact = house.desk.contact(sound.contact_id)
    if contact is not None and contact.agent_id == user.id and reports.heard(user.id, sound):
        house.live.change_board()
    advice = words(language_asked(request)).say(ADVICE[sound.trouble]) if sound.trouble else ""
    return Heard(mos=round(sound.mos, 2), trouble=sound.trouble, advice=advice)


def packets_of(told: SoundReported) -> Packets:
    return Packets(told.lost_in_percent / 100, told.lost_out_percent / 100, told.jitter_ms, told.round_trip_ms)

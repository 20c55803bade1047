"""The pages where a supervisor sets the queues up. What they send goes to setup_api.py; here they are only shown."""

from collections import Counter
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from ..queue.channel import ChannelKind
from ..queue.disposition import DISPOSITIONS
from ..queue.metrics import waits
from ..queue.setup import TARGET_WAITS_S, QueueRules, QueueSetup, Seat
from ..queue.setup_edit import HOUSE, Noun, json_of
from ..queue.skill import LEVELS
from .desk_results_api import BRANCHES
from .house import House, HouseDep
from .i18n import N_, Words, words
from .pages import language_of, render
from .problem import Problem
from .security import require
from .setup_api import people_of, setup_of
from .setup_words import (
    ACTIONS,
    CHANNELS,
    LIFTS,
    STRATEGIES,
    WHEN,
    change_lines,
    finding_lines,
    name_of,
)

LOGGED = 60
A_PAGE = 50
"""How many operators stand on one page of the grid."""
MINUTES = frozenset({ChannelKind.SMS, ChannelKind.MESSENGER, ChannelKind.EMAIL})
"""The channels whose waits are said in minutes; the others in seconds."""
TABS = (
    ("/queues", N_("Очереди")),
    ("/queues/operators", N_("Операторы и навыки")),
    ("/queues/skills", N_("Навыки")),
    ("/queues/results", N_("Итоги")),
    ("/queues/pauses", N_("Паузы")),
    ("/queues/capacity", N_("Сколько сразу")),
    ("/queues/lifts", N_("Кого раньше")),
    ("/queues/history", N_("Кто что менял")),
)

router = APIRouter(prefix="/queues", include_in_schema=False)
Chief = Annotated[User, Depends(require(Permission.QUEUE_SETUP))]


class Screen:
    """What all of these pages are given: the setup, what is to be said of it, and names in the reader's language."""

    def __init__(self, setup: QueueSetup, speech: Words, people: dict[str, str], context: dict[str, Any]) -> None:
        self.setup, self.speech, self.people = setup, speech, people
        self.context = context

    def label(self, item: Any) -> str:
        return name_of(item, self.speech)

    def own(self, noun: Noun, key: str) -> list[dict[str, str]]:
        """The findings of one item, for the page's script to put beside their fields."""
        return [
            {"severity": line.severity.value, "field": line.field, "reason": line.reason}
            for line in self.context["findings"]
            if (line.noun, line.key) == (noun, key)
        ]


async def _screen(request: Request, house: House, user: User, tab: str) -> Screen:
    store = setup_of(house)
    setup, people = await store.load(), await people_of(house)
    speech = words(language_of(request, user))
    screen = Screen(setup, speech, people, {})
    screen.context |= {
        "setup": setup,
        "parts": "",
        "findings": finding_lines(await store.findings(), setup, people, speech),
        "label": screen.label,
        "tabs": TABS,
        "tab": tab,
        "queues": sorted(setup.queues.values(), key=lambda rules: (screen.label(rules), rules.code)),
        "skills": sorted(setup.skills.values(), key=lambda skill: (screen.label(skill), skill.code)),
        "channels": CHANNELS,
        "levels": LEVELS,
        "n": lambda value, scale=1: _number(value, scale, speech),
    }
    return screen


def _number(value: float | None, scale: float, speech: Words) -> str:
    """For a box that is typed into: no thousands apart, a comma where the reader writes one."""
    if value is None:
        return ""
    text = f"{value / scale:.6f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if speech.language == "ru" else text


@router.get("")
async def queues_page(request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    screen = await _screen(request, house, user, "/queues")
    now = Counter(contact.queue for contact in house.desk.contacts() if waits(contact))
    crew = Counter(code for seat in screen.setup.seats.values() for code in seat.queues)
    shown = screen.context | {"waiting": now, "crew": crew, "strategies": STRATEGIES}
    return render(request, "queues.html", user=user, **shown)


@router.get("/new")
async def new_queue_page(request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    return await _editor(request, house, user, QueueRules("", "", ""))


@router.get("/q/{code}")
async def queue_page(code: str, request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    rules = (await setup_of(house).load()).queues.get(code)
    if rules is None:
        raise Problem(404, "there is nothing here")
    return await _editor(request, house, user, rules)


async def _editor(request: Request, house: House, user: User, rules: QueueRules) -> HTMLResponse:
    screen = await _screen(request, house, user, "/queues")
    shown = screen.context | {
        "rules": rules,
        "version": await setup_of(house).version(Noun.QUEUE, rules.code),
        "own": screen.own(Noun.QUEUE, rules.code),
        "strategies": STRATEGIES,
        "whens": WHEN,
        "actions": ACTIONS,
        "in_minutes": MINUTES,
        "usual": TARGET_WAITS_S,
        "weekdays": _weekdays(screen.speech),
        "zones": sorted(available_timezones()),
        "home_zone": house.site.time_zone,
    }
    shown |= _tree(screen)
    return render(request, "queue_edit.html", user=user, **shown)


def _weekdays(speech: Words) -> list[str]:
    names = (N_("пн"), N_("вт"), N_("ср"), N_("чт"), N_("пт"), N_("сб"), N_("вс"))
    return [speech.say(name) for name in names]


@router.get("/skills")
async def skills_page(request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    screen = await _screen(request, house, user, "/queues/skills")
    have = Counter(code for seat in screen.setup.seats.values() for code in seat.skills)
    need = Counter(each.skill for rules in screen.setup.queues.values() for each in rules.needs)
    shown = screen.context | {
        "have": have,
        "need": need,
        "versions": await setup_of(house).versions(Noun.SKILL),
    }
    return render(request, "queue_skills.html", user=user, **shown)


@router.get("/pauses")
async def pauses_page(request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    screen = await _screen(request, house, user, "/queues/pauses")
    pauses = sorted(screen.setup.pause_codes.values(), key=lambda pause: (screen.label(pause), pause.code))
    shown = screen.context | {"pauses": pauses, "versions": await setup_of(house).versions(Noun.PAUSE_CODE)}
    return render(request, "queue_pauses.html", user=user, **shown)


@router.get("/results")
async def results_page(request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    """The tree of dispositions: the house's own, with this site's reasons below them."""
    screen = await _screen(request, house, user, "/queues/results")
    reasons = sorted(screen.setup.reasons.values(), key=lambda one: (screen.label(one), one.code))
    shown = screen.context | {"reasons": reasons, "versions": await setup_of(house).versions(Noun.REASON)}
    return render(request, "queue_results.html", user=user, **shown | _tree(screen))


def _tree(screen: Screen) -> dict[str, Any]:
    """Branches with their dispositions, in words."""
    english = screen.speech.language == "en"
    by_branch = {
        branch: (screen.speech.say(name), [one for one in DISPOSITIONS if one.branch is branch])
        for branch, name in BRANCHES.items()
    }
    return {"tree": by_branch, "result_label": lambda one: one.label_en if english else one.label_ru}


@router.get("/capacity")
async def capacity_page(request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    screen = await _screen(request, house, user, "/queues/capacity")
    with_own = [seat for seat in screen.setup.seats.values() if seat.capacity is not None]
    shown = screen.context | {
        "capacity": screen.setup.capacity,
        "version": await setup_of(house).version(Noun.CAPACITY),
        "own": screen.own(Noun.CAPACITY, HOUSE),
        "with_own": sorted((screen.people.get(seat.agent_id, seat.agent_id), seat.agent_id) for seat in with_own),
    }
    return render(request, "queue_capacity.html", user=user, **shown)


@router.get("/lifts")
async def lifts_page(request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    screen = await _screen(request, house, user, "/queues/lifts")
    version = await setup_of(house).version(Noun.LIFTS)
    shown = screen.context | {"lifts": LIFTS, "version": version, "own": screen.own(Noun.LIFTS, HOUSE)}
    return render(request, "queue_lifts.html", user=user, **shown)


@router.get("/operators")
async def operators_page(
    request: Request,
    house: HouseDep,
    user: Chief,
    find: Annotated[str, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> HTMLResponse:
    """Operators by name, those whose name holds `find`: what each serves, and how well he can what."""
    screen = await _screen(request, house, user, "/queues/operators")
    versions = await setup_of(house).versions(Noun.SEAT)
    seats = [
        (one, seat := screen.setup.seats.get(one.id, Seat(one.id)), json_of(Noun.SEAT, seat), versions.get(one.id, 0))
        for one in await house.access.users()
        if one.active and one.can(Permission.DESK_WORK) and find.strip().casefold() in one.name.casefold()
    ]
    shown = screen.context | {
        "seats": seats[(page - 1) * A_PAGE : page * A_PAGE],
        "count": len(seats),
        "find": find,
        "page": page,
        "pages": max(1, -(-len(seats) // A_PAGE)),
        "parts": f"/queues/operators?{urlencode({'find': find, 'page': page})}",
    }
    return render(request, "queue_operators.html", user=user, **shown)


@router.get("/operators/{agent_id}")
async def operator_page(agent_id: str, request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    """One operator's own capacity."""
    screen = await _screen(request, house, user, "/queues/operators")
    known = await house.access.user(agent_id)
    if known is None or not known.can(Permission.DESK_WORK):
        raise Problem(404, "there is no such agent")
    seat = screen.setup.seats.get(agent_id, Seat(agent_id))
    shown = screen.context | {
        "operator": known,
        "seat": seat,
        "capacity": screen.setup.capacity_of(agent_id),
        "version": await setup_of(house).version(Noun.SEAT, agent_id),
        "own": screen.own(Noun.SEAT, agent_id),
        "rest": {"queues": sorted(seat.queues), "skills": dict(seat.skills)},
    }
    return render(request, "queue_operator.html", user=user, **shown)


@router.get("/history")
async def history_page(request: Request, house: HouseDep, user: Chief) -> HTMLResponse:
    screen = await _screen(request, house, user, "/queues/history")
    changes = await setup_of(house).changes(LOGGED)
    lines = change_lines(changes, screen.setup, screen.people, screen.speech)
    shown = screen.context | {"changes": lines, "now": house.clock.now()}
    return render(request, "queue_history.html", user=user, **shown)

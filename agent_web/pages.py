"""What every page router shares: the template environments, `render`, static files with a version in their address, the language switch.

Static files live under /static/<version>/..., where the version is a checksum of the whole folder, so relative addresses inside
the styles and modules keep working and a browser may keep each file for ever.
"""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Any, cast

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..access.permission import ROLE_PERMISSIONS, Permission
from ..access.user import User
from .folding import Folding
from .i18n import LANGUAGES, N_, Language, is_language, minutes_seconds, phone, words

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
LANGUAGE_COOKIE, THEME_COOKIE, ZONE_COOKIE = "cb-lang", "cb-theme", "cb-zone"
THEMES = ("light", "dark")

# address, name, who may see it. The first that a user may see is where signing in leads.
SECTIONS: tuple[tuple[str, str, Permission], ...] = (
    ("/desk", N_("Рабочее место"), Permission.DESK_WORK),
    ("/board", N_("Табло"), Permission.QUEUE_VIEW),
    ("/queues/waiting", N_("Кто ждёт"), Permission.QUEUE_VIEW),
    ("/campaigns", N_("Обзвон"), Permission.CAMPAIGN_VIEW),
    ("/callbacks", N_("Обещанные звонки"), Permission.CAMPAIGN_VIEW),
    ("/quality", N_("Качество"), Permission.RECORDING_LIST),
    ("/queues", N_("Очереди"), Permission.QUEUE_SETUP),
    ("/people", N_("Люди"), Permission.USERS_ADMIN),
)


@cache
def static_files() -> dict[str, Path]:
    """Every file that may be served, by its path under static/."""
    return {path.relative_to(STATIC).as_posix(): path for path in sorted(STATIC.rglob("*")) if path.is_file()}


@cache
def static_version() -> str:
    """Ten hex digits over the names and bytes of everything static."""
    digest = hashlib.sha256()
    for name, path in static_files().items():
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:10]


def static_url(name: str) -> str:
    """The address of a static file. Raises KeyError for a file that is not there."""
    static_files()[name]
    return f"/static/{static_version()}/{name}"


def media_type(name: str) -> str:
    known = {".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".md": "text/markdown"}
    return known.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


@cache
def environment(language: Language) -> Environment:
    """The templates, speaking one language. An undefined name in a template is an error."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=[Folding],
        auto_reload=False,  # asking the disk at each part of each page was a tenth of what a page costs
    )
    speech = words(language)
    env.globals.update(
        _=speech.say,
        counted=speech.counted,
        static=static_url,
        language=language,
        languages=LANGUAGES,
    )
    env.filters.update(
        number=speech.number,
        percent=speech.percent,
        money=speech.money,
        time=speech.time,
        day=speech.day,
        moment=speech.moment,
        date=speech.date,
        weekday=speech.weekday,
        stamp=speech.stamp,
        end=speech.end,
        month=speech.month,
        mmss=minutes_seconds,
        phone=phone,
        initials=initials,
    )
    return env


def initials(name: str) -> str:
    """МС for Мария Соколова; at most two letters."""
    return "".join(part[0] for part in name.split()[:2]).upper()


def language_of(request: Request, user: User | None = None) -> Language:
    """?lang= first, then the user's own, then the cookie, then what the browser asks for; Russian when nothing is known."""
    accepted = request.headers.get("accept-language", "").split(",")
    asked = [
        request.query_params.get("lang"),
        user.language if user else None,
        request.cookies.get(LANGUAGE_COOKIE),
        *(part.strip()[:2].lower() for part in accepted),
    ]
    return cast(Language, next((found for found in asked if is_language(found)), "ru"))


def zone_of(request: Request) -> str:
    """The reader's own time zone, as the page's script told us; UTC until it has."""
    return request.cookies.get(ZONE_COOKIE, "UTC")


def sections_of(user: User | None) -> list[tuple[str, str]]:
    """(address, name) of the sections that this user may open."""
    allowed = ROLE_PERMISSIONS[user.role] if user else frozenset()
    return [(address, name) for address, name, permission in SECTIONS if permission in allowed]


def home_of(user: User) -> str:
    """Where a user lands after signing in."""
    return next((address for address, _ in sections_of(user)), "/sign-in")


def render(request: Request, name: str, *, user: User | None = None, status: int = 200, **context: Any) -> HTMLResponse:
    """A page or a fragment in the reader's language. app.py puts the strict CSP on every answer.

    Templates find, besides `context`: user, sections, theme, path, own_zone, and the globals and filters of `environment`.
    """
    theme = request.cookies.get(THEME_COOKIE)
    page = environment(language_of(request, user)).get_template(name)
    body = page.render(
        user=user,
        sections=sections_of(user),
        theme=theme if theme in THEMES else "",
        path=request.url.path,
        own_zone=zone_of(request),
        **context,
    )
    return HTMLResponse(body, status_code=status)

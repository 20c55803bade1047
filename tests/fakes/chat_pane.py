"""The operator's pane of a chat on a bare page of its own, served by a house of a test."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from cordboard.access.permission import Permission
from cordboard.access.user import User
from cordboard.agent_web.pages import environment, language_of, static_url
from cordboard.agent_web.security import require
from tests.fakes.desk_house import DeskHouse

PAGE = """{% extends 'base.html' %}{% import 'desk_chat.html' as chat %}
{% block css %}<link rel="stylesheet" href="{{static('chat.css')}}">{% endblock %}
{% block js %}<script type="module" src="/bare.js"></script>{% endblock %}
{% block body %}<main id="main" class="pane card">{{chat.chat_pane(contact)}}</main>{% endblock %}"""
SCRIPT = """import {{ ready, $ }} from "{core}";
import {{ Live }} from "{live}";
import {{ mountChat }} from "{pane}";
await ready;
const live = new Live();
mountChat($("[data-chat]"), live);
document.addEventListener("cb:again", () => {{
  const old = $("[data-chat]"), fresh = document.importNode(old, true);
  const held = document.activeElement?.id;
  old.replaceWith(fresh); document.getElementById(held)?.focus(); mountChat(fresh, live);
}});
"""


def lay_bare_pane(house: DeskHouse) -> None:
    """`/bare/<contact id>` shows the pane alone. The event cb:again paints and mounts it anew."""
    router = APIRouter()

    @router.get("/bare.js")
    async def script() -> Response:
        parts = {
            name: static_url(f"js/{file}.js")
            for name, file in (("core", "core"), ("live", "live"), ("pane", "chat_pane"))
        }
        return Response(SCRIPT.format(**parts), media_type="text/javascript")

    @router.get("/bare/{contact_id}")
    async def page(
        contact_id: str, request: Request, user: Annotated[User, Depends(require(Permission.DESK_WORK))]
    ) -> HTMLResponse:
        template = environment(language_of(request, user)).from_string(PAGE)
        return HTMLResponse(template.render(contact=contact_id, theme=""))

    house.app.include_router(router)

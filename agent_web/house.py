"""What the pages are given: the rooms below, joined by __main__."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry

from ..access.store import AccessStore
from ..reports.pauses_today import PausesToday
from ..reports.today import Today
from ..reports.wallboard import Targets
from ..shop.store import ShopStore
from ..storage.clock import Clock
from .page_reports import PageReports

if TYPE_CHECKING:
    from pathlib import Path

    from ..dialer.bookings import Bookings
    from ..dialer.dialer import Dialer
    from ..dialer.imports import Imports
    from ..dialer.machine_labels import Answerer, ScreenedCall
    from ..knowledge.runs import Runs
    from ..quality.store import RecordingStore
    from ..queue.channels.chat import ChatRoom
    from ..queue.desk import Desk
    from ..queue.drafts_store import DraftStore
    from ..queue.messages_store import MessageStore
    from ..queue.setup_store import SetupStore
    from ..shop.asking_store import Askings
    from ..shop.delivering import Delivering
    from ..shop.remote import RemoteShop
    from ..telephony.web_call import WebCalls
    from .live import LiveHub


async def _nothing() -> None:
    """Nobody asked to be told."""


async def _no_phone(_agent_id: str) -> None:
    """Nobody knows of telephones."""


class Screened(Protocol):
    """The calls that were screened for answering machines (works_machines.py)."""

    async def call(self, attempt_id: str) -> "ScreenedCall | None": ...

    async def sample(self, limit: int, campaign_id: str | None = None) -> "list[ScreenedCall]": ...

    async def told_by_agent(self, call: "ScreenedCall", agent_id: str, answerer: "Answerer") -> None: ...

    async def told_by_listener(self, call: "ScreenedCall", listener_id: str, answerer: "Answerer") -> None: ...

    def file_of(self, call: "ScreenedCall") -> "Path | None": ...


class RobotSwitch(Protocol):
    """The demo's robot colleague, an operator who works by himself."""

    async def is_on(self) -> bool: ...

    async def switch(self, on: bool) -> None:
        """Returns when the robot has begun, or has ended, its shift."""
        ...


@dataclass(frozen=True)
class Site:
    """What differs from one installation to the next.

    `websocket_url` is where the browser's phone registers (wss://…; '' when there is none). `secure` is true behind https.
    `health` answers {"status": "ok" | "degraded", "parts": {...}} without secrets. `on_users_changed` is called after users changed,
    so that their phones can be made or unmade; `look_at_phone` brings the desk's news of an agent's telephone up to date.
    `time_zone` (IANA) is where the day begins and whose clock the supervisor reads; `targets` is what his figures stand beside.
    `robot` is there in the demo only. `callback_page`: whether customers may book a call themselves,
    `callback_queue` for which queue when the address names none. `may_dial`: whether the site calls this number (E.164) at all,
    `most_off_percent`: how much an operator may take off a price.
    `public_url` is where customers reach us, '' when nobody said.
    """

    shop_name: str
    websocket_url: str
    secure: bool
    version: str
    demo: bool
    health: Callable[[], Awaitable[dict[str, Any]]]
    on_users_changed: Callable[[], Awaitable[None]] = _nothing
    look_at_phone: Callable[[str], Awaitable[None]] = _no_phone
    sound_processing: bool = True
    time_zone: str = "UTC"
    targets: Targets = Targets()
    robot: RobotSwitch | None = None
    callback_page: bool = True
    callback_queue: str = ""
    may_dial: Callable[[str], bool] = lambda _number: True
    most_off_percent: int = 0
    public_url: str = ""


@dataclass(frozen=True)
class House:
    """All that a route may reach. `metrics` is this house's own registry: two houses in one process do not mix."""

    clock: Clock
    access: AccessStore
    shop: ShopStore
    desk: "Desk"
    dialer: "Dialer"
    recordings: "RecordingStore"
    live: "LiveHub"
    site: Site
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    web_calls: "WebCalls | None" = None
    chat: "ChatRoom | None" = None
    setup: "SetupStore | None" = None
    bookings: "Bookings | None" = None
    imports: "Imports | None" = None
    post: "Delivering | None" = None
    remote_shop: "RemoteShop | None" = None
    askings: "Askings | None" = None
    scripts: "Runs | None" = None
    drafts: "DraftStore | None" = None
    messages: "MessageStore | None" = None
    screened: Screened | None = None

    @cached_property
    def page_reports(self) -> PageReports:
        """What the operators' pages tell of themselves."""
        return PageReports(self.metrics)

    @cached_property
    def today(self) -> Today:
        """The day's figures; it begins to keep them when a board is first looked at."""
        return Today(self.desk, self.site.targets.answer_within_s)

    @cached_property
    def pauses_today(self) -> PausesToday:
        """How much of their pauses those who are at one have had today."""
        return PausesToday(self.desk.pauses)


async def house_of(request: Request) -> House:
    """Asynchronous although it waits for nothing: FastAPI takes a plain function to another thread, at each request."""
    return cast(House, request.app.state.house)


HouseDep = Annotated[House, Depends(house_of)]

"""What the operator's desk shows, worked out from the nouns. Pure: templates only word it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..dialer.machine_labels import ScreenedCall
from ..queue.agent import Agent
from ..queue.channel import ChannelKind
from ..queue.contact import Contact, ContactState
from ..queue.disposition_tree import Limb
from ..queue.mask import is_open
from ..queue.moves import REJOIN
from ..queue.third import Third
from ..queue.third_moves import THIRD
from ..shop.asking import Asking
from ..shop.customer import Customer, EntryKind, FieldChange, TimelineEntry
from ..shop.order import EDITABLE, OPEN, Order, OrderItem, OrderStatus, next_statuses
from ..shop.product import Product
from ..storage.outbox import Standing
from .desk_hands import WITH_CONTACT, Countdown, Hand, Phase, countdown, gone, phase_of, work_key
from .other_lead import OtherLead

DESK_MOVES = (OrderStatus.CONFIRMED, OrderStatus.POSTPONED, OrderStatus.CANCELLED, OrderStatus.TO_CONFIRM)
"""What an operator may make of an order; shipping and delivery are the warehouse's words."""

_RESULT_OF = {
    OrderStatus.CONFIRMED: "confirmed",
    OrderStatus.POSTPONED: "postponed",
    OrderStatus.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; `stock` in pieces and today's price `listed`, None for a product that the shop no longer has."""

    item: OrderItem
    name: str
    stock: int | None
    listed: int | None = None

    @property
    def total(self) -> int:
        return self.item.price * self.item.quantity


@dataclass(frozen=True, slots=True)
class OrderCard:
    order: Order
    lines: tuple[Line, ...]
    editable: bool
    moves: tuple[OrderStatus, ...]


@dataclass(frozen=True, slots=True)
class ItemMove:
    """A product's quantity before and after a change; 0 where it was not in the order. `prices` (kopecks): instead, another was agreed."""

    name: str
    before: int
    after: int
    prices: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history: something of the shop's (`entry`) or an earlier contact.

    `moves` words a change of the items; `items` are names and quantities of an order that was placed.
    """

    at: datetime
    entry: TimelineEntry | None = None
    contact: Contact | None = None
    changes: tuple[FieldChange, ...] = ()
    moves: tuple[ItemMove, ...] = ()
    items: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """What the shop remembers of the people at the other end. `candidates` are all who use the number; `leads`: what else he is to be
    called about. `orders` and `timeline` are the newest; `all_orders`: how many orders he has, and what they come to (kopecks)."""

    customer: Customer | None = None
    candidates: tuple[Customer, ...] = ()
    orders: tuple[Order, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    contacts: tuple[Contact, ...] = ()
    leads: tuple[OtherLead, ...] = ()
    all_orders: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class DeskView:
    """`phase` is that of the contact in the middle, `headline` the agent's own, for `since_s`. `talk_s`: how long this talk lasts (s).

    `may_price`: whether this operator may change prices. `post`: how the order stands with the shop's own system, where there is one.
    `asking`: the last link sent to confirm the order, `letter` how it stands, `ways` how one may be sent (`email`, `sms`).
    `own_zone`: whose clock the operator reads. `results`: what the contact may be closed with; `result_required`: only with one of them.
    `screened`: what detection said of this call, where it was screened.
    """

    now: datetime
    agent: Agent
    phase: Phase
    headline: Phase
    since_s: int
    waiting: int
    longest_s: int
    contact: Contact | None = None
    record: Record = Record()
    card: OrderCard | None = None
    history: tuple[Past, ...] = ()
    waited_s: int = 0
    talk_s: int = 0
    ring: Countdown | None = None
    wrap: Countdown | None = None
    suggested: str = ""
    hands: tuple[Hand, ...] = ()
    results: tuple[Limb, ...] = ()
    result_required: bool = False
    may_price: bool = False
    post: Standing | None = None
    asking: Asking | None = None
    letter: Standing | None = None
    ways: tuple[str, ...] = ()
    own_zone: str | None = None
    screened: ScreenedCall | None = None

    @property
    def customer(self) -> Customer | None:
        return self.record.customer

    @property
    def name(self) -> str:
        """Who is at the other end, as well as we know; '' when we do not."""
        if self.customer is not None:
            return self.customer.name
        return self.contact.name if self.contact is not None else ""

    @property
    def other_leads(self) -> tuple[OtherLead, ...]:
        """What else he is to be called about. The order that stands before us is what this talk is about, whoever began it."""
        shown = self.card.order.id if self.card is not None else None
        return tuple(lead for lead in self.record.leads if lead.order_id is None or lead.order_id != shown)

    @property
    def rejoins(self) -> bool:
        """His hands are kept for the customer whose talk with him broke."""
        task = self.agent.foreground
        return task is not None and (task.attempt_id or "").startswith(REJOIN)

    @property
    def third(self) -> Third | None:
        return None if self.contact is None else self.contact.third

    @property
    def is_asked(self) -> bool:
        """A colleague has called him into a talk."""
        task = self.agent.foreground
        return task is not None and (task.attempt_id or "").startswith(THIRD)

    @property
    def masked_s(self) -> int:
        """For how long (s) the talk will not be recorded; 0 when it is."""
        if self.contact is None or not is_open(self.contact.masks):
            return 0
        return max(1, round((self.contact.masks[-1].end - self.now).total_seconds()))

    @property
    def zone(self) -> str | None:
        return self.customer.time_zone if self.customer is not None else None

    @property
    def key(self) -> str:
        """The same while the middle is about the same work, so that what is being typed there stays."""
        if self.contact is None or self.phase not in WITH_CONTACT:
            return self.phase.value
        return work_key(self.contact, self.phase)

    @property
    def is_call(self) -> bool:
        """Whether the middle is about a call, or about nobody; text channels show the thread there."""
        return self.contact is None or self.contact.kind is ChannelKind.VOICE

    def held(self, kind: str) -> int:
        """How many contacts of that kind are in hand, the dialed one too."""
        return sum(task.kind == kind for task in self.agent.tasks)


def desk_view(
    agent: Agent,
    contact: Contact | None,
    record: Record,
    products: Mapping[str, Product],
    language: str,
    queue: tuple[int, int],
    now: datetime,
    hands: tuple[Hand, ...] = (),
) -> DeskView:
    """The desk as it is at `now`. `contact` is the one in the middle, `hands` are all. `products` by article; `queue`: how many wait and
    for how long the first does (s)."""
    phase = phase_of(agent, contact)
    task = agent.foreground if contact is None else agent.task(contact.id)
    foremost = next((hand.phase for hand in hands if hand.contact.id == agent.contact_id), None)
    card = None if contact is None else order_card(_order_of(contact, record), products, language)
    names = {article: product.name(language) for article, product in products.items()} if language == "en" else {}
    return DeskView(
        now=now,
        agent=agent,
        phase=phase,
        headline=foremost or phase_of(agent, None),
        since_s=gone(agent.since, now),
        waiting=queue[0],
        longest_s=queue[1],
        contact=contact,
        record=record,
        card=card,
        history=history(record, names, contact),
        waited_s=0 if contact is None else gone(contact.arrived_at, contact.connected_at or now),
        talk_s=_talk_s(contact, now),
        ring=countdown(task, now) if phase is Phase.RINGING else None,
        wrap=countdown(task, now) if phase is Phase.WRAP_UP else None,
        suggested=suggested_result(contact, record.timeline),
        hands=hands,
    )


def _talk_s(contact: Contact | None, now: datetime) -> int:
    if contact is None or contact.connected_at is None:
        return 0
    return int(contact.talk_s) if contact.state is ContactState.WRAP_UP else gone(contact.connected_at, now)


def _order_of(contact: Contact, record: Record) -> Order | None:
    """The order this is about: the chosen one, else the newest that is not over."""
    chosen = next((order for order in record.orders if order.id == contact.order_id), None)
    return chosen or next((order for order in record.orders if order.status in OPEN), None)


def order_card(order: Order | None, products: Mapping[str, Product], language: str) -> OrderCard | None:
    """An order as it is shown for editing."""
    if order is None:
        return None
    lines = tuple(_line(item, products.get(item.article), language) for item in order.items)
    backwards = frozenset({OrderStatus.TO_CONFIRM}) if order.status is OrderStatus.NEW else frozenset()
    moves = tuple(status for status in DESK_MOVES if status in next_statuses(order.status) - backwards)
    return OrderCard(order, lines, order.status in EDITABLE or order.status is OrderStatus.DELIVERY_PROBLEM, moves)


def _line(item: OrderItem, product: Product | None, language: str) -> Line:
    if product is None:
        return Line(item, item.name, None)
    return Line(item, product.name(language) if language == "en" else item.name, product.stock, product.price)


def history(record: Record, names: Mapping[str, str], current: Contact | None = None) -> tuple[Past, ...]:
    """Newest first; the contact that is going on is not yet history. `names` of products by article, in the reader's language."""
    orders = {order.id: order for order in record.orders}
    past = [_past(entry, orders.get(entry.order_id or ""), names) for entry in record.timeline]
    past += [Past(one.arrived_at, contact=one) for one in record.contacts if current is None or one.id != current.id]
    return tuple(sorted(past, key=lambda one: one.at, reverse=True))


def _past(entry: TimelineEntry, order: Order | None, names: Mapping[str, str]) -> Past:
    """The items are worded product by product, and then their sum goes without saying."""
    if entry.kind == EntryKind.ORDER_PLACED and order is not None:
        return Past(entry.at, entry, items=tuple((names.get(i.article, i.name), i.quantity) for i in order.items))
    changed = (change for change in entry.changes if change.field == "items")
    moves = next((item_moves(change.before, change.after, names) for change in changed), ())
    plain = tuple(c for c in entry.changes if c.field != "items" and not (moves and c.field == "total"))
    return Past(entry.at, entry=entry, changes=plain, moves=moves)


def item_moves(
    before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> tuple[ItemMove, ...]:
    """What became more, less, new or gone between two recorded lists of items."""
    old = {item["article"]: item for item in before}
    new = {item["article"]: item for item in after}
    moves = []
    for article, item in (old | new).items():
        was, now = old.get(article, {}).get("quantity", 0), new.get(article, {}).get("quantity", 0)
        if was != now:
            moves.append(ItemMove(names.get(article, item["name"]), was, now))
        cost, costs = old.get(article, {}).get("price"), new.get(article, {}).get("price")
        if cost is not None and costs is not None and cost != costs:
            moves.append(ItemMove(names.get(article, item["name"]), was, now, (cost, costs)))
    return tuple(moves)


def suggested_result(contact: Contact | None, timeline: Sequence[TimelineEntry]) -> str:
    """The result that what was done to an order during this talk speaks for; '' when nothing was done."""
    if contact is None or contact.connected_at is None:
        return ""
    during = [entry for entry in timeline if entry.at >= contact.connected_at and entry.changes]
    if not during:
        return ""
    moved = (change.after for entry in during for change in entry.changes if change.field == "status")
    status = next(moved, None)  # newest first: the last word counts
    return _RESULT_OF.get(OrderStatus(status), "changed") if status is not None else "changed"


def move_of_result(code: str, order: Order) -> OrderStatus | None:
    """What a result does to the order that the talk was about; None when nothing."""
    wanted = next((status for status, result in _RESULT_OF.items() if result == code), None)
    return wanted if wanted is not None and wanted in next_statuses(order.status) else None

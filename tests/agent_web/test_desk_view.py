"""What the desk shows in each state, worked out without a browser."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cordboard.agent_web.desk_hands import Phase, phase_of
from cordboard.agent_web.desk_view import (
    DeskView,
    ItemMove,
    Record,
    desk_view,
    history,
    item_moves,
    move_of_result,
    order_card,
    suggested_result,
)
from cordboard.queue.agent import Agent, AgentState
from cordboard.queue.channel import ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.shop.customer import Customer, EntryKind, FieldChange, TimelineEntry
from cordboard.shop.order import Order, OrderItem, OrderStatus
from cordboard.shop.product import Product
from tests.fakes.seated import seated

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LAMP = Product("p1", "LE-27W", "Лампа", "Bulb", 390_00, 2)


def agent(state: AgentState, **changes: Any) -> Agent:
    held = {"contact_id": "c1"} if state in (AgentState.RESERVED, AgentState.BUSY, AgentState.WRAP_UP) else {}
    return seated("a1", state, NOW - timedelta(seconds=30), **{"name": "Мария", **held, **changes})


def contact(state: ContactState = ContactState.CONNECTED, **changes: Any) -> Contact:
    base = Contact(
        "c1",
        ChannelKind.VOICE,
        Direction.INBOUND,
        "orders",
        state,
        "wire",
        "+79000004127",
        "",
        NOW - timedelta(seconds=90),
        agent_id="a1",
    )
    return replace(base, **changes)


def order(status: OrderStatus = OrderStatus.NEW, order_id: str = "o1", article: str = "LE-27W") -> Order:
    item = OrderItem("p1", article, "Лампа", 390_00, 2)
    return Order(
        order_id, "x", "48213", "k1", status, (item,), "адрес", "слот", "paid", "", 780_00, "RUB", NOW, None, 1
    )


CUSTOMER = Customer("k1", "Анна", ("+79000004127",), "", "Казань", "Europe/Moscow", "ru", "", "", NOW)


NOBODY = Record()


def view(of: Agent, about: Contact | None = None, record: Record = NOBODY, language: str = "ru") -> DeskView:
    return desk_view(of, about, record, {LAMP.article: LAMP}, language, (3, 40), NOW)


@pytest.mark.parametrize(
    ("state", "about", "phase"),
    [
        (AgentState.LOGGED_OUT, None, Phase.LOGGED_OUT),
        (AgentState.READY, None, Phase.READY),
        (AgentState.RESERVED, None, Phase.DIALING),
        (AgentState.RESERVED, ContactState.OFFERED, Phase.RINGING),
        (AgentState.BUSY, ContactState.CONNECTED, Phase.TALKING),
        (AgentState.BUSY, ContactState.HELD, Phase.HELD),
        (AgentState.WRAP_UP, ContactState.WRAP_UP, Phase.WRAP_UP),
        (AgentState.NOT_RESPONDING, None, Phase.NOT_RESPONDING),
        (AgentState.PAUSED, None, Phase.PAUSED),
    ],
)
def test_phase(state: AgentState, about: ContactState | None, phase: Phase) -> None:
    held = None if about is None else contact(about)
    dialing = {"contact_id": None, "attempt_id": "t1"} if phase is Phase.DIALING else {}
    assert phase_of(agent(state, **dialing), held) is phase


def test_ringing_counts_down_and_says_how_long_was_waited() -> None:
    ringing = seated(
        "a1", AgentState.RESERVED, NOW - timedelta(seconds=5), contact_id="c1", until=NOW + timedelta(seconds=15)
    )
    shown = view(ringing, contact(ContactState.OFFERED))
    assert shown.ring is not None
    assert (shown.ring.left_s, shown.ring.whole_s, shown.ring.share) == (15, 20, 75)
    assert (shown.waited_s, shown.waiting, shown.longest_s) == (90, 3, 40)


def test_the_talk_counts_from_its_beginning_and_stands_in_wrap_up() -> None:
    talking = contact(connected_at=NOW - timedelta(seconds=70))
    assert view(agent(AgentState.BUSY), talking).talk_s == 70
    done = replace(talking, state=ContactState.WRAP_UP, talk_s=61.4)
    wrap = agent(AgentState.WRAP_UP, until=NOW + timedelta(seconds=30))
    shown = view(wrap, done)
    assert shown.talk_s == 61
    assert shown.wrap is not None
    assert (shown.wrap.left_s, shown.wrap.whole_s) == (30, 60)


def test_the_key_stays_while_the_work_is_the_same() -> None:
    ringing = view(agent(AgentState.RESERVED), contact(ContactState.OFFERED)).key
    talking = view(agent(AgentState.BUSY), contact()).key
    held = view(agent(AgentState.BUSY), contact(ContactState.HELD)).key
    wrap = view(agent(AgentState.WRAP_UP), contact(ContactState.WRAP_UP)).key
    assert ringing == talking == held != wrap
    assert view(agent(AgentState.READY)).key == "ready"


def test_the_chosen_order_is_shown_else_the_newest_open_one() -> None:
    done, open_one = order(OrderStatus.DELIVERED, "o2"), order(OrderStatus.TO_CONFIRM, "o1")
    record = Record(CUSTOMER, (CUSTOMER,), (done, open_one))
    newest = view(agent(AgentState.BUSY), contact(), record).card
    chosen = view(agent(AgentState.BUSY), contact(order_id="o2"), record).card
    assert newest is not None
    assert chosen is not None
    assert (newest.order.id, newest.editable) == ("o1", True)
    assert (chosen.order.id, chosen.editable, chosen.moves) == ("o2", False, ())
    assert view(agent(AgentState.BUSY), contact(), Record(CUSTOMER, (CUSTOMER,), (done,))).card is None


def test_an_operator_is_offered_only_sensible_moves() -> None:
    def moves(status: OrderStatus) -> list[str]:
        card = order_card(order(status), {}, "ru")
        assert card is not None
        return [move.value for move in card.moves]

    assert moves(OrderStatus.NEW) == ["confirmed", "postponed", "cancelled"]
    assert moves(OrderStatus.CONFIRMED) == ["postponed", "cancelled", "to_confirm"]
    assert moves(OrderStatus.CANCELLED) == ["to_confirm"]
    assert moves(OrderStatus.SHIPPED) == []


def test_products_are_named_in_the_reader_s_language_and_may_be_gone() -> None:
    english = order_card(order(), {LAMP.article: LAMP}, "en")
    gone = order_card(order(article="OLD"), {LAMP.article: LAMP}, "en")
    assert english is not None
    assert gone is not None
    assert (english.lines[0].name, english.lines[0].stock, english.lines[0].total) == ("Bulb", 2, 780_00)
    assert (gone.lines[0].name, gone.lines[0].stock) == ("Лампа", None)


def test_history_is_newest_first_without_the_present_call() -> None:
    note = TimelineEntry(NOW - timedelta(days=1), EntryKind.NOTE, "", "x", None, None, "Илья")
    old, now = contact(arrived_at=NOW - timedelta(days=2)), contact()
    shown = history(Record(timeline=(note,), contacts=(replace(old, id="c0"), now)), {}, now)
    assert [one.at for one in shown] == [note.at, old.arrived_at]


def test_items_are_worded_product_by_product() -> None:
    lamp, shade = {"article": "L", "name": "Лампа", "quantity": 4}, {"article": "S", "name": "Абажур", "quantity": 1}
    dimmer = {"article": "D", "name": "Диммер", "quantity": 2}
    moves = item_moves([lamp, shade], [lamp | {"quantity": 6}, dimmer], {"D": "Dimmer"})
    assert moves == (ItemMove("Лампа", 4, 6), ItemMove("Абажур", 1, 0), ItemMove("Dimmer", 0, 2))
    changes = (FieldChange("items", [lamp], [shade]), FieldChange("total", 1, 2), FieldChange("payment", "", "paid"))
    entry = TimelineEntry(NOW, EntryKind.ORDER_CHANGED, "1", "", "o1", None, "", changes)
    [past] = history(Record(timeline=(entry,)), {})
    assert [change.field for change in past.changes] == ["payment"]
    assert len(past.moves) == 2


def test_a_placed_order_is_worded_in_the_reader_s_language() -> None:
    entry = TimelineEntry(NOW, EntryKind.ORDER_PLACED, "48213", "Лампа × 2", "o1", None, "")
    [past] = history(Record(orders=(order(),), timeline=(entry,)), {"LE-27W": "Bulb"})
    assert past.items == (("Bulb", 2),)


def test_the_suggested_result_follows_what_was_done_in_the_talk() -> None:
    talk = contact(connected_at=NOW - timedelta(minutes=1))

    def entry(field: str, after: str, minutes_ago: float) -> TimelineEntry:
        at = NOW - timedelta(minutes=minutes_ago)
        change = FieldChange(field, "", after)
        return TimelineEntry(at, EntryKind.ORDER_CHANGED, "1", "", "o1", None, "", (change,))

    assert suggested_result(None, ()) == ""
    assert suggested_result(talk, ()) == ""
    assert suggested_result(talk, [entry("status", "confirmed", 5)]) == ""
    assert suggested_result(talk, [entry("payment", "paid", 0.5)]) == "changed"
    assert suggested_result(talk, [entry("status", "cancelled", 0.1), entry("status", "confirmed", 0.5)]) == "cancelled"


def test_a_result_moves_the_order_only_where_it_may_go() -> None:
    assert move_of_result("confirmed", order(OrderStatus.NEW)) is OrderStatus.CONFIRMED
    assert move_of_result("cancelled", order(OrderStatus.SHIPPED)) is None
    assert move_of_result("consulted", order(OrderStatus.NEW)) is None


def test_an_unknown_caller_has_the_name_that_the_line_gave() -> None:
    shown = view(agent(AgentState.RESERVED), contact(ContactState.OFFERED, name="Некто"))
    assert (shown.name, shown.customer, shown.zone) == ("Некто", None, None)


def test_another_price_is_told_as_one() -> None:
    before = [{"article": "LAMP", "name": "Лампа", "quantity": 2, "price": 100_00}]
    after = [{"article": "LAMP", "name": "Лампа", "quantity": 2, "price": 90_00}]
    assert item_moves(before, after, {}) == (ItemMove("Лампа", 2, 2, (100_00, 90_00)),)

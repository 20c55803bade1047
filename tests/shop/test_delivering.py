"""From a change to the shop's own system: written with it, brought until it is taken, told what stands in the way, never lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.shop.customer_change import CustomerChanged, CustomerEdit
from cordboard.shop.delivering import Delivering
from cordboard.shop.message import CUSTOMER, ORDER
from cordboard.shop.order import ItemEdit, OrderEdit, OrderRefused
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.remote import RemoteShop
from cordboard.shop.store import OrderClashes, ShopStore
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.storage.outbox import LONGEST_WAIT, Trouble, wait_after
from cordboard.storage.outbox_store import Outbox
from tests.fakes.hours import HandClock
from tests.fakes.shop_system import ShopSystem, answer

ANNA = PostedCustomer("Анна Иванова", "+79123456789")
POSTED = OrderPosted("e1", ANNA, (PostedItem("LAMP", 2),), delivery_address="Малышева, 51")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def outbox(database: Database, clock: HandClock) -> Outbox:
    return Outbox(database, clock, random_ids)


@pytest.fixture
async def shop(database: Database, clock: HandClock, outbox: Outbox) -> ShopStore:
    store = ShopStore(database, clock, random_ids, outbox)
    await store.add_product("LAMP", "Лампа настольная", 100_00, "Desk lamp", 7)
    await store.add_product("DIM", "Диммер", 250_00, "Dimmer", 7)
    return store


@pytest.fixture
async def theirs() -> AsyncIterator[ShopSystem]:
    async with ShopSystem().open() as system:
        yield system


Postman = Callable[..., Delivering]


@pytest.fixture
async def postman(outbox: Outbox) -> AsyncIterator[Postman]:
    remotes: list[RemoteShop] = []

    def to(system: ShopSystem, timeout_s: float = 5.0) -> Delivering:
        remotes.append(remote := RemoteShop(system.url, "secret", timeout_s))
        return Delivering(outbox, {ORDER: remote.send, CUSTOMER: remote.send})

    yield to
    for remote in remotes:
        await remote.close()


async def test_a_change_goes_out_and_what_the_shop_posted_does_not(
    shop: ShopStore, outbox: Outbox, theirs: ShopSystem, postman: Postman
) -> None:
    order, _ = await shop.put_order(POSTED)
    assert await outbox.waiting() == 0
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12", items=(ItemEdit("LAMP", 3),)), None, 1)
    assert await postman(theirs).round() == 1
    [(line, headers, body)] = theirs.asked
    assert line == "POST /api/orders HTTP/1.1"
    assert headers["authorization"] == "Bearer secret"
    assert len(headers["idempotency-key"]) == 36
    assert (body["external_id"], body["version"], body["delivery"]["slot"], body["total"]) == ("e1", 2, "9-12", 300_00)
    assert body["customer"]["phones"] == ["+79123456789"]
    standing = await outbox.standing(ORDER, order.id)
    assert (standing.waiting, standing.trouble) == (0, None)
    assert standing.delivered_at is not None


async def test_what_is_refused_by_a_rule_leaves_no_message(shop: ShopStore, outbox: Outbox) -> None:
    order, _ = await shop.put_order(POSTED)
    with pytest.raises(OrderRefused):
        await shop.edit_order(order.id, OrderEdit(items=(ItemEdit("NONE", 1),)), None, 1)
    await shop.edit_order(order.id, OrderEdit(delivery_address="Малышева, 51"), None, 1)
    assert await outbox.waiting() == 0


@pytest.mark.parametrize(
    ("says", "trouble"),
    [
        (answer("500 Oops", b"{}"), Trouble.BUSY),
        (answer("429 Slow down", b"{}"), Trouble.BUSY),
        (answer("422 No", b"{}"), Trouble.REFUSED),
        (answer("200 OK", b"<html>sign in</html>", "text/html"), Trouble.NONSENSE),
        (answer("200 OK", b"[1]"), Trouble.NONSENSE),
        (answer("200 OK", b"[" * 100_000), Trouble.NONSENSE),
        (answer("302 Found", b""), Trouble.NONSENSE),
        (answer("200 OK", b"x" * 300_000), Trouble.NONSENSE),
        (b"what?\r\n\r\n", Trouble.AWAY),
        (None, Trouble.SLOW),
    ],
    ids=["500", "429", "422", "a page", "a list", "deep", "elsewhere", "long", "no HTTP", "silence"],
)
async def test_trouble_is_said_and_the_message_waits_and_goes_later(
    shop: ShopStore,
    outbox: Outbox,
    theirs: ShopSystem,
    postman: Postman,
    clock: HandClock,
    says: bytes | None,
    trouble: Trouble,
) -> None:
    order, _ = await shop.put_order(POSTED)
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), None, 1)
    good, theirs.says = theirs.says, says
    post = postman(theirs, 0.2 if says is None else 5.0)
    assert await post.round() == 1
    standing = await outbox.standing(ORDER, order.id)
    assert (standing.waiting, standing.tries, standing.trouble) == (1, 1, trouble)
    assert await post.round() == 0  # not before its time
    clock.move(seconds=2)
    theirs.says = good
    assert await post.round() == 1
    assert (await outbox.standing(ORDER, order.id)).waiting == 0
    keys = {headers["idempotency-key"] for _, headers, _ in theirs.asked}
    assert len(keys) == 1  # whoever got it twice can tell


async def test_nobody_is_there(shop: ShopStore, outbox: Outbox, postman: Postman) -> None:
    system = ShopSystem()
    async with system.open():
        pass  # its port is free again
    order, _ = await shop.put_order(POSTED)
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), None, 1)
    await postman(system).round()
    assert (await outbox.standing(ORDER, order.id)).trouble is Trouble.AWAY


async def test_messages_of_one_order_keep_their_order_and_do_not_stop_others(
    shop: ShopStore, outbox: Outbox, theirs: ShopSystem, postman: Postman, clock: HandClock
) -> None:
    one, _ = await shop.put_order(POSTED)
    other, _ = await shop.put_order(replace(POSTED, external_id="e2"))
    good, theirs.says = theirs.says, answer("503 Busy", b"{}")
    post = postman(theirs)
    await shop.edit_order(one.id, OrderEdit(delivery_slot="1"), None, 1)
    await shop.edit_order(one.id, OrderEdit(delivery_slot="2"), None, 2)
    assert await post.round() == 1
    theirs.says, theirs.asked = good, []
    await shop.edit_order(other.id, OrderEdit(delivery_slot="3"), None, 1)
    assert await post.round() == 1
    assert [body["delivery"]["slot"] for _, _, body in theirs.asked] == ["3"]
    clock.move(seconds=2)
    while await post.round():
        pass
    assert [body["delivery"]["slot"] for _, _, body in theirs.asked] == ["3", "1", "2"]


async def test_what_was_refused_makes_way_for_the_newer_state(
    shop: ShopStore, outbox: Outbox, theirs: ShopSystem, postman: Postman
) -> None:
    order, _ = await shop.put_order(POSTED)
    good, theirs.says = theirs.says, answer("422 No", b"{}")
    await shop.edit_order(order.id, OrderEdit(delivery_slot="31-32"), None, 1)
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), None, 2)
    post = postman(theirs)
    await post.round()
    theirs.says = good
    await post.round()
    assert theirs.asked[-1][2]["delivery"]["slot"] == "9-12"
    assert await outbox.waiting() == 0


async def test_tried_at_once_when_somebody_asks(
    shop: ShopStore, outbox: Outbox, theirs: ShopSystem, postman: Postman
) -> None:
    order, _ = await shop.put_order(POSTED)
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), None, 1)
    good, theirs.says = theirs.says, answer("503 Busy", b"{}")
    post = postman(theirs)
    await post.round()
    theirs.says = good
    await outbox.try_now(ORDER, order.id)
    assert await post.round() == 1
    assert await outbox.waiting() == 0


async def test_the_postman_wakes_for_a_change(
    shop: ShopStore, outbox: Outbox, theirs: ShopSystem, postman: Postman
) -> None:
    order, _ = await shop.put_order(POSTED)
    post, told = postman(theirs), asyncio.Event()

    async def tried(_message: object) -> None:
        told.set()

    post.on_tried.append(tried)
    running = asyncio.create_task(post.run())
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), None, 1)
    post.wake()
    await asyncio.wait_for(told.wait(), 60)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(theirs.asked) == 1


async def test_old_deliveries_are_forgotten_and_what_waits_is_not(
    shop: ShopStore, outbox: Outbox, theirs: ShopSystem, postman: Postman, clock: HandClock
) -> None:
    order, _ = await shop.put_order(POSTED)
    await shop.edit_order(order.id, OrderEdit(delivery_slot="1"), None, 1)
    await postman(theirs).round()
    await shop.edit_order(order.id, OrderEdit(delivery_slot="2"), None, 2)
    clock.move(days=31)
    await outbox.sweep()
    standing = await outbox.standing(ORDER, order.id)
    assert (standing.waiting, standing.delivered_at) == (1, None)


def test_waits_grow_to_ten_minutes_and_no_further() -> None:
    waits = [wait_after(tries) for tries in range(1, 200)]
    assert waits[0] == timedelta(seconds=2)
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


async def test_two_people_at_one_order_merge_or_clash(shop: ShopStore) -> None:
    order, _ = await shop.put_order(POSTED)
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), "u1", 1)
    merged = await shop.edit_order(order.id, OrderEdit(payment="cash"), "u2", 1, merge=True)
    assert (merged.delivery_slot, merged.payment, merged.version) == ("9-12", "cash", 3)
    with pytest.raises(OrderClashes) as clash:
        await shop.edit_order(order.id, OrderEdit(delivery_slot="18-21"), "u2", 1, merge=True)
    assert [(one.field, one.theirs) for one in clash.value.clashes] == [("delivery_slot", "9-12")]
    assert await shop.order(order.id) == merged


async def test_a_customers_card_is_changed_told_and_taken_back(
    shop: ShopStore, outbox: Outbox, theirs: ShopSystem, postman: Postman, clock: HandClock
) -> None:
    order, _ = await shop.put_order(POSTED)
    who = order.customer_id
    clock.move(minutes=1)
    changed = await shop.book.edit(who, CustomerEdit(name="Анна Петрова", email="anna@example.com"), None, 1)
    assert (changed.name, changed.email, changed.version) == ("Анна Петрова", "anna@example.com", 2)
    assert await shop.customer(who) == changed
    await postman(theirs).round()
    assert (theirs.asked[0][0], theirs.asked[0][2]["name"]) == ("POST /api/customers HTTP/1.1", "Анна Петрова")
    [entry, _placed] = await shop.timeline(who)
    assert entry.kind == "customer_changed"
    assert {change.field for change in entry.changes} == {"name", "email"}
    assert entry.change_id is not None
    back = await shop.book.undo(entry.change_id, None)
    assert (back.name, back.email, back.version) == ("Анна Иванова", "", 3)
    with pytest.raises(CustomerChanged):
        await shop.book.undo(entry.change_id, None)


async def test_two_people_at_one_card(shop: ShopStore) -> None:
    order, _ = await shop.put_order(POSTED)
    who = order.customer_id
    await shop.book.edit(who, CustomerEdit(city="Пермь"), None, 1)
    merged = await shop.book.edit(who, CustomerEdit(name="Анна"), None, 1)
    assert (merged.city, merged.name, merged.version) == ("Пермь", "Анна", 3)
    with pytest.raises(CustomerChanged) as conflict:
        await shop.book.edit(who, CustomerEdit(city="Омск"), None, 1)
    assert conflict.value.fields == ("city",)


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (CustomerEdit(name="  "), "name"),
        (CustomerEdit(name="я" * 201), "name"),
        (CustomerEdit(email="anna"), "email"),
        (CustomerEdit(email="a@b@example.com"), "email"),
        (CustomerEdit(email="a\n@example.com"), "email"),
        (CustomerEdit(time_zone="Moon/Base"), "time_zone"),
        (CustomerEdit(phones=()), "phones"),
        (CustomerEdit(phones=tuple(f"+7912345670{n}" for n in range(10)) + ("+79123456789",)), "phones"),
    ],
)
async def test_a_card_that_cannot_be_so(shop: ShopStore, edit: CustomerEdit, field: str) -> None:
    order, _ = await shop.put_order(POSTED)
    before = await shop.customer(order.customer_id)
    with pytest.raises(OrderRefused) as refused:
        await shop.book.edit(order.customer_id, edit, None, 1)
    assert refused.value.field == field
    assert await shop.customer(order.customer_id) == before


async def test_any_text_is_kept_as_it_is(shop: ShopStore) -> None:
    order, _ = await shop.put_order(POSTED)
    for version, name in enumerate(
        ("👩‍👩‍👧 Ана", "\u202eהנא", "<script>alert(1)</script>", "'; DROP TABLE customer; --"), 1
    ):
        changed = await shop.book.edit(order.customer_id, CustomerEdit(name=name), None, version)
        assert changed.name == name
        assert await shop.customer(order.customer_id) == changed

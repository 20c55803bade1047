"""'Is this your order?': from the desk's button over a real mail server to the customer's page and back to the card."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.shop.asking import LIVES, Way
from cordboard.shop.asking_store import Askings
from cordboard.shop.delivering import Delivering
from cordboard.shop.letters import BadMailServer, Letters
from cordboard.shop.order import Order, OrderEdit, OrderStatus
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.storage.ids import random_ids
from cordboard.storage.outbox import NotDelivered, Trouble
from cordboard.storage.outbox_store import Outbox
from tests.agent_web.conftest import Web
from tests.fakes.mail_server import MailServer
from tests.fakes.shop_system import ShopSystem

ANNA = PostedCustomer("Анна Иванова", "+79123456789", email="anna@example.com")
POSTED = OrderPosted("e1", ANNA, (PostedItem("LAMP", 2),), delivery_address="Малышева, 51", delivery_slot="18-21")
PATIENT_S = 60.0
LINK = re.compile(r"/order/[\w-]{16,}")


class Post:
    """The house's post, a round at a time."""

    def __init__(self, web: Web, mail: MailServer) -> None:
        box = Outbox(web.house.shop._db, web.clock, random_ids)
        secrets = iter(f"secret-token-{number:04}" for number in range(100))
        self.mail = mail
        self.delivering = Delivering(box, {})
        self.wait_for_mail(PATIENT_S)
        askings = Askings(web.house.shop._db, web.clock, random_ids, lambda: next(secrets), box, web.house.shop)
        web.house = replace(web.house, askings=askings, post=self.delivering)
        self.askings = askings

    def wait_for_mail(self, timeout_s: float) -> None:
        self.delivering.ways[Way.EMAIL] = Letters(self.mail.url, "shop@example.com", timeout_s).send


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with MailServer().open() as server:
        yield server


@pytest.fixture
async def post(web: Web, mail: MailServer) -> Post:
    post = Post(web, mail)
    web.open()
    await web.house.shop.add_product("LAMP", "Лампа <b>настольная</b>", 100_00, "Lamp", 5)
    return post


@pytest.fixture
async def order(web: Web, post: Post) -> Order:
    return (await web.house.shop.put_order(POSTED))[0]


@asynccontextmanager
async def customers_browser(web: Web) -> AsyncIterator[httpx2.AsyncClient]:
    async with web.asker(Accept="text/html", Accept_Language="ru") as asker:
        yield asker


async def asked(web: Web, order: Order, post: Post) -> str:
    """The operator presses the button, the letter goes: the address in it."""
    login = f"o{len(await web.house.access.users())}"
    async with web.browser(await web.user(Role.OPERATOR, login)) as browser:
        said = await browser.post(f"/api/v1/orders/{order.id}/confirmation", json={"way": "email"})
        assert said.status_code == 201, said.text
        assert said.json()["post"]["waiting"] == 1
    await post.delivering.round()
    found = LINK.search(post.mail.letters[-1].get_content())
    assert found is not None
    web.clock.move(minutes=1)  # so that the history has an order
    return found.group()


def form(order: Order, **changes: str | int) -> dict[str, str | int]:
    told: dict[str, str | int] = {
        "address": order.delivery_address,
        "slot": order.delivery_slot,
        "comment": order.courier_comment,
    }
    return {"version": order.version, "what": "confirm", **told, **changes}


async def test_the_customer_confirms(web: Web, post: Post, order: Order) -> None:
    told: list[str] = []

    async def listen(changed: Order, _new: bool) -> None:
        told.append(changed.status.value)

    path = await asked(web, order, post)
    [letter] = post.mail.letters
    assert (letter["To"], letter["Subject"]) == ("anna@example.com", f"Проверьте заказ № {order.number}")
    assert "Лампа <b>настольная</b> × 2" in letter.get_content()
    web.house.shop.on_order.append(listen)
    async with customers_browser(web) as browser:
        page = await browser.get(path)
        assert page.status_code == 200
        assert "Лампа &lt;b&gt;настольная&lt;/b&gt;" in page.text
        assert "79123456789" not in page.text  # the page shows the order, not the person
        done = await browser.post(path, data=form(order))
        assert done.status_code == 303
        assert "Спасибо, заказ подтверждён" in (await browser.get(path)).text
        again = await browser.post(path, data=form(order))
        assert again.status_code == 409
    after = await web.house.shop.order(order.id)
    assert after is not None
    assert (after.status, after.version) == (OrderStatus.CONFIRMED, 2)
    assert told[-1] == "confirmed"  # the card hears of it
    [change] = await web.house.shop.changes_of(order.id)
    assert change.actor_id == "customer"
    entry = (await web.house.shop.timeline(order.customer_id))[0]
    assert (entry.actor_name, entry.change_id) == ("customer", change.id)
    asking = await post.askings.latest_of(order.id)
    assert asking is not None
    assert asking.answer == "confirmed"
    assert asking.opened_at is not None


async def test_the_customer_corrects_the_delivery(web: Web, post: Post, order: Order) -> None:
    path = await asked(web, order, post)
    async with customers_browser(web) as browser:
        done = await browser.post(path, data=form(order, address="  Ленина, 1 <script>👩", slot="9-12"))
        assert done.status_code == 303
    after = await web.house.shop.order(order.id)
    assert after is not None
    assert (after.delivery_address, after.delivery_slot, after.status.value) == (
        "Ленина, 1 <script>👩",
        "9-12",
        "confirmed",
    )


async def test_the_customer_says_what_is_wrong(web: Web, post: Post, order: Order) -> None:
    path = await asked(web, order, post)
    async with customers_browser(web) as browser:
        empty = await browser.post(path, data=form(order, what="remark", remark="  "))
        assert empty.status_code == 422
        done = await browser.post(path, data=form(order, what="remark", remark="Ламп было три"))
        assert done.status_code == 303
        assert "свяжемся с вами" in (await browser.get(path)).text
    assert await web.house.shop.order(order.id) == order
    note = (await web.house.shop.timeline(order.customer_id))[0]
    assert (note.kind, note.body, note.actor_name) == ("note", "Ламп было три", "customer")
    asking = await post.askings.latest_of(order.id)
    assert asking is not None
    assert (asking.answer, asking.remark) == ("remark", "Ламп было три")


async def test_he_confirms_only_what_he_saw(web: Web, post: Post, order: Order) -> None:
    path = await asked(web, order, post)
    changed = await web.house.shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), None, 1)
    async with customers_browser(web) as browser:
        late = await browser.post(path, data=form(order))
        assert late.status_code == 409
        assert "Заказ тем временем изменился" in late.text
        assert f'name="version" value="{changed.version}"' in late.text
        assert (await browser.post(path, data=form(changed))).status_code == 303


@pytest.mark.parametrize(
    ("change", "status"),
    [({"address": ""}, 422), ({"address": "я" * 501}, 422), ({"slot": "9" * 10_240}, 422), ({"version": 0}, 422)],
)
async def test_a_wrong_answer_is_said_and_nothing_is_kept(
    web: Web, post: Post, order: Order, change: dict[str, str | int], status: int
) -> None:
    path = await asked(web, order, post)
    async with customers_browser(web) as browser:
        assert (await browser.post(path, data=form(order, **change))).status_code == status
    assert await web.house.shop.order(order.id) == order


async def test_links_that_lead_nowhere(web: Web, post: Post, order: Order) -> None:
    path = await asked(web, order, post)
    async with customers_browser(web) as browser:
        assert (await browser.get("/order/no-such-token-0000000")).status_code == 404
        assert (await browser.get("/order/short")).status_code == 404
        web.clock.move(seconds=LIVES.total_seconds())
        assert (await browser.get(path)).status_code == 410
        assert (await browser.post(path, data=form(order))).status_code == 410


async def test_an_order_that_was_cancelled_meanwhile(web: Web, post: Post, order: Order) -> None:
    path = await asked(web, order, post)
    await web.house.shop.edit_order(
        order.id, OrderEdit(status=OrderStatus.CANCELLED, cancel_reason="нет в наличии"), None, 1
    )
    async with customers_browser(web) as browser:
        page = await browser.get(path)
        assert page.status_code == 409
        assert "Отменён" in page.text
        assert 'id="confirm"' not in page.text


async def test_what_cannot_be_asked(web: Web, post: Post, order: Order) -> None:
    async with web.browser(await web.user(Role.OPERATOR)) as browser:
        path = f"/api/v1/orders/{order.id}/confirmation"
        assert (await browser.post(path, json={"way": "sms"})).status_code == 409  # no gateway here
        assert (await browser.post(path, json={"way": "pigeon"})).status_code == 422
        assert (await browser.post(path, json={"way": "email", "address": "nobody"})).status_code == 422
        injected = {"way": "email", "address": "a@example.com\nBcc: b@example.com"}
        assert (await browser.post(path, json=injected)).status_code == 422
        assert (await browser.post("/api/v1/orders/none/confirmation", json={"way": "email"})).status_code == 404
    assert await post.askings.outbox.waiting() == 0


@pytest.mark.parametrize(
    ("says", "trouble"),
    [("450 later", Trouble.BUSY), ("550 no such mailbox", Trouble.REFUSED), (None, Trouble.SLOW)],
)
async def test_mail_trouble_is_said_and_the_letter_goes_later(
    web: Web, post: Post, order: Order, says: str | None, trouble: Trouble
) -> None:
    post.mail.says = says
    post.wait_for_mail(PATIENT_S if says else 0.5)
    async with web.browser(await web.user(Role.OPERATOR)) as browser:
        await browser.post(f"/api/v1/orders/{order.id}/confirmation", json={"way": "email"})
    await post.delivering.round()
    asking = await post.askings.latest_of(order.id)
    assert asking is not None
    assert (await post.askings.outbox.standing(Way.EMAIL, asking.id)).trouble is trouble
    post.mail.says = "250 ok"
    post.wait_for_mail(PATIENT_S)
    web.clock.move(seconds=2)
    await post.delivering.round()
    assert len(post.mail.letters) == 1
    assert (await post.askings.outbox.standing(Way.EMAIL, asking.id)).waiting == 0


async def test_no_mail_server_at_all(web: Web, order: Order) -> None:
    gone = MailServer()
    async with gone.open():
        pass
    from cordboard.storage.outbox import Message

    body = {"to": "a@example.com", "subject": "x", "text": "y"}
    with pytest.raises(NotDelivered) as reason:
        await Letters(gone.url, "shop@example.com").send(Message(1, "k", "email", "s", body, web.clock.now()))
    assert reason.value.trouble is Trouble.AWAY


@pytest.mark.parametrize("url", ["", "mail.example.com", "http://x", "smtp://"])
def test_a_mail_server_that_cannot_be_meant(url: str) -> None:
    with pytest.raises(BadMailServer):
        Letters(url, "shop@example.com")


async def test_by_sms(web: Web, post: Post, order: Order) -> None:
    from cordboard.shop.remote import RemoteShop

    async with ShopSystem().open() as gate:
        remote = RemoteShop(gate.url, "gate-key")
        post.delivering.ways[Way.SMS] = remote.send
        async with web.browser(await web.user(Role.OPERATOR)) as browser:
            said = await browser.post(f"/api/v1/orders/{order.id}/confirmation", json={"way": "sms"})
            assert said.status_code == 201
        await post.delivering.round()
        [(line, _headers, body)] = gate.asked
        assert line == "POST /api HTTP/1.1"
        assert body["to"] == "+79123456789"
        assert LINK.search(body["text"])
        await remote.close()

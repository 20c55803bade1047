"""Web chat over HTTP: a visitor with nothing but a cookie, an operator with his session, and whatever is sent to hurt."""

from pathlib import Path

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.queue.channel import Dismissal
from cordboard.queue.setup import OpeningHours, QueueRules, QueueSetup
from cordboard.storage.database import Database
from tests.fakes.chat_browser import BASE, START, browser, talking
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wire import MovedClock


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> DeskHouse:
    house = DeskHouse(sqlite_database, MovedClock(), tmp_path)
    await house.open()
    return house


async def test_a_talk_both_ways(house: DeskHouse) -> None:
    user = await house.operator()
    async with browser(house) as visitor, house.page(user) as page:
        contact_id = await talking(house, visitor, user)
        mine = f"/api/v1/desk/chats/{contact_id}"
        talk = (await page.get(f"{mine}/messages")).json()
        assert (talk["name"], talk["language"], talk["draft"]) == ("Анна", "ru", "")
        assert (talk["state"]["live"], talk["state"]["unread"]) == (True, 1)
        said = await page.post(f"{mine}/messages", json={"client_id": "answer-01", "text": "Уже едет"})
        assert (said.status_code, said.json()["seq"], said.json()["name"]) == (200, 3, "Мария Соколова")
        news = (await visitor.get("/api/v1/chat/messages?after=1")).json()
        assert news["state"]["phase"] == "talking"
        assert news["state"]["agent"] == "Мария"
        shown = [(m["author"], m["text"], m["name"], m["notice"], m["client_id"]) for m in news["messages"]]
        assert shown == [
            ("system", "", "Мария", "joined", None),
            ("agent", "Уже едет", "Мария", None, None),
        ]
        assert (await page.post(f"{mine}/read", json={"seq": 3})).status_code == 204
        assert (await page.post(f"{mine}/typing")).status_code == 204
        assert (await visitor.post("/api/v1/chat/typing")).status_code == 204
        assert (await visitor.post("/api/v1/chat/read", json={"seq": 3})).status_code == 204
        state = (await page.get(f"{mine}/messages?after=3")).json()["state"]
        assert (state["unread"], state["visitor_read"], state["visitor_typing"]) == (0, 3, True)
        view = (await visitor.get("/api/v1/chat")).json()
        assert (view["agent_read"], view["agent_typing"]) == (3, True)
        assert (await page.put(f"{mine}/draft", json={"text": "Ещё что-н"})).status_code == 204
        assert (await page.get(f"{mine}/messages")).json()["draft"] == "Ещё что-н"
        assert (await visitor.post("/api/v1/chat/end")).status_code == 204
        late = await page.post(f"{mine}/messages", json={"client_id": "answer-02", "text": "Спасибо"})
        assert (late.status_code, late.json()["detail"]) == (409, "Этот чат завершён")
        assert (await page.get(f"{mine}/messages")).json()["state"]["ending"] == "visitor_ended"


async def test_the_token_is_in_a_cookie_that_scripts_cannot_read_and_no_table_holds(house: DeskHouse) -> None:
    transport = httpx2.ASGITransport(app=house.app)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as visitor:
        cookie = (await visitor.get("/api/v1/chat")).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "Path=/api/v1/chat" in cookie
        assert "SameSite=lax" in cookie
        assert "set-cookie" not in (await visitor.get("/api/v1/chat")).headers
        await visitor.post("/api/v1/chat/start", json=START)
        token = visitor.cookies["cb-chat"]
    chat = await house.chat.visitors.chat_of(token)
    assert chat is not None
    assert token not in repr(chat)


async def test_a_reload_goes_on_with_the_chat_and_a_repetition_doubles_nothing(house: DeskHouse) -> None:
    async with browser(house) as visitor:
        first = (await visitor.post("/api/v1/chat/start", json=START)).json()
        again = (await visitor.post("/api/v1/chat/start", json=START)).json()
        assert again["message"] == first["message"]
        assert again["state"]["chat"] == first["state"]["chat"]
        for _ in range(2):
            await visitor.post("/api/v1/chat/messages", json={"client_id": "message-2", "text": "ау"})
        loaded = (await visitor.get("/api/v1/chat/messages?of=of-an-older-chat&after=7")).json()
        assert [m["text"] for m in loaded["messages"]] == ["Где мой заказ?", "ау"]
        assert [m["client_id"] for m in loaded["messages"]] == ["message-1", "message-2"]
    assert len(house.desk.contacts()) == 1


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("x" * 100_000, 413, "a message has at most 4,000 letters; split it into several"),
        ("я" * 4001, 413, "a message has at most 4,000 letters; split it into several"),
        (" \u0000\n ", 422, "the message is empty"),
    ],
)
async def test_what_cannot_be_a_message_is_refused_in_plain_words_and_not_kept(
    house: DeskHouse, text: str, status: int, words: str
) -> None:
    async with browser(house) as visitor:
        refused = await visitor.post("/api/v1/chat/start", json=START | {"text": text})
        assert (refused.status_code, refused.json()["detail"]) == (status, words)
        assert (await visitor.get("/api/v1/chat")).json()["phase"] == "new"
        assert house.desk.contacts() == ()
        await visitor.post("/api/v1/chat/start", json=START)
        body = {"client_id": "message-2", "text": text}
        assert (await visitor.post("/api/v1/chat/messages", json=body)).status_code == status
        assert len((await visitor.get("/api/v1/chat/messages")).json()["messages"]) == 1


async def test_a_body_of_megabytes_is_stopped_at_the_door(house: DeskHouse) -> None:
    async with browser(house) as visitor:
        refused = await visitor.post("/api/v1/chat/start", json=START | {"text": "x" * 3_000_000})
        assert refused.status_code == 413


async def test_scripts_in_names_and_texts_are_only_text(house: DeskHouse) -> None:
    evil = "<script>alert(1)</script>\u202e<img src=x onerror=alert(2)>"
    user = await house.operator()
    async with browser(house) as visitor, house.page(user) as page:
        await visitor.post(
            "/api/v1/chat/start", json=START | {"name": evil, "text": evil, "queue": "'; DROP TABLE chat"}
        )
        await house.seat(user)
        (contact,) = house.desk.contacts()
        assert (contact.name, contact.queue) == (evil.replace("\u202e", ""), "orders")
        for address in ("/desk", "/desk/panes"):
            assert "<script>alert" not in (await page.get(address)).text
        talk = await page.get(f"/api/v1/desk/chats/{contact.id}/messages")
        assert talk.headers["content-type"] == "application/json"
        assert talk.json()["messages"][0]["text"] == evil.replace("\u202e", "")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client_id": "message-1"},
        {"client_id": "short", "text": "x"},
        {"client_id": "with spaces in it", "text": "x"},
        {"client_id": "i" * 65, "text": "x"},
        {"client_id": "message-1", "text": 7},
        {"client_id": "message-1", "text": "x", "name": "n" * 1001},
        {"client_id": "message-1", "text": "x", "language": "de"},
        {"client_id": "message-1", "text": "x", "queue": "q" * 41},
        [],
    ],
)
async def test_rubbish_is_refused(house: DeskHouse, body: object) -> None:
    async with browser(house) as visitor:
        assert (await visitor.post("/api/v1/chat/start", json=body)).status_code == 422
    assert house.desk.contacts() == ()


async def test_a_thousand_messages_a_minute_are_slowed_and_nobody_else_is(house: DeskHouse) -> None:
    async with browser(house) as spammer, browser(house, "198.51.100.7") as other:
        await spammer.post("/api/v1/chat/start", json=START)
        await other.post("/api/v1/chat/start", json=START)
        answers = [
            await spammer.post("/api/v1/chat/messages", json={"client_id": f"message-{n:04}", "text": "спам"})
            for n in range(100)
        ]
        assert [answer.status_code for answer in answers] == [200] * 19 + [429] * 81
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
        assert (await other.post("/api/v1/chat/messages", json={"client_id": "message-2", "text": "ау"})).is_success
        assert isinstance(house.clock, MovedClock)
        house.clock.pass_s(10)  # what was not taken goes later
        late = await spammer.post("/api/v1/chat/messages", json={"client_id": "message-0099", "text": "спам"})
        assert late.status_code == 200
    async with browser(house, "198.51.100.8") as new:
        assert (await new.post("/api/v1/chat/start", json=START)).is_success


async def test_new_chats_of_one_address_are_counted(house: DeskHouse) -> None:
    codes = []
    for _ in range(8):
        async with browser(house) as visitor:
            codes.append((await visitor.post("/api/v1/chat/start", json=START)).status_code)
    assert codes == [200] * 6 + [429] * 2
    async with browser(house, "198.51.100.7") as other:
        assert (await other.post("/api/v1/chat/start", json=START)).status_code == 200


async def test_a_number_is_checked_before_it_is_kept(house: DeskHouse) -> None:
    rules = QueueRules("orders", "Заказы", "Orders", keep_place=True)
    await house.desk.apply(QueueSetup({"orders": rules}))
    async with browser(house) as visitor:
        begun = await visitor.post("/api/v1/chat/start", json=START)
        assert begun.json()["state"]["may_call"] is True
        for phone, status in (("дом 5", 422), ("+7 900", 422), ("8 (900) 000-41-27", 204), ("8 (900) 000-41-27", 409)):
            assert (await visitor.post("/api/v1/chat/callback", json={"phone": phone})).status_code == status, phone
        assert (await visitor.get("/api/v1/chat")).json()["ending"] == "callback"
    (kept,) = house.desk.contacts()
    assert kept.address == "+79000004127"


async def test_without_a_cookie_there_is_no_chat(house: DeskHouse) -> None:
    transport = httpx2.ASGITransport(app=house.app)
    for cookie in ("", "cb-chat=short", f"cb-chat={'x' * 42}!", f"cb-chat={'x' * 43}"):
        async with httpx2.AsyncClient(transport=transport, base_url=BASE, headers={"Cookie": cookie}) as stranger:
            for method, path in (("GET", "messages"), ("POST", "typing"), ("POST", "end"), ("GET", "stream")):
                assert (await stranger.request(method, f"/api/v1/chat/{path}")).status_code == 404
            if not cookie.endswith("x"):
                assert (await stranger.post("/api/v1/chat/start", json=START)).status_code == 400


async def test_another_sites_page_cannot_write_here(house: DeskHouse) -> None:
    async with browser(house) as visitor:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await visitor.post("/api/v1/chat/start", json=START, headers=headers)).status_code == 403
    assert house.desk.contacts() == ()


async def test_one_visitor_never_sees_anothers_chat(house: DeskHouse) -> None:
    async with browser(house) as anna, browser(house, "198.51.100.7") as boris:
        await anna.post("/api/v1/chat/start", json=START)
        await boris.post("/api/v1/chat/start", json=START | {"text": "Я Борис"})
        annas = (await anna.get("/api/v1/chat")).json()["chat"]
        seen = (await boris.get(f"/api/v1/chat/messages?of={annas}")).json()
        assert [m["text"] for m in seen["messages"]] == ["Я Борис"]


async def test_an_operator_reads_and_writes_only_what_is_his(house: DeskHouse) -> None:
    maria, ilya = await house.operator(), await house.operator("Илья Орлов", "ilya")
    async with browser(house) as visitor, house.page(ilya) as other:
        contact_id = await talking(house, visitor, maria)
        for method, path, body in (
            ("GET", "messages", None),
            ("POST", "messages", {"client_id": "answer-01", "text": "x"}),
            ("POST", "typing", None),
            ("POST", "read", {"seq": 1}),
            ("PUT", "draft", {"text": "x"}),
        ):
            for address in (contact_id, "no-such-contact"):
                refused = await other.request(method, f"/api/v1/desk/chats/{address}/{path}", json=body)
                assert refused.status_code == 409, (method, path)
        assert len((await visitor.get("/api/v1/chat/messages")).json()["messages"]) == 2


async def test_a_call_is_no_chat(house: DeskHouse) -> None:
    user = await house.operator()
    await house.seat(user)
    contact = await house.call_in()
    async with house.page(user) as page:
        assert (await page.get(f"/api/v1/desk/chats/{contact.id}/messages")).status_code == 404


async def test_a_house_without_chat_has_no_such_pages(house: DeskHouse) -> None:
    from dataclasses import replace

    house.app.state.house = replace(house.app.state.house, chat=None)
    async with await house.client() as visitor:
        assert (await visitor.get("/chat")).status_code == 404
        assert (await visitor.get("/api/v1/chat")).status_code == 404


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_the_page_speaks_the_language_that_was_asked_for(house: DeskHouse, language: str) -> None:
    async with await house.client() as visitor:
        page = await visitor.get(f"/chat?lang={language}&queue=<script>")
        assert page.status_code == 200
        assert ("Чем помочь?" if language == "ru" else "How can we help?") in page.text
        assert "<script>" not in page.text.replace("<script type", "").replace("<script src", "")


async def test_a_visitor_of_a_closed_queue_is_told_at_once(house: DeskHouse) -> None:
    rules = QueueRules("orders", "Заказы", "Orders", hours=OpeningHours("Europe/Moscow"))
    await house.desk.apply(QueueSetup({"orders": rules}))
    async with browser(house) as visitor:
        begun = (await visitor.post("/api/v1/chat/start", json=START)).json()
        assert begun["state"]["phase"] in ("ended", "leave_message")
        assert begun["state"]["last_seq"] == 2
    assert house.desk.contacts() == ()


async def test_what_was_left_is_read_by_the_supervisor(house: DeskHouse) -> None:
    operator = await house.operator()
    boss = await house.access.create_user("boss", "Ирина Котова", Role.SUPERVISOR, None)
    async with browser(house) as visitor, await house.client(boss) as page, await house.client(operator) as other:
        assert "Пока никто ничего не оставил" in (await page.get("/chats/left?lang=ru")).text
        await visitor.post("/api/v1/chat/start", json=START | {"text": "<b>Никого?</b>"})
        await house.chat.dismiss(house.desk.contacts()[0], Dismissal.MESSAGE)
        assert (await visitor.get("/api/v1/chat")).json()["phase"] == "leave_message"
        await visitor.post("/api/v1/chat/messages", json={"client_id": "message-2", "text": "Мой телефон 900-00-41"})
        shown = (await page.get("/chats/left?lang=en")).text
        assert "&lt;b&gt;Никого?&lt;/b&gt;" in shown
        assert "Мой телефон 900-00-41" in shown
        assert (await other.get("/chats/left", headers={"Accept": "text/html"})).status_code == 403

"""Pieces of an ordinary day, each told as it should go. Whoever acts, acts again when the house was away; the rest waits on states."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until

from .faultlab import BUSY, MESSAGE, SILENT, SLOW, FaultLab
from .people import Clerk, Client

Flow = Callable[[FaultLab], Awaitable[None]]
CHAT = "/api/v1/chat"
SPEAKS = ("connected", "held")
AFTER = ("wrap_up", "closed")
LISTED = 2_500


async def call_in(lab: FaultLab) -> None:
    """A customer calls, an agent talks with him, hangs up and writes the result."""
    clerk, number = lab.clerks[0], lab.new_number()
    await clerk.be("ready")
    async with lab.caller(number) as caller:
        await in_talk(lab, number, caller)
        await finish(lab, clerk, number, caller)
    await clerk.be("logged_out")


async def caller_abandons(lab: FaultLab) -> None:
    """Nobody is there; he goes."""
    number = lab.new_number()
    async with lab.caller(number) as caller:
        await lab.contact_of(number)
        caller.hang_up()
        await _over(caller)
    await lab.contact_of(number, "abandoned", "lost")


async def ring_no_answer(lab: FaultLab) -> None:
    """The first agent does not pick up; the second does."""
    number = lab.new_number()
    await lab.silent.be("ready")
    async with lab.caller(number) as caller:
        await lab.contact_of(number, ready=lambda contact: contact["tries"] >= 1)
        await lab.clerks[0].be("ready")
        await in_talk(lab, number, caller)
        caller.hang_up()
        await _over(caller)
        await _result(lab, lab.clerks[0], number, "consulted")
    for clerk in (lab.silent, lab.clerks[0]):
        await clerk.be("logged_out")


async def declined(lab: FaultLab) -> None:
    """The first agent declines while it rings; the second talks."""
    number = lab.new_number()
    await lab.silent.be("ready")
    async with lab.caller(number) as caller:
        contact = await lab.contact_of(number, ready=lambda contact: contact["tries"] >= 1)
        await lab.silent.tell(contact["id"], "decline")
        await lab.silent.be("logged_out")
        await lab.clerks[0].be("ready")
        await in_talk(lab, number, caller)
        caller.hang_up()
        await _over(caller)
        await _result(lab, lab.clerks[0], number, "consulted")
    await lab.clerks[0].be("logged_out")


async def order_answered(lab: FaultLab) -> None:
    """An order is dialed, answered, talked about and confirmed; or, when a crash has cost the call, left for later."""
    clerk, number = lab.clerks[0], lab.new_number("7916888")
    await lab.post_order(number)
    await clerk.be("ready")
    await lab.dial(True)
    await one_attempt(lab, number, clerk)
    await clerk.be("logged_out")


async def order_busy(lab: FaultLab) -> None:
    await _refused(lab, lab.new_number(BUSY))


async def order_no_answer(lab: FaultLab) -> None:
    await _refused(lab, lab.new_number(SILENT))


async def callback(lab: FaultLab) -> None:
    """A caller asks to be called back; at his minute he is."""
    clerk, number = lab.clerks[0], lab.new_number("7916889")
    await clerk.be("ready")
    async with lab.caller(number) as caller:
        await in_talk(lab, number, caller)
        caller.hang_up()
        await _over(caller)
        await _result(lab, clerk, number, "postponed", call_back_in=timedelta(seconds=2))
    contact = await lab.contact_of(number, "closed", "abandoned", "lost", "overflowed")
    if contact["callback_at"] is not None:
        await clerk.be("ready")
        await lab.dial(True)
        await one_attempt(lab, number, clerk)
    await clerk.be("logged_out")


async def chat(lab: FaultLab) -> None:
    """A visitor and an agent write to each other; the agent ends it."""
    clerk = lab.clerks[1]
    async with clerk.at_page():
        visitor, chat_id, contact_id = await chat_begun(lab, clerk)
        await chat_ended(lab, clerk, visitor, chat_id, contact_id)
    await clerk.be("logged_out")


async def transfer(lab: FaultLab) -> None:
    """The first agent passes the caller on to the second."""
    first, second, number = lab.clerks[0], lab.clerks[1], lab.new_number()
    await first.be("ready")
    async with lab.caller(number) as caller:
        await in_talk(lab, number, caller)
        await second.be("ready")
        contact = await lab.contact_of(number)

        async def passed() -> bool:
            now = await lab.contact_of(number)
            if now["state"] in SPEAKS and now["agent_id"] == first.id:
                await first.tell(contact["id"], "transfer", {"agent": second.id})
            return now["state"] in SPEAKS and now["agent_id"] == second.id

        await until(passed, "the caller with the second agent", within_s=60.0, every_s=0.3)
        caller.hang_up()
        await _over(caller)
        await _result(lab, second, number, "consulted")
    for clerk in (first, second):
        await clerk.be("logged_out")


async def message(lab: FaultLab) -> None:
    """An order's customer hears a message without an operator, and confirms by key 1; what he pressed is kept, whatever dies."""
    number = lab.new_number("7916887")
    await lab.turn(mode="agentless", notice__recording=MESSAGE)
    order = await lab.post_order(number)
    await lab.dial(True)

    async def over() -> bool:
        theirs = [each for each in (await lab.books()).attempts if each["number"] == number]
        if theirs:
            await lab.dial(False)
        _press_one(lab, number)
        return bool(theirs) and all(each["ended_at"] is not None for each in theirs)

    await until(over, f"the end of the message to {number}", within_s=60.0, every_s=1.0)

    async def settled() -> bool:
        books = await lab.books()
        (posted,) = (each for each in books.orders if each["external_id"] == order)
        (lead,) = (each for each in books.leads if each["order_id"] == posted["id"])
        return (posted["status"], lead["state"], lead["disposition"]) == ("confirmed", "done", "confirmed")

    if number.lstrip("+") in (told.lstrip("+") for told in lab.carrier.numbers()):
        await until(settled, "what the key decided", within_s=20.0)
    await lab.turn(mode="progressive")


async def a_full_batch(lab: FaultLab) -> None:
    """Six customers are called in one turn: three answer and confirm a message, one late; one is busy, one silent. Whatever dies, each is
    called once, and nothing stays counted as on its way."""
    numbers = [lab.new_number(prefix) for prefix in ("7916885", "7916885", "7916885", SLOW, BUSY, SILENT)]
    await lab.turn(mode="agentless", notice__recording=MESSAGE, notice__channels=len(numbers))
    for number in numbers:
        await lab.post_order(number)
    await lab.dial(True)

    async def over() -> bool:
        theirs = [each for each in (await lab.books()).attempts if each["number"] in numbers]
        if len(theirs) >= len(numbers):
            await lab.dial(False)
        _press_one(lab, *numbers)
        return len(theirs) >= len(numbers) and all(each["ended_at"] is not None for each in theirs)

    await until(over, f"the ends of {len(numbers)} calls", within_s=90.0, every_s=0.5)

    async def nothing_is_counted() -> bool:
        told = (await lab.boss.ask("GET", "/api/v1/trunks")).json()
        return all(each["in_use"] == each["ringing"] == 0 for each in told)

    await until(nothing_is_counted, "trunks that carry nothing", within_s=30.0, every_s=0.5)
    books = await lab.books()
    assert sorted(each["number"] for each in books.attempts if each["number"] in numbers) == sorted(numbers)
    assert {each["attempts"] for each in books.leads if each["phone"] in numbers} <= {0, 1}
    await lab.turn(mode="progressive")


async def card(lab: FaultLab) -> None:
    """An operator sees whom he is to call, and has him called."""
    clerk, number = lab.clerks[0], lab.new_number("7916886")
    await lab.turn(mode="preview")
    await lab.post_order(number)
    await clerk.be("ready")
    await lab.dial(True)

    async def called() -> bool:
        if any(each["number"] == number for each in (await lab.books()).attempts):
            return True
        shown = (await clerk.ask("GET", "/api/v1/desk/preview")).json()
        if shown is not None:
            what = "dial" if shown["phone"] == number else "skip"  # others are left from earlier flows
            await clerk.ask("POST", f"/api/v1/desk/preview/{what}", json={"attempt_id": shown["attempt_id"]})
        else:
            await clerk.be("ready")
        return False

    await until(called, f"the card of {number} dialed", within_s=60.0, every_s=0.3)
    await one_attempt(lab, number, clerk)
    await clerk.be("logged_out")
    await lab.turn(mode="progressive")


async def a_list(lab: FaultLab) -> None:
    """A list of leads is loaded, and taken back."""
    address = f"/api/v1/campaigns/{lab.campaign}/imports"
    rows = "".join(f"+79165{number:06};{number}\n" for number in range(LISTED))
    body = f"Телефон;Имя\n{rows}".encode()
    answer = await lab.boss.ask("POST", f"{address}?load=true", content=body, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 201, answer.text
    one = f"{address}/{answer.json()['id']}"

    async def become(state: str) -> None:
        async def is_it() -> bool:
            told = (await lab.boss.ask("GET", one)).json()
            assert told["state"] not in ("failed", "checked"), told
            return bool(told["state"] == state)

        await until(is_it, f"a list that is {state}", within_s=60.0, every_s=0.2)

    await become("loaded")
    assert (await lab.boss.ask("GET", one)).json()["made"] == LISTED
    assert await _leads_of_lists(lab) == LISTED
    stopped = await lab.boss.ask("POST", f"{one}/stop")
    assert stopped.status_code in (200, 409), stopped.text
    await become("taken_back")
    assert await _leads_of_lists(lab) == 0


async def _leads_of_lists(lab: FaultLab) -> int:
    return sum(each["import_id"] is not None for each in (await lab.books()).leads)


FLOWS: Mapping[str, Flow] = {
    flow.__name__: flow
    for flow in (
        call_in,
        caller_abandons,
        ring_no_answer,
        declined,
        order_answered,
        order_busy,
        order_no_answer,
        callback,
        chat,
        transfer,
        message,
        a_full_batch,
        card,
        a_list,
    )
}

# What they are made of ---------------------------------------------------------------------------------------------


async def chat_begun(lab: FaultLab, clerk: Clerk) -> tuple[Client, str, str]:
    """A visitor writes, this agent takes it. Returns the visitor, the chat and its contact."""
    await clerk.be("ready")
    visitor = Client(lab.web)
    await visitor.ask("GET", CHAT)
    await _say(lab, visitor, f"{CHAT}/start", "visitor", "Где мой заказ?")
    chat_id = (await visitor.ask("GET", CHAT)).json()["chat"]
    contact = await lab.contact_of(chat_id)

    async def accepted() -> bool:
        now = await lab.contact_of(chat_id)
        if now["state"] == "offered" and now["agent_id"] == clerk.id:
            await clerk.tell(contact["id"], "accept")
        if now["state"] == "queued":  # an offer that ran out while the house was away took him off the line
            await clerk.be("ready")
        return now["state"] in SPEAKS

    await until(accepted, "the chat accepted", within_s=40.0, every_s=0.2)
    return visitor, chat_id, contact["id"]


async def chat_ended(lab: FaultLab, clerk: Clerk, visitor: Client, chat_id: str, contact_id: str) -> None:
    """Both write once more, and the agent ends it."""
    await _say(lab, clerk, f"/api/v1/desk/chats/{contact_id}/messages", "agent", "Сейчас посмотрю")
    await _say(lab, visitor, f"{CHAT}/messages", "visitor", "Спасибо")

    async def over() -> bool:
        now = await lab.contact_of(chat_id)
        if now["state"] in SPEAKS:
            await clerk.tell(contact_id, "hangup")
        elif now["state"] == "offered":
            await clerk.tell(contact_id, "accept")
        return now["state"] not in (*SPEAKS, "offered", "queued")

    await until(over, "the end of the chat", within_s=40.0, every_s=0.2)
    await _result(lab, clerk, chat_id, "consulted")


async def talks_still(lab: FaultLab, number: str, caller: SippCaller) -> None:
    """The talk went on through the fault, and the book says so."""
    if caller.left_by_other_side:
        lab.dropped.append(number)
    await lab.contact_of(number, *SPEAKS, within_s=15.0)


async def finish(lab: FaultLab, clerk: Clerk, number: str, caller: SippCaller) -> None:
    """The agent hangs up and writes the result."""
    contact = await lab.contact_of(number)

    async def ended() -> bool:
        now = await lab.contact_of(number)
        if now["state"] in SPEAKS:
            await clerk.tell(contact["id"], "hangup")
        return caller.sipp.ended

    await until(ended, "the end of the talk", within_s=40.0, every_s=0.5)
    await _result(lab, clerk, number, "consulted")


async def in_talk(lab: FaultLab, number: str, caller: SippCaller) -> None:
    """Wait until they talk, and for a second of it, so that there is something to be recorded."""
    contact = await lab.contact_of(number, *SPEAKS)
    begun = contact["connected_at"]
    await until(lambda: (datetime.now(UTC) - begun).total_seconds() >= 1.5, "a second and a half of talk", every_s=0.1)
    if caller.left_by_other_side:
        lab.dropped.append(number)


async def _over(caller: SippCaller) -> None:
    await caller.over(within_s=60.0)


async def _result(lab: FaultLab, clerk: Clerk, number: str, code: str, call_back_in: timedelta | None = None) -> None:
    """Write the result while there is time; what was closed by its deadline stays so. A time that passed in a crash is named anew."""

    async def written() -> bool:
        contact = await lab.contact_of(number)
        if contact["state"] == "wrap_up":
            at = None if call_back_in is None else (datetime.now(UTC) + call_back_in).isoformat()
            await clerk.tell(contact["id"], "disposition", {"code": code, "callback_at": at})
        return contact["state"] not in ("wrap_up", *SPEAKS)

    await until(written, f"the result of {number}", within_s=60.0, every_s=0.1)


async def _say(lab: FaultLab, who: Client, path: str, author: str, text: str) -> None:
    client_id = uuid4().hex
    answer = await who.ask("POST", path, json={"client_id": client_id, "text": text})
    assert answer.status_code == 200, answer.text
    lab.said.append((author, client_id))


def _press_one(lab: FaultLab, *numbers: str) -> None:
    """Those of these who hear us press 1."""
    theirs = {number.lstrip("+") for number in numbers}
    for invite in lab.carrier.in_talk():
        if invite.number.lstrip("+") in theirs and invite.sound_at is not None:
            lab.carrier.peer.press(invite.sound_at, "1")


async def one_attempt(lab: FaultLab, number: str, clerk: Clerk) -> None:
    """Until an attempt to the number has ended; if it came to a talk, its result is written. Then nothing more is dialed."""

    async def ended() -> bool:
        books = await lab.books()
        theirs = [each for each in books.attempts if each["number"].lstrip("+") == number.lstrip("+")]
        if theirs:
            await lab.dial(False)
        talks = {each["attempt_id"]: each for each in books.contacts if each["attempt_id"]}
        for each in theirs:
            contact = talks.get(each["id"])
            if contact is not None and contact["state"] in SPEAKS:
                if (datetime.now(UTC) - contact["connected_at"]).total_seconds() >= 1.5:
                    await clerk.tell(contact["id"], "hangup")
            elif contact is not None and contact["state"] == "wrap_up":
                await clerk.tell(contact["id"], "disposition", {"code": "confirmed"})
        return bool(theirs) and all(each["ended_at"] is not None for each in theirs)

    await until(ended, f"the end of the attempt to {number}", within_s=90.0, every_s=0.2)
    await lab.dial(False)


async def _refused(lab: FaultLab, number: str) -> None:
    clerk = lab.clerks[0]
    await lab.post_order(number)
    await clerk.be("ready")
    await lab.dial(True)
    await one_attempt(lab, number, clerk)
    await clerk.be("logged_out")

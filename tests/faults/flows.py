"""Pieces of an ordinary day, each told as it should go. Whoever acts, acts again when the house was away; the rest waits on states."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from tests.fakes.wait import until

from .faultlab import BUSY, MESSAGE, SILENT, SLOW, FaultLab
from .steps import SPEAKS, chat_begun, chat_ended, finish, gone, in_talk, one_attempt, press_one, refused, write_result

Flow = Callable[[FaultLab], Awaitable[None]]
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
        await gone(caller)
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
        await gone(caller)
        await write_result(lab, lab.clerks[0], number, "consulted")
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
        await gone(caller)
        await write_result(lab, lab.clerks[0], number, "consulted")
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
    await refused(lab, lab.new_number(BUSY))


async def order_no_answer(lab: FaultLab) -> None:
    await refused(lab, lab.new_number(SILENT))


async def callback(lab: FaultLab) -> None:
    """A caller asks to be called back; at his minute he is."""
    clerk, number = lab.clerks[0], lab.new_number("7916889")
    await clerk.be("ready")
    async with lab.caller(number) as caller:
        await in_talk(lab, number, caller)
        caller.hang_up()
        await gone(caller)
        await write_result(lab, clerk, number, "postponed", call_back_in=timedelta(seconds=2))
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
        await gone(caller)
        await write_result(lab, second, number, "consulted")
    for clerk in (first, second):
        await clerk.be("logged_out")


async def message(lab: FaultLab) -> None:
    """An order's customer hears a message without an operator, and confirms by key 1; what he pressed is kept, whatever dies."""
    number = lab.new_number("7916887")
    await lab.turn(mode="agentless", notice__recording=MESSAGE)
    order = await lab.post_order(number)
    await lab.dial(True)

    async def over() -> bool:
        press_one(lab, number)
        theirs = [each for each in (await lab.books()).attempts if each["number"] == number]
        return bool(theirs) and all(each["ended_at"] is not None for each in theirs)

    ends = until(over, f"the end of the message to {number}", within_s=60.0, every_s=1.0)
    await asyncio.gather(
        _dial_no_more(lab, number), ends
    )  # an engine that is dead answers late; the key is pressed meanwhile

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
        press_one(lab, *numbers)
        theirs = [each for each in (await lab.books()).attempts if each["number"] in numbers]
        return len(theirs) >= len(numbers) and all(each["ended_at"] is not None for each in theirs)

    ends = until(over, f"the ends of {len(numbers)} calls", within_s=90.0, every_s=0.5)
    await asyncio.gather(_dial_no_more(lab, *numbers), ends)

    async def nothing_is_counted() -> bool:
        told = (await lab.boss.ask("GET", "/api/v1/trunks")).json()
        return all(each["in_use"] == each["ringing"] == 0 for each in told)

    await until(nothing_is_counted, "trunks that carry nothing", within_s=30.0, every_s=0.5)
    books = await lab.books()
    assert sorted(each["number"] for each in books.attempts if each["number"] in numbers) == sorted(numbers)
    assert {each["attempts"] for each in books.leads if each["phone"] in numbers} <= {0, 1}
    await lab.turn(mode="progressive")


async def _dial_no_more(lab: FaultLab, *numbers: str) -> None:
    """The campaign stands still as soon as each of them is being called."""

    async def called() -> bool:
        return {each["number"] for each in (await lab.books()).attempts} >= set(numbers)

    await until(called, f"calls to {len(numbers)} customers", within_s=60.0, every_s=0.5)
    await lab.dial(False)


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

"""What flows are made of: a talk begun, held and ended, a result written, a chat, an attempt seen to its end. Each waits on states."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until

from .faultlab import FaultLab
from .people import Clerk, Client

CHAT = "/api/v1/chat"
SPEAKS = ("connected", "held")


async def chat_begun(lab: FaultLab, clerk: Clerk) -> tuple[Client, str, str]:
    """A visitor writes, this agent takes it. Returns the visitor, the chat and its contact."""
    await clerk.be("ready")
    visitor = Client(lab.web)
    await visitor.ask("GET", CHAT)
    await say(lab, visitor, f"{CHAT}/start", "visitor", "Где мой заказ?")
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
    await say(lab, clerk, f"/api/v1/desk/chats/{contact_id}/messages", "agent", "Сейчас посмотрю")
    await say(lab, visitor, f"{CHAT}/messages", "visitor", "Спасибо")

    async def over() -> bool:
        now = await lab.contact_of(chat_id)
        if now["state"] in SPEAKS:
            await clerk.tell(contact_id, "hangup")
        elif now["state"] == "offered":
            await clerk.tell(contact_id, "accept")
        return now["state"] not in (*SPEAKS, "offered", "queued")

    await until(over, "the end of the chat", within_s=40.0, every_s=0.2)
    await write_result(lab, clerk, chat_id, "consulted")


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
    await write_result(lab, clerk, number, "consulted")


async def in_talk(lab: FaultLab, number: str, caller: SippCaller) -> None:
    """Wait until they talk, and for a second of it, so that there is something to be recorded."""
    contact = await lab.contact_of(number, *SPEAKS)
    begun = contact["connected_at"]
    await until(lambda: (datetime.now(UTC) - begun).total_seconds() >= 1.5, "a second and a half of talk", every_s=0.1)
    if caller.left_by_other_side:
        lab.dropped.append(number)


async def gone(caller: SippCaller) -> None:
    await caller.over(within_s=60.0)


async def write_result(
    lab: FaultLab, clerk: Clerk, number: str, code: str, call_back_in: timedelta | None = None
) -> None:
    """Write the result while there is time; what was closed by its deadline stays so. A time that passed in a crash is named anew."""

    async def written() -> bool:
        contact = await lab.contact_of(number)
        if contact["state"] == "wrap_up":
            at = None if call_back_in is None else (datetime.now(UTC) + call_back_in).isoformat()
            await clerk.tell(contact["id"], "disposition", {"code": code, "callback_at": at})
        return contact["state"] not in ("wrap_up", *SPEAKS)

    await until(written, f"the result of {number}", within_s=60.0, every_s=0.1)


async def say(lab: FaultLab, who: Client, path: str, author: str, text: str) -> None:
    client_id = uuid4().hex
    answer = await who.ask("POST", path, json={"client_id": client_id, "text": text})
    assert answer.status_code == 200, answer.text
    lab.said.append((author, client_id))


def press_one(lab: FaultLab, *numbers: str) -> None:
    """Those of these who hear us press 1."""
    theirs = {number.lstrip("+") for number in numbers}
    for invite in lab.carrier.in_talk():
        if invite.number.lstrip("+") in theirs and invite.sound_at is not None:
            lab.carrier.peer.press(invite.sound_at, "1")


async def one_attempt(lab: FaultLab, number: str, clerk: Clerk) -> None:
    """Until an attempt to the number has ended; if it came to a talk, its result is written. Then nothing more is dialed."""

    async def ended() -> bool:
        books = await lab.books()
        await lab.end_strangers(books)  # they may be dialed before him
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


async def refused(lab: FaultLab, number: str) -> None:
    clerk = lab.clerks[0]
    await lab.post_order(number)
    await clerk.be("ready")
    await lab.dial(True)
    await one_attempt(lab, number, clerk)
    await clerk.be("logged_out")

"""Power and messages without an operator, whole: more customers of a SIPp carrier answer than there are operators, and keys are pressed."""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from tests.fakes.answer_sounds import hiss, silence, speech, tone
from tests.fakes.house import House, running_house
from tests.fakes.prompt_ear import SURE, find
from tests.fakes.sipp import Invite, SippCarrier
from tests.fakes.sipp_scenarios import Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, Supervisor, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

OURS = "7916777"
SERVED = 100  # so many persons were served today: three calls may fly without an operator
PLAN = [
    (rf"\+*{OURS}01..", Behaviour(ring_ms=1500)),
    (rf"\+*{OURS}02..", Behaviour(ring_ms=300)),
    (rf"\+*{OURS}03..", Behaviour(ring_ms=300)),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    async with SippCarrier(tmp_path_factory.mktemp("carrier"), PLAN, otherwise=refuses(486), tone_hz=None) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    """A house that has served `SERVED` persons today, known to the engine only by its table."""
    place = tmp_path_factory.mktemp("modes") / "house"
    async with running_house(place, trunk=carrier.uri, dial_ring_s="15") as one:
        await until(lambda: leads_there(one), "the demo's leads")
        await one.stop()
        await asyncio.to_thread(serve_before, one)
        await one.start()
        yield one


async def leads_there(house: House) -> bool:
    return bool(await rows(house, "SELECT id FROM lead LIMIT 1"))


def serve_before(house: House) -> None:
    """Attempts of today's first minute, as an earlier engine left them."""
    with closing(sqlite3.connect(house.data / "cordboard.sqlite3")) as db:
        lead, campaign, number = db.execute("SELECT id, campaign_id, phone FROM lead LIMIT 1").fetchone()
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        row = (lead, campaign, "someone", number, now, now, now, "person", "progressive")
        db.executemany(
            "INSERT INTO attempt (id, lead_id, campaign_id, agent_id, number, intent_at, answered_at, ended_at, outcome, mode)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(str(uuid.uuid4()), *row) for _ in range(SERVED)],
        )
        db.commit()


def heard(carrier: SippCarrier, house: House, invite: Invite) -> bool:
    """Whether the person called has heard one of our spoken texts to its end."""
    if invite.sound_at is None:
        return False
    sound = carrier.peer.sound(invite.sound_at)
    for path in (house.data / "asterisk/share/said").glob("*.wav"):
        said = np.asarray(soundfile.read(str(path), dtype="int16")[0], dtype=np.int16)
        if find(sound, said).likeness >= SURE:
            return True
    return False


def speaks_to(carrier: SippCarrier, invite: Invite) -> bool:
    return invite.sound_at is not None and carrier.peer.hear(invite.sound_at, 1.0).loudness > 0.01


def calls_to(carrier: SippCarrier, prefix: str) -> list[Invite]:
    return [invite for invite in carrier.invites() if invite.number.lstrip("+").startswith(prefix)]


async def attempts(house: House, prefix: str) -> list[tuple[Any, ...]]:
    """Outcome, whether unreserved, whether connected; of those that have ended, the first begun first."""
    return await rows(
        house,
        "SELECT outcome, agent_id IS NULL, connected_at IS NOT NULL FROM attempt WHERE number LIKE ? AND ended_at IS NOT NULL"
        " ORDER BY intent_at",
        f"%{prefix}%",
    )


async def status_of(house: House, number: str) -> str:
    found = await rows(house, "SELECT status FROM orders WHERE number = ?", number)
    return str(found[0][0])


async def test_power_leaves_no_more_alone_than_it_may_and_they_are_told_so(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    await supervisor.tell("knobs", {"knobs": {"mode": "power", "power.ratio": 3.0}})
    bodies = [order(f"П-1{n}", f"+{OURS}010{n}", name=f"Клиент {n}", kopecks=90_000_000 - n) for n in range(8)]
    await post_orders(house, *bodies)
    desk = await seat()
    await supervisor.tell("start")
    invites = await until(
        lambda: found if len(found := calls_to(carrier, f"{OURS}01")) >= 3 else None, "three calls", within_s=60.0
    )
    await desk.until_talks()
    await supervisor.tell("pause")
    # The bound has room for three (of 100 served): three fly for one operator, two meet nobody and hear whose call it was.
    alone = await until(
        lambda: lonely if len(lonely := [one for one in invites if heard(carrier, house, one)]) == 2 else None,
        "the apology at two ears",
        within_s=60.0,
        every_s=1.0,
    )
    carrier.peer.press(alone[0].sound_at, "9")  # type: ignore[arg-type]

    async def both_over() -> bool:
        return [one[0] for one in await attempts(house, f"{OURS}01")] == ["abandoned", "abandoned"]

    await until(both_over, "two abandoned attempts", within_s=40.0)
    await desk.hang_up()
    await desk.until_phase("wrap.*")
    await desk.write_result("confirmed")

    async def all_over() -> list[tuple[Any, ...]] | None:
        found = await attempts(house, f"{OURS}01")
        return found if len(found) == 3 else None

    ended = await until(all_over, "the talk is over")
    assert sorted(ended) == [("abandoned", 1, 0), ("abandoned", 1, 0), ("person", 1, 1)]
    assert len(calls_to(carrier, f"{OURS}01")) == 3
    shy = await rows(house, "SELECT state FROM lead WHERE phone = ?", f"+{alone[0].number.lstrip('+')}")
    assert shy == [("do_not_call",)]

    # Two of 103 were left alone: there is no room for another, so the next call has an operator of its own.
    await supervisor.tell("start")
    await until(lambda: len(calls_to(carrier, f"{OURS}01")) >= 4, "the next call", within_s=60.0)
    await desk.until_talks()
    await supervisor.tell("pause")
    last = await rows(
        house, "SELECT agent_id IS NULL, mode FROM attempt WHERE number LIKE ? ORDER BY intent_at DESC", f"%{OURS}01%"
    )
    assert last[0] == (0, "power")
    await desk.finish("confirmed")
    shares = await rows(
        house,
        "SELECT sum(outcome = 'abandoned') * 1.0 / count(*) FROM attempt WHERE answered_at IS NOT NULL AND ended_at IS NOT NULL",
    )
    assert shares[0][0] <= 0.03


async def test_a_message_is_told_and_its_keys_confirm_decline_and_bring_an_operator(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    text = "Здравствуйте, {customer_name}! Ваш заказ номер {order_number} на сумму {order_total} собран."
    await supervisor.tell("knobs", {"knobs": {"mode": "agentless", "notice.text_ru": text, "notice.channels": 3}})
    numbers = {"1": "П-21", "2": "П-22", "0": "П-23"}
    bodies = [
        order(number, f"+{OURS}020{key}", name=f"Клиент {key}", kopecks=99_000_000) for key, number in numbers.items()
    ]
    await post_orders(house, *bodies)
    desk = await seat()
    await supervisor.tell("start")
    for key in numbers:
        invite = await carrier.until_in_talk(f"+{OURS}020{key}", within_s=90.0)
        await until(partial(speaks_to, carrier, invite), "a voice")
        assert invite.sound_at is not None
        carrier.peer.press(invite.sound_at, key)
    await supervisor.tell("pause")
    await desk.until_talks()
    await desk.screen.until_shows("[data-pane=main]", "П-23")
    await desk.finish("changed")

    async def settled() -> bool:
        return [await status_of(house, number) for number in ("П-21", "П-22")] == ["confirmed", "cancelled"]

    await until(settled, "the keys' orders in the shop", within_s=30.0)

    async def over() -> list[tuple[Any, ...]] | None:
        leads = "SELECT disposition, state FROM lead WHERE phone LIKE ? ORDER BY phone"
        found = await rows(house, leads, f"%{OURS}02%")
        return found if all(state != "connected" for _disposition, state in found) else None

    assert await until(over, "the results at the leads") == [
        ("changed", "done"),
        ("confirmed", "done"),
        ("cancelled", "done"),
    ]
    kinds = await rows(house, "SELECT DISTINCT mode, agent_id IS NULL FROM attempt WHERE number LIKE ?", f"%{OURS}02%")
    assert kinds == [("agentless", 1)]


async def test_a_machine_is_left_a_message_after_its_beep_and_a_person_meets_an_operator(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    knobs = {
        "mode": "power",
        "machines.point": "balanced",
        "machines.text_ru": "Это магазин. Перезвоните нам, пожалуйста.",
    }
    await supervisor.tell("knobs", {"knobs": knobs})
    bodies = [order(f"П-3{n}", f"+{OURS}030{n}", name=f"Клиент {n}", kopecks=99_500_000 - n) for n in range(2)]
    await post_orders(house, *bodies)
    desk = await seat()
    await supervisor.tell("start")

    machine = await carrier.until_in_talk(f"+{OURS}0300", within_s=90.0)
    greeting = hiss(0.3) + speech(3.0) + silence(0.4) + tone(1000, 0.5)
    assert machine.sound_at is not None
    carrier.peer.play(machine.sound_at, np.frombuffer(greeting, "<i2"))
    await until(lambda: heard(carrier, house, machine), "the message at the machine", within_s=40.0, every_s=0.5)

    person = await carrier.until_in_talk(f"+{OURS}0301", within_s=60.0)
    await supervisor.tell("pause")
    assert person.sound_at is not None
    carrier.peer.play(person.sound_at, np.frombuffer(hiss(0.4) + speech(0.5), "<i2"))
    await desk.until_talks()
    await desk.finish("confirmed")

    async def over() -> list[tuple[Any, ...]] | None:
        found = await attempts(house, f"{OURS}03")
        return found if len(found) == 2 else None

    ended = await until(over, "both calls are over", within_s=30.0)
    assert [(outcome, connected) for outcome, _unreserved, connected in ended] == [("machine", 0), ("person", 1)]

"""The disk of the data folder is full: database, recordings and Asterisk's own files lie there."""

import asyncio
import re
import sys
import time
from uuid import uuid4

import httpx2

from tests.fakes.house import ROOT
from tests.fakes.wait import until

from .faultlab import FaultLab, given, order_of
from .faults import a_talk, healthy
from .steps import finish, in_talk, talks_still


async def the_disk_is_full(lab: FaultLab) -> float:
    """In a talk there is no room any more; a second customer calls and a third hangs up meanwhile. Then somebody makes room."""
    disk, second = given(lab.disk), lab.new_number()
    async with a_talk(lab) as (number, caller):
        with disk.full():
            await until(lambda: _said_by_health(lab), "a house that says so", every_s=0.1)
            await _said_by_doctor(lab)
            order = await _no_false_promise(lab)
            async with lab.caller(second) as other:
                disk.fill()
                await talks_still(lab, number, caller)
                other.hang_up()
                await other.over(within_s=60.0)
        begun = time.monotonic()
        await healthy(lab)
        await lab.post_order(lab.new_number("7916888"))
        took = time.monotonic() - begun
        await talks_still(lab, number, caller)
        assert order not in {one["external_id"] for one in (await lab.books()).orders}, "half an order was kept"
    await lab.contact_of(second)  # known by now, whenever it could be written
    await _serves_as_before(lab)
    return took


async def a_talk_ends_on_a_full_disk(lab: FaultLab) -> float:
    """The talk ends, and another customer comes, while nothing can be written; with room again both are as if nothing had been."""
    disk, clerk = given(lab.disk), lab.clerks[0]
    first, second = lab.new_number(), lab.new_number()
    await clerk.be("ready")
    async with lab.caller(first) as caller:
        await in_talk(lab, first, caller)
        with disk.full():
            await until(lambda: _said_by_health(lab), "a house that says so", every_s=0.1)
            caller.hang_up()
            await caller.over(within_s=60.0)
            disk.fill()
            waiting = lab.caller(second)
            other = await waiting.__aenter__()
            disk.fill()
        begun = time.monotonic()
    await healthy(lab)
    try:
        await in_talk(lab, second, other)
        took = time.monotonic() - begun
        await finish(lab, clerk, second, other)
    finally:
        await waiting.__aexit__(None, None, None)
    await clerk.be("logged_out")
    return took


async def _serves_as_before(lab: FaultLab) -> None:
    async with a_talk(lab):
        pass


async def _said_by_health(lab: FaultLab) -> bool:
    try:
        told = await lab.house.health()
    except httpx2.HTTPError:
        return False
    return told["status"] == "degraded" and "'disk': 'critical'" in str(told["parts"])


async def _said_by_doctor(lab: FaultLab) -> None:
    doctor = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cordboard", "doctor", "--data", str(lab.house.data)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await doctor.communicate()
    assert re.search(r"FAIL  disk space: 0\.0 GiB free", told.decode()), told.decode()


async def _no_false_promise(lab: FaultLab) -> str:
    """Orders are taken as long as there is room for them somewhere (in a file that SQLite has already), then one is refused: its id."""
    disk, number = given(lab.disk), lab.new_number("7916888")

    async def refused() -> str:
        disk.fill()
        external = uuid4().hex
        async with httpx2.AsyncClient(base_url=lab.web(), headers=lab.shop.headers, timeout=20.0) as shop:
            answer = await shop.post("/api/v1/orders", json=order_of(external, number))
        if answer.is_success:
            lab.orders.append(external)
            return ""
        assert answer.status_code in (500, 503), answer.text
        return external

    return await until(refused, "an order that is not taken")

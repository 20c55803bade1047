"""The supervisor's pages in a real browser: a SteeringHouse served over a socket, and a signed-in user's page whose complaints count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from playwright.async_api import Browser, Page, ViewportSize

from cordboard.access.user import User
from tests.fakes.browser import STILL
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.wait import until

PHONE: ViewportSize = {"width": 390, "height": 844}


@asynccontextmanager
async def served(house: SteeringHouse) -> AsyncIterator[str]:
    """The address of the house, served over a real socket, its news told."""
    server = uvicorn.Server(uvicorn.Config(house.app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    following = asyncio.create_task(house.live.follow(house.desk))
    await until(lambda: server.started, "the server")
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    house.live.close()
    server.should_exit = True
    await serving
    following.cancel()
    await asyncio.wait([following])
    await house.desk.settle()


@asynccontextmanager
async def screen(
    house: SteeringHouse,
    base: str,
    browser: Browser,
    user: User,
    *,
    phone: bool = False,
    height: int = 768,
    refusals: bool = False,
    zone: str = "UTC",
) -> AsyncIterator[Page]:
    """A page of a signed-in user; what its scripts or its content policy complain of fails the test. With `refusals` an answer of 4xx is
    no complaint. `zone` is the user's own, in which the page tells times."""
    size: ViewportSize = PHONE if phone else {"width": 1366, "height": height}
    context = await browser.new_context(viewport=size, timezone_id=zone, reduced_motion=STILL)
    token = await house.access.open_session(user.id, "test")
    await context.add_cookies([{"name": "cordboard", "value": token, "url": base}])
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    yield page
    await context.close()
    assert [line for line in complaints if not (refusals and "status of 4" in line)] == []

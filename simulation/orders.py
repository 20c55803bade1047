"""The shop's own system: it posts orders, which the engine calls back."""

import asyncio
import time
from random import Random

import httpx2

from ..agent_web.security import cookie_name
from .habits import Stretch
from .operators import Tally
from .person import arrivals
from .premises import ARTICLE


async def tell_campaign(web: str, token: str, what: str) -> None:
    """The site's first campaign, which takes every order: `start` lets it begin to dial, `drain` lets the calls that it has begun be the
    last, for leads that nobody reached would be dialed again for hours."""
    cookies = {cookie_name(secure=False): token}
    async with httpx2.AsyncClient(base_url=web, cookies=cookies, timeout=30.0, trust_env=False) as client:
        campaign = (await client.get("/api/v1/campaigns")).json()[0]["id"]
        (await client.post(f"/api/v1/campaigns/{campaign}/{what}", json={})).raise_for_status()


async def post_orders(web: str, key: str, random: Random, rate: float, seconds: float, tally: Tally) -> None:
    """So many a second, each of another customer."""
    began = time.monotonic()
    headers = {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=web, headers=headers, timeout=60.0, trust_env=False) as client:
        for index, at in enumerate(arrivals(random, [Stretch(rate, seconds)])):
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            sent = time.monotonic()
            answer = await client.post("/api/v1/orders", json=order(index))
            tally.writes.append(time.monotonic() - sent)
            if answer.is_error:
                tally.faults[f"order {answer.status_code}"] += 1


def order(index: int) -> dict[str, object]:
    return {
        "external_id": f"sim-{index}",
        "number": f"S-{index}",
        "customer": {"name": f"Customer {index}", "phone": f"+7901{index:07d}", "language": "en", "time_zone": "UTC"},
        "items": [{"article": ARTICLE, "quantity": 1}],
    }

"""What an engine answers that stands by: the same to everything, in the asker's language, and never a page."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from cordboard.agent_web.stand_by import stand_by


@pytest.fixture
async def asker() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(stand_by), base_url="http://house") as client:
        yield client


async def test_health_says_what_it_is(asker: httpx2.AsyncClient) -> None:
    answer = await asker.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "stand_by"})


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/desk"), ("POST", "/api/v1/orders"), ("GET", "/live"), ("PUT", "/x")]
)
async def test_everything_else_is_a_problem_that_may_be_tried_again(
    asker: httpx2.AsyncClient, method: str, path: str
) -> None:
    answer = await asker.request(method, path, headers={"Accept": "text/html", "Accept-Language": "ru-RU"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["detail"] == "Работает другой экземпляр, этот ждёт наготове"
    assert {"type", "title", "status"} <= answer.json().keys()

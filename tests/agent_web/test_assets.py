"""Static files and the catalogue: packed for who takes them so, whole for everybody else, the same bytes in the end."""

import gzip

import pytest

from cordboard.agent_web.pages import static_files, static_url
from tests.agent_web.conftest import Web

PACKED = {"vendor/jssip-3.13.8.js": 90_000, "cordboard.css": 12_000, "icons.svg": 6_000}


@pytest.mark.parametrize("name", PACKED)
async def test_what_gets_smaller_is_packed_for_who_takes_it(web: Web, name: str) -> None:
    async with web.asker() as asker:
        packed = await asker.get(static_url(name), headers={"Accept-Encoding": "br, gzip;q=0.8"})
        plain = await asker.get(static_url(name), headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content == static_files()[name].read_bytes()
    assert len(gzip.compress(plain.content)) < PACKED[name]
    for answer in (packed, plain):
        assert answer.headers["vary"] == "Accept-Encoding"
        assert "immutable" in answer.headers["cache-control"]


async def test_fonts_are_packed_already(web: Web) -> None:
    name = "fonts/onest-latin.woff2"
    async with web.asker() as asker:
        answer = await asker.get(static_url(name), headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert answer.content == static_files()[name].read_bytes()


async def test_the_catalogue_is_packed_and_not_sent_twice(web: Web) -> None:
    async with web.asker() as asker:
        first = await asker.get("/i18n/en.json", headers={"Accept-Encoding": "gzip"})
        again = await asker.get("/i18n/en.json", headers={"If-None-Match": first.headers["etag"]})
    assert (first.headers["content-encoding"], again.status_code) == ("gzip", 304)
    assert first.json()["Ответить"] == "Answer"

import hashlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi.routing import APIRoute

from cordboard.access.permission import Role
from cordboard.agent_web.quality_pages import router
from cordboard.quality.store import DOWNLOADED, LISTENED
from cordboard.storage.database import Database
from tests.fakes.quality_house import NOON, QualityHouse, many_calls, quality_house


@pytest.fixture
async def home(sqlite_database: Database, tmp_path: Path) -> QualityHouse:
    return await quality_house(sqlite_database, tmp_path)


async def _browser(home: QualityHouse, login: str | None) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=home.app)
    client = httpx2.AsyncClient(
        transport=transport, base_url="http://cordboard.test", headers={"Accept-Language": "ru"}
    )
    if login:
        client.cookies.set("cordboard", await home.house.access.open_session(home.people[login].id, "test"))
    return client


@pytest.fixture
async def olga(home: QualityHouse) -> AsyncIterator[httpx2.AsyncClient]:
    """The browser of her who looks after quality."""
    async with await _browser(home, "olga") as client:
        yield client


async def _audit(home: QualityHouse, recording_id: str) -> list[tuple[str | None, str]]:
    rows = await home.house.access.audit_rows(subject=recording_id)
    return [(row.actor_id, row.action) for row in rows]


async def test_the_list_tells_what_each_recording_is_of(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    recording_id = await home.call("contact-1", 11.0)
    page = (await olga.get("/quality")).text
    for told in ("Олег Жданов", "Анна Иванова", "№ 48190", "0:11", "Целая", f"/quality/{recording_id}", "15:00"):
        assert told in page, told
    assert "+79*******27" in page
    assert "9123454127" not in re.sub(r"\D", "", page)


async def test_the_list_is_narrowed_by_what_is_asked(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    early = await home.call("contact-1", 1.0, number="48190")
    home.clock.at = NOON + timedelta(hours=10)  # 01:00 of the next day in Moscow
    late = await home.call("contact-2", 31.0, number="48191")
    broken = await home.call("contact-3", number=None, state="missing")
    home.clock.at = NOON  # before her session falls asleep

    async def found(**wish: str) -> set[str]:
        return set(re.findall(r"/quality/([0-9a-f-]{36})", (await olga.get("/quality", params=wish)).text))

    assert await found() == {early, late, broken}
    assert await found(order="48190") == {early}
    assert await found(order="№ 48191") == {late}
    assert await found(order="99999") == set()
    assert await found(least="30") == {late}
    assert await found(state="missing") == {broken}
    assert await found(until="2026-11-21") == {early}
    assert await found(since="2026-11-22") == {late, broken}
    assert await found(agent=home.people["oleg"].id) == {early, late, broken}
    assert await found(agent=home.people["olga"].id) == set()
    assert await found(state="nonsense", least="-1", before="") == {early, late, broken}


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"since": "yesterday"}, "Нужна дата"),
        ({"until": "2026-02-30"}, "Нужна дата"),
        ({"since": "9999-12-31"}, "Нужна дата"),
        ({"since": "2026-11-22", "until": "2026-11-21"}, "Конец раньше начала"),
    ],
)
async def test_a_wrong_date_is_said_at_its_field(
    home: QualityHouse, olga: httpx2.AsyncClient, wish: dict[str, str], complaint: str
) -> None:
    answer = await olga.get("/quality", params=wish)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
    assert complaint in answer.text


async def test_pages_of_the_list_follow_each_other(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    ids = await many_calls(home, 32, state="missing")
    first = (await olga.get("/quality", params={"agent": home.people["oleg"].id})).text
    later = re.search(r'href="(/quality\?[^"]+)" rel="next"', first)
    assert later
    second = (await olga.get(later[1].replace("&amp;", "&"))).text
    seen = re.findall(r'class="btn sm" href="/quality/([0-9a-f-]{36})', first + second)
    assert seen == ids[::-1]
    assert 'rel="next"' not in second


async def test_the_player_shows_the_recording_and_leads_to_the_next(
    home: QualityHouse, olga: httpx2.AsyncClient
) -> None:
    older, newer = await many_calls(home, 2)
    page = (await olga.get(f"/quality/{newer}")).text
    recording = await home.house.recordings.recording(newer)
    assert recording
    for told in (
        recording.sha256,
        "Олег Жданов, заказ № 48190",
        "Анна Иванова",
        f'href="/quality/{older}"',
        'role="slider"',
    ):
        assert told in page, told
    assert 'preload="none"' in page
    assert 'id="next"' in page
    assert 'id="next"' not in (await olga.get(f"/quality/{older}")).text
    assert await _audit(home, newer) == []


@pytest.mark.parametrize(("state", "told"), [("missing", "звук не записался"), ("failed", "Исходный файл цел")])
async def test_where_there_is_no_sound_the_page_says_why(
    home: QualityHouse, olga: httpx2.AsyncClient, state: str, told: str
) -> None:
    recording_id = await home.call("contact-1", state=state)
    page = (await olga.get(f"/quality/{recording_id}")).text
    assert told in page
    assert "<audio" not in page
    assert (await olga.get(f"/recordings/{recording_id}.ogg")).status_code == 404
    assert await _audit(home, recording_id) == []


async def test_both_languages_say_everything(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    recording_id = await home.call("contact-1", 20.0)
    for path in ("/quality", "/quality?order=1", "/quality?since=x", f"/quality/{recording_id}"):
        page = (await olga.get(path, params={"lang": "en"} | dict(httpx2.URL(path).params))).text
        for name in ("Олег Жданов", "Ольга Лебедева", "Анна Иванова"):
            page = page.replace(name, "")
        assert re.findall(r"[А-Яа-яЁё]{3,}", page) == [], path


RANGES = [
    (None, 200, slice(None)),
    ("bytes=0-", 206, slice(0, None)),
    ("bytes=0-0", 206, slice(0, 1)),
    ("bytes=100-299", 206, slice(100, 300)),
    ("bytes=-100", 206, slice(-100, None)),
    ("bytes=0-99999999", 206, slice(0, None)),
]


@pytest.mark.parametrize(("wish", "status", "part"), RANGES)
async def test_the_sound_comes_whole_or_in_parts(
    home: QualityHouse, olga: httpx2.AsyncClient, wish: str | None, status: int, part: slice
) -> None:
    recording_id = await home.call("contact-1")
    recording = await home.house.recordings.recording(recording_id)
    assert recording
    file = home.house.recordings.file_of(recording)
    assert file
    whole = file.read_bytes()  # noqa: ASYNC240
    answer = await olga.get(f"/recordings/{recording_id}.ogg", headers={"Range": wish} if wish else {})
    assert (answer.status_code, answer.content) == (status, whole[part])
    assert answer.headers["content-type"] == "audio/ogg"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{hashlib.sha256(whole).hexdigest()}"'
    assert answer.headers["cache-control"] == "private, no-store"
    if status == 206:
        first, last, _ = part.indices(len(whole))
        assert answer.headers["content-range"] == f"bytes {first}-{last - 1}/{len(whole)}"


@pytest.mark.parametrize(
    ("wish", "status"), [("bytes=99999999-", 416), ("bytes=5-2", 400), ("bytes=x-y", 400), ("lines=0-5", 400)]
)
async def test_a_part_that_cannot_be_is_refused(
    home: QualityHouse, olga: httpx2.AsyncClient, wish: str, status: int
) -> None:
    recording_id = await home.call("contact-1")
    answer = await olga.get(f"/recordings/{recording_id}.ogg", headers={"Range": wish})
    assert answer.status_code == status
    if status == 416:
        assert re.fullmatch(r"bytes \*/\d+", answer.headers["content-range"])


async def test_parts_of_another_version_are_not_mixed(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    """If-Range: the part when it is still the same sound, else all of it."""
    path = f"/recordings/{await home.call('contact-1')}.ogg"
    tag = (await olga.get(path)).headers["etag"]
    same = await olga.get(path, headers={"Range": "bytes=0-9", "If-Range": tag})
    other = await olga.get(path, headers={"Range": "bytes=0-9", "If-Range": '"something else"'})
    assert (same.status_code, len(same.content)) == (206, 10)
    assert (other.status_code, len(other.content) > 10) == (200, True)


async def test_several_parts_come_in_one_answer(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    path = f"/recordings/{await home.call('contact-1')}.ogg"
    answer = await olga.get(path, headers={"Range": "bytes=0-3,100-109"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert b"OggS" in answer.content


async def test_a_listening_is_one_line_of_the_audit_trail(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    recording_id = await home.call("contact-1")
    views = []
    for _ in range(2):
        page = (await olga.get(f"/quality/{recording_id}")).text
        source = re.search(r'<audio [^>]*src="([^"]+)"', page)
        assert source
        views.append(source[1])
        for wish in ("bytes=0-99", "bytes=100-", "bytes=50-60"):
            assert (await olga.get(source[1], headers={"Range": wish})).status_code == 206
    assert views[0] != views[1]
    assert await _audit(home, recording_id) == [(home.people["olga"].id, LISTENED)] * 2
    assert (await olga.head(views[0].split("?")[0])).status_code == 200
    assert len(await _audit(home, recording_id)) == 2
    assert (await olga.get(f"/recordings/{recording_id}.ogg")).status_code == 200
    assert len(await _audit(home, recording_id)) == 3
    assert "Ольга Лебедева" in (await olga.get(f"/quality/{recording_id}")).text.split('id="heard"')[1]


async def test_a_download_is_told_apart_and_its_name_holds_no_telephone_number(
    home: QualityHouse, olga: httpx2.AsyncClient
) -> None:
    recording_id = await home.call("contact-1", number="48190")
    answer = await olga.get(f"/recordings/{recording_id}.ogg", params={"download": "1", "view": "made-up"})
    assert answer.headers["content-disposition"] == 'attachment; filename="cordboard-2026-11-21-1500-48190.ogg"'
    assert await _audit(home, recording_id) == [(home.people["olga"].id, DOWNLOADED)]
    inline = await olga.head(f"/recordings/{recording_id}.ogg")
    assert inline.headers["content-disposition"].startswith("inline")


async def test_peaks_are_given_a_side(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    recording_id = await home.call("contact-1", 9.0)
    told = (await olga.get(f"/api/v1/recordings/{recording_id}/peaks")).json()
    assert told["seconds"] == 9.0
    assert len(told["operator"]) == len(told["customer"]) == 1200
    assert max(told["operator"][:500]) > 80  # the operator speaks first, the customer after four seconds
    assert max(told["customer"][:500]) == 0
    assert max(told["customer"][600:1000]) > 80
    nothing = await home.call("contact-2", state="missing")
    assert (await olga.get(f"/api/v1/recordings/{nothing}/peaks")).json() == {
        "seconds": 0,
        "operator": [],
        "customer": [],
    }


@pytest.mark.parametrize("path", ["/quality/{}", "/recordings/{}.ogg", "/api/v1/recordings/{}/peaks"])
@pytest.mark.parametrize("recording_id", ["nobody", "00000000-0000-4000-8000-000000000000", "%2e%2e%2fpasswd"])
async def test_an_unknown_recording_is_not_found(olga: httpx2.AsyncClient, path: str, recording_id: str) -> None:
    answer = await olga.get(path.format(recording_id))
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_row_without_its_file_is_said_not_served(home: QualityHouse, olga: httpx2.AsyncClient) -> None:
    recording_id = await home.call("contact-1")
    recording = await home.house.recordings.recording(recording_id)
    assert recording
    file = home.house.recordings.file_of(recording)
    assert file
    file.unlink()  # noqa: ASYNC240
    assert "Файла записи нет на диске" in (await olga.get(f"/quality/{recording_id}")).text
    assert (await olga.get(f"/recordings/{recording_id}.ogg")).status_code == 404
    assert await _audit(home, recording_id) == []


PATHS = ["/quality", "/quality/{}", "/recordings/{}.ogg", "/api/v1/recordings/{}/peaks"]


@pytest.mark.parametrize("path", PATHS)
async def test_only_those_who_may_come_in(home: QualityHouse, path: str) -> None:
    recording_id = await home.call("contact-1")
    key = await home.house.access.create_api_key("shop", Role.API)
    async with await _browser(home, None) as stranger, await _browser(home, "oleg") as operator:
        assert (await stranger.get(path.format(recording_id))).status_code == 401
        assert (await operator.get(path.format(recording_id))).status_code == 403
        as_shop = {"Authorization": f"Bearer {key}"}
        assert (await stranger.get(path.format(recording_id), headers=as_shop)).status_code == 403
    assert await _audit(home, recording_id) == []
    assert {
        route.path.replace("{recording_id}", "{}") for route in router.routes if isinstance(route, APIRoute)
    } == set(PATHS)

"""Loading a list by API and by page: refused clearly, previewed, corrected, watched, undone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.agent_web.import_view import share
from cordboard.agent_web.problem_texts import RUSSIAN
from cordboard.dialer import csv_form, csv_rows, lead_import
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead_import import ImportState, LeadImport
from tests.agent_web.conftest import Web
from tests.fakes.wait import until

LIST = "Телефон;Имя;Сумма заказа;=HYPERLINK(1)\n8 912 345-67-89;Анна;1500,50;<b>x</b>\n+7 495 123-45-67;Пётр;10;=1+1\n"


@pytest.fixture
async def site(web: Web) -> AsyncIterator[Web]:
    """With lists, worked on."""
    assert web.house.imports is not None
    worker = asyncio.create_task(web.house.imports.run())
    yield web
    worker.cancel()
    with suppress(asyncio.CancelledError):
        await worker


@pytest.fixture
async def campaign(site: Web) -> Campaign:
    return await site.house.dialer.add_campaign("Обзвон", "orders", {"hours.opens_min": 0, "hours.closes_min": 1440})


def lists(campaign: Campaign, rest: str = "") -> str:
    return f"/api/v1/campaigns/{campaign.id}/imports{rest}"


async def posted(
    program: httpx2.AsyncClient, campaign: Campaign, content: bytes | str, **query: Any
) -> httpx2.Response:
    body = content if isinstance(content, bytes) else content.encode("cp1251")
    return await program.post(lists(campaign), content=body, params=query, headers={"Content-Type": "text/csv"})


async def over(program: httpx2.AsyncClient, campaign: Campaign, import_id: str, *states: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        told: dict[str, Any] = (await program.get(lists(campaign, f"/{import_id}"))).json()
        return told if told["state"] in states else None

    return await until(there, f"an import that is {states}")


async def test_a_program_loads_a_list_with_one_request(site: Web, campaign: Campaign) -> None:
    async with site.program() as program:
        answer = await posted(program, campaign, LIST, load=True, file_name="май.csv")
        assert (answer.status_code, answer.json()["state"]) == (201, "checking")
        told = await over(program, campaign, answer.json()["id"], "loaded")
        assert (told["rows"], told["made"], told["file_name"]) == (2, 2, "май.csv")
        assert [one["id"] for one in (await program.get(lists(campaign))).json()] == [told["id"]]
        gone = await program.post(lists(campaign, f"/{told['id']}/stop"))
        assert gone.json()["state"] in ("taking_back", "taken_back")
        assert (await over(program, campaign, told["id"], "taken_back"))["made"] == 0
        again = await program.post(lists(campaign, f"/{told['id']}/stop"))
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04" + b"x" * 50, "this is a workbook or an archive; save the table as CSV"),
        (bytes(range(256)) * 10, "this is no text: it holds NUL bytes"),
    ],
)
async def test_what_is_no_list_gets_a_clear_answer(site: Web, campaign: Campaign, content: bytes, detail: str) -> None:
    async with site.program() as program:
        answer = await posted(program, campaign, content)
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_beyond_a_megabyte_is_taken_here_and_nowhere_else(site: Web, campaign: Campaign) -> None:
    large = b"phone\n" + b"".join(b"+7495%07d\n" % number for number in range(100_000))
    async with site.program() as program:
        taken = await posted(program, campaign, large)
        refused = await program.post(f"/api/v1/campaigns/{campaign.id}/leads", content=large)
    assert (taken.status_code, taken.json()["size"], refused.status_code) == (201, len(large), 413)


async def test_errors_are_told_by_row_and_as_a_file(site: Web, campaign: Campaign) -> None:
    content = (
        LIST.replace("=HYPERLINK(1)", "=Прочее") + f"нет;a;1;x\n89123456780;b;дорого;y\n89123456781;b;1;{'z' * 201}\n"
    )
    async with site.program() as program:
        answer = await posted(program, campaign, content, load=True)
        told = await over(program, campaign, answer.json()["id"], "checked")
        assert (told["good"], told["bad"], told["made"]) == (2, 3, 0)
        path = lists(campaign, f"/{told['id']}/errors.csv")
        russian = await program.get(path, headers={"Accept-Language": "ru"})
        english = await program.get(path)
        await program.post(lists(campaign, f"/{told['id']}/accept"))
        assert (await over(program, campaign, told["id"], "loaded"))["made"] == 2
    assert russian.text.splitlines()[1] == "4;Телефон;в номере телефона буквы"
    assert english.text.splitlines()[1:] == [
        "4;Телефон;there are letters in the phone number",
        "5;Сумма заказа;not a sum of money in rubles",
        "6;'=Прочее;more than 200 characters",
    ]


@pytest.mark.parametrize(
    "form",
    [
        {"columns": ["name", "field", "field", "field"]},
        {"encoding": "utf-7"},
        {"columns": ["phone", "name", "name", "field"]},
        {"columns": ["phone"]},
        {"columns": ["phone", "name", "colour", "field"]},
        {"delimiter": ""},
    ],
)
async def test_a_form_that_makes_no_lead_is_refused(site: Web, campaign: Campaign, form: dict[str, Any]) -> None:
    async with site.program() as program:
        told = (await posted(program, campaign, LIST)).json()
        answer = await program.post(lists(campaign, f"/{told['id']}/start"), json={"form": told["form"] | form})
        still = await program.get(lists(campaign, f"/{told['id']}"))
    assert (answer.status_code, still.json()["state"]) == (422, "received")


async def test_the_page_shows_the_first_rows_and_what_the_columns_hold(site: Web, campaign: Campaign) -> None:
    async with site.program() as program:
        told = (await posted(program, campaign, LIST)).json()
    async with site.browser(await site.user(Role.SUPERVISOR)) as browser:
        start = await browser.get(f"/campaigns/{campaign.id}/import")
        page = await browser.get(f"/campaigns/{campaign.id}/import/{told['id']}")
        other = await browser.get(f"/campaigns/{campaign.id}/import/{told['id']}", params={"encoding": "utf-8"})
        strange = await browser.get(f"/campaigns/{campaign.id}/import/{told['id']}", params={"encoding": "utf-7"})
    assert "list.csv" in start.text
    assert "8 912 345-67-89" in page.text
    assert "&lt;b&gt;x&lt;/b&gt;" in page.text
    assert '<option value="order_total" selected>' in page.text
    assert '<option value="cp1251" selected>' in page.text
    assert "Анна" not in other.text
    assert strange.status_code == 422


async def test_the_page_follows_it_to_its_end(site: Web, campaign: Campaign) -> None:
    async with site.program() as program:
        told = (await posted(program, campaign, LIST + "нет;a;1;x\n", load=True)).json()
        await over(program, campaign, told["id"], "checked")
    async with site.browser(await site.user(Role.SUPERVISOR)) as browser:
        parts = await browser.get(f"/campaigns/{campaign.id}/import/{told['id']}/parts")
    assert 'data-act="accept"' in parts.text
    assert "в номере телефона буквы" in parts.text
    assert "data-busy" not in parts.text


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.QA])
async def test_who_does_not_steer_loads_nothing(site: Web, campaign: Campaign, role: Role) -> None:
    async with site.browser(await site.user(role)) as browser:
        assert (await browser.get(f"/campaigns/{campaign.id}/import")).status_code == 403
        assert (await posted(browser, campaign, LIST)).status_code == 403


async def test_a_list_of_another_campaign_is_not_found(site: Web, campaign: Campaign) -> None:
    other = await site.house.dialer.add_campaign("Другой", "orders", {})
    async with site.program() as program:
        told = (await posted(program, campaign, LIST)).json()
        assert (await program.get(lists(other, f"/{told['id']}"))).status_code == 404
        assert (await program.get(lists(campaign, "/none"))).status_code == 404


def test_every_reason_has_its_russian() -> None:
    """Whatever the reading of a list may say stands in the table of errors."""
    import ast
    import inspect

    said = set()
    for module in (csv_rows, lead_import):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("RowRefused", "ImportRefused"):
                said |= {arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    assert len(said) > 10
    assert said - set(RUSSIAN) == set()
    assert {lead_import.NO_GOOD_ROW, lead_import.FILE_GONE, lead_import.UNREADABLE} <= set(RUSSIAN)
    assert {f"this is {reason}" for reason in csv_form._FOREIGN.values()} <= set(RUSSIAN)


def test_the_share_never_says_done_before_it_is() -> None:
    from datetime import UTC, datetime

    one = LeadImport("i", "c", datetime(2026, 11, 21, tzinfo=UTC), "a", "f", 100, good=50)
    assert share(replace(one, state=ImportState.CHECKING), 100) == 99
    assert share(replace(one, state=ImportState.LOADING, made=20, known=5), 0) == 50
    assert share(replace(one, state=ImportState.TAKING_BACK, made=25), 0) == 50
    assert share(replace(one, state=ImportState.LOADED), 0) == 100

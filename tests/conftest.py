"""Fixtures for every room: real databases, a clock that stands still until it is told to move, ids in order."""

import asyncio
import gc
import shutil
from collections.abc import AsyncIterator, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from hypothesis import settings
from playwright.async_api import Browser

from cordboard.storage.database import Database
from tests.fakes.browser import chromium
from tests.fakes.databases import PostgresServer, migrated
from tests.fakes.scheduling import LONGEST, StoriesApart, yield_to_others
from tests.fakes.scratch import keep_in_memory

SERVER = pytest.StashKey[PostgresServer]()
settings.register_profile("house", deadline=None)  # no test measures time
settings.load_profile("house")

Kind = Literal["sqlite", "postgresql"]
BOTH: tuple[Kind, ...] = ("sqlite", "postgresql")


def pytest_configure() -> None:
    yield_to_others()
    keep_in_memory()
    gc.disable()


def pytest_collection_finish() -> None:
    """Thousands of tests and all modules live until the end: the collector need not look at them again and again."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> StoriesApart | None:
    return StoriesApart(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories on real parts wait more than they compute: they begin first, so that the others' work fills their waiting, and no worker
    is left with a long one in the end."""
    items.sort(key=lambda item: (item.path.name not in LONGEST, item.get_closest_marker("live") is None))


def run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on another thread: these fixtures may be asked for while a test's own loop is running."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    request.config.stash[SERVER] = server = PostgresServer.start()
    yield server
    del request.config.stash[SERVER]
    server.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed because PostgreSQL died under it says so: its own error is a lost connection only."""
    report = yield
    server = item.config.stash.get(SERVER, None)
    if report.failed and server is not None and (died := server.deaths()):
        report.sections.append(("PostgreSQL", died))
    return report


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file; closing its last connection leaves no WAL beside it, so it can be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    run_apart(migrated(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    run_apart(postgres_server.command("CREATE DATABASE migrated"))
    run_apart(migrated(postgres_server.url("migrated")))
    return "migrated"


@pytest.fixture(params=BOTH)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh database at the newest schema; every test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        opened = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
        yield opened
        await opened.close()
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    async with server.fresh(template) as url:
        opened = Database.open(url)
        yield opened
        await opened.close()


@pytest.fixture(params=BOTH)
async def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without a single table, SQLite and PostgreSQL."""
    if request.param == "sqlite":
        opened = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
        yield opened
        await opened.close()
        return
    async with request.getfixturevalue("postgres_server").fresh() as url:
        opened = Database.open(url)
        yield opened
        await opened.close()


@pytest.fixture
async def sqlite_database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A fresh SQLite database at the newest schema, for tests above the stores that need one real database, not two."""
    shutil.copy(sqlite_template, tmp_path / "one.db")
    opened = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'one.db'}")
    yield opened
    await opened.close()


# --- pages in a real browser, whose tests are marked `asyncio(loop_scope="session")`: a browser takes seconds, a window of it nothing


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """The process, with 440 Hz in its microphone."""
    async with chromium(tmp_path_factory.mktemp("chromium")) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def shared_browser(one_chromium: Browser) -> AsyncIterator[Browser]:
    """The session's Chromium without a window; those that a test opens are closed behind it."""
    yield one_chromium
    for context in one_chromium.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page_database(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """As `sqlite_database`, in the loop of the browser."""
    shutil.copy(sqlite_template, tmp_path / "page.db")
    opened = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'page.db'}")
    yield opened
    await opened.close()

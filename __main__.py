"""The front door: the `cordboard` command, and the life of one engine from its start to its end. Rooms are joined in works.py.

Order of a start: data folder, database, the lease, people, Asterisk, desk and voice, dialer, pages; of an end: the reverse. From the
lease on every write and every word to Asterisk is fenced; an engine that loses it begins again (works_lease.py).
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from . import __version__, works_life
from .access.bootstrap import first_start
from .agent_web.app import create_app
from .agent_web.compiled import compile_ahead
from .demo.scripts import SCRIPTS
from .demo.world import DemoWorld
from .simulation.command import app as simulate_app
from .simulation.plan import BadPlan, Stopped
from .simulation.process import ProcessFailed
from .storage.data_folder import DataFolder, FolderTaken, FolderUnusable, PortTaken
from .storage.database import Database, DatabaseUnreachable
from .storage.failpoint import house_is_ready
from .storage.leading import Leading
from .storage.migrate import DatabaseNewerThanCode, upgrade
from .storage.open_files import FewFiles, allow_many
from .storage.settings import BadSettings, Settings, load_settings
from .telephony import ports as asterisk_ports
from .telephony.asterisk_commands import console, run_in_foreground
from .telephony.doctor import Check, examine, report
from .telephony.install import AsteriskTree, InstallError, default_cache, find_or_fetch
from .telephony.process import AsteriskFailed
from .telephony.site import BadSite
from .works import Works
from .works_asterisk import PID_FILE, AsteriskHome, SteeredAsterisk
from .works_doctor import doctor_subject
from .works_lease import AGAIN, lead_or_begin_again, starting, take_the_lead
from .works_machines import models_of
from .works_machines_train import CannotTrain, home_of, train
from .works_orders import first_campaign
from .works_web import server_of

log = logging.getLogger(__name__)

DRAIN_S = 8.0
SWITCH_S = 0.001
"""A thread that paints a big table gives the event loop its turn after so long, not after Python's 5 ms."""
DEMO_HOURS = "00:00-24:00"  # its persons never sleep
SAID_PLAINLY = (
    AsteriskFailed,
    BadPlan,
    BadSettings,
    BadSite,
    DatabaseNewerThanCode,
    DatabaseUnreachable,
    FolderTaken,
    FolderUnusable,
    InstallError,
    PortTaken,
    ProcessFailed,
    Stopped,
    asterisk_ports.PortTaken,
)
DataOption = Annotated[Path, typer.Option(help="Everything the site keeps lies under this folder.")]
HERE = Path("data")

app = typer.Typer(no_args_is_help=True, add_completion=False, help="A contact centre engine for shops, on Asterisk.")
asterisk_app = typer.Typer(no_args_is_help=True, help="The Asterisk that Cordboard gets and runs.")
app.add_typer(asterisk_app, name="asterisk")
app.add_typer(simulate_app, name="simulate")
machines_app = typer.Typer(no_args_is_help=True, help="What tells answering machines from persons.")
app.add_typer(machines_app, name="machines")


def say(line: str) -> None:
    print(line, flush=True)


@app.command()
def up(
    data: DataOption = HERE,
    demo: Annotated[bool, typer.Option("--demo", help="A small shop, a make-believe carrier, printed logins.")] = False,
    port: Annotated[int | None, typer.Option(help="The pages' port; 0 for one that is free.")] = None,
    again: Annotated[
        bool, typer.Option(AGAIN, hidden=True, help="It led before: a database that is away is waited for.")
    ] = False,
) -> None:
    """Run the engine, its Asterisk and its pages until SIGTERM or Ctrl-C. Calls go on in Asterisk; a second one ends them too."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for chatty in ("alembic", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    sys.setswitchinterval(SWITCH_S)
    allow_many()
    folder = DataFolder(data)
    asyncio.run(run(folder, load_settings(folder.path, port=port), demo=demo, again=again))


@app.command()
def doctor(data: DataOption = HERE) -> None:
    """Look at each thing a site can get wrong; the mend stands beside each failure. Exit code 1 when there is one."""
    checks = asyncio.run(examined(DataFolder(data)))
    say(report(checks))
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    say(__version__)


@asterisk_app.command("install")
def asterisk_install() -> None:
    """Find an Asterisk, or fetch one into the cache; print where it is."""
    tree = find_asterisk()
    say(f"Asterisk {tree.version}: {' '.join(tree.command)}")


@asterisk_app.command("cli")
def asterisk_cli(command: str, data: DataOption = HERE) -> None:
    """Ask the running Asterisk of a data folder, e.g. "core show channels"."""
    say(console(find_asterisk(), DataFolder(data).asterisk, command).rstrip())


@asterisk_app.command("run")
def asterisk_run(data: DataOption = HERE) -> None:
    """Run only the Asterisk of a data folder, in the foreground, with the configuration that `up` wrote last."""
    folder = DataFolder(data)
    run_in_foreground(find_asterisk(), folder.asterisk, folder.raw_recordings, folder.run / PID_FILE)


@machines_app.command("train")
def machines_train(
    campaign: Annotated[str, typer.Option(help="The campaign's id or name.")],
    data: DataOption = HERE,
    always: Annotated[bool, typer.Option("--always", help="Keep the model even where it is no better.")] = False,
) -> None:
    """Make a campaign's own model of the calls that operators and listeners labelled; it acts from the next call on."""
    folder = DataFolder(data)
    try:
        asyncio.run(train(folder, load_settings(folder.path), campaign, say, always=always))
    except CannotTrain as why:
        say(f"No model was made: {why}")
        raise typer.Exit(1) from None


@machines_app.command("forget")
def machines_forget(campaign: Annotated[str, typer.Option(help="The campaign's id.")], data: DataOption = HERE) -> None:
    """Take a campaign's own model away: its next call is heard by the one that comes with Cordboard."""
    folder = DataFolder(data)
    had = models_of(home_of(folder, load_settings(folder.path))).forget(campaign)
    say("The shipped model is in use." if had else "It had no model of its own.")


def find_asterisk() -> AsteriskTree:
    return find_or_fetch(default_cache(), say)


def steered(folder: DataFolder, settings: Settings) -> SteeredAsterisk:
    return SteeredAsterisk(AsteriskHome.of(folder, settings), settings, find_asterisk)


async def examined(folder: DataFolder) -> list[Check]:
    settings = load_settings(folder.path)
    db = Database.open(settings.database_url or folder.default_database_url())
    try:
        return await examine(doctor_subject(folder, settings, steered(folder, settings), db, find_asterisk))
    finally:
        await db.close()


async def run(folder: DataFolder, settings: Settings, *, demo: bool, again: bool = False) -> None:
    """One engine; returns after SIGTERM or SIGINT. Raises one of SAID_PLAINLY when it cannot start, with nothing damaged."""
    folder.hold()
    folder.withdraw("endpoints.json")
    stop, at_once = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(FewFiles())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, lambda: (at_once if stop.is_set() else stop).set())
    async with AsyncExitStack() as stack:
        listener = folder.listen(settings.bind, settings.port)
        stack.callback(listener.close)
        db, lease_db = (Database.open(settings.database_url or folder.default_database_url()) for _ in range(2))
        stack.push_async_callback(db.close)
        stack.push_async_callback(lease_db.close)
        line, leading = steered(folder, settings), Leading(lease_db, folder.identity())
        with starting(folder, stop, again=again):
            waiting = take_the_lead(leading, db, listener, settings, line, say=say, patient=again)
            if not await unless(stop, waiting):
                return
            stack.push_async_callback(leading.give_up)
            keeping = asyncio.create_task(lead_or_begin_again(leading, folder, stop))
            stack.callback(keeping.cancel)
            works = Works(folder, settings, line, db, leading)
            if not await unless(stop, start(works, leading, stack, at_once, demo=demo)):
                return
        await serve(works, leading, listener, stop, at_once)


async def unless(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Do it; False when `stop` came first and it was broken off."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait({working})
        return False
    working.result()
    return True


async def start(works: Works, leading: Leading, stack: AsyncExitStack, at_once: asyncio.Event, *, demo: bool) -> None:
    """Everything that must stand before the pages open; `stack` takes it down again, `at_once` with all calls."""
    settings = works.settings
    await upgrade(works.db.engine)
    works.db.fence(leading.epoch)
    drawn: list[str] = []
    await first_start(works.access, lambda login, password: drawn.append(password))
    if drawn:
        say(f"Administrator login: admin password: {drawn[0]}")
    hours = DEMO_HOURS if demo and "calling_hours" not in settings.model_fields_set else settings.calling_hours
    await first_campaign(works.dialer, settings, hours)
    world = await furnish(works, stack, drawn) if demo else None
    templates = asyncio.create_task(asyncio.to_thread(compile_ahead, default_cache()))
    await works_life.start_asterisk(works)
    stack.push_async_callback(end_asterisk, works, leading, at_once)
    await works_life.start_desk(works)
    stack.push_async_callback(say_goodbye, works, leading)
    await templates
    if world is not None:
        await world.open(works.desk)


async def say_goodbye(works: Works, leading: Leading) -> None:
    """What ends after our last word with Asterisk is for the engine that leads next; one that leads already hears of it."""
    if leading.holds():
        await works.line.tell_engine_leaves()
    await works.ami.stop()


async def end_asterisk(works: Works, leading: Leading, at_once: asyncio.Event) -> None:
    """An engine that took over needs it, and so do calls."""
    await leading.give_up()
    if await works.line.end(goes_on=await leading.handed_over(), at_once=at_once.is_set()):
        say("Calls go on: Asterisk ends with the last of them, or goes on for the next `cordboard up` on this folder.")


async def furnish(works: Works, stack: AsyncExitStack, drawn: list[str]) -> DemoWorld:
    """The demo's shop, people and carrier, before our own Asterisk starts."""
    tree, ports = await works.line.find(), works.line.home.ports
    world = DemoWorld(works.folder, works.settings, ports, works.access, works.shop, works.shop_of, works.clock, tree)
    async with works.db.together():  # some thousand small writes: as one, it takes a second
        await world.furnish(say, next(iter(drawn), None))
        if works.settings.demo_scripts:
            await works.scripts.add_missing(SCRIPTS)
    stack.push_async_callback(world.close)
    works.demo = True
    if works.settings.demo_carrier and not works.settings.has_trunk:
        works.line.trunk_uri = await world.start_carrier()
        works.robot = await world.hire_robot()
    return world


async def serve(
    works: Works, leading: Leading, listener: socket.socket, stop: asyncio.Event, at_once: asyncio.Event
) -> None:
    """The pages and all that runs beside them, until `stop`; then the lead is handed over, or talks get a moment to end, unless all is
    to end `at_once`."""
    settings = works.settings
    server = server_of(create_app(works.house()), settings)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    dialing = asyncio.create_task(forever("dialer", works.dialer.run))
    beside = [asyncio.create_task(forever(name, work)) for name, work in works_life.background(works).items()]
    await server.ready.wait()
    web = settings.public_url or address_of(listener, secure=settings.tls_certificate is not None)
    works.endpoints.publish(web, os.getpid())
    house_is_ready()
    say(f"Cordboard {__version__} is ready: {web}")
    if works.demo:
        say(f"As a visitor: {web}/chat and {web}/call")
    await stop.wait()
    works.endpoints.withdraw()
    if await leading.look_round() or works.line.home.borrowed:
        say("Stopping: the lead is given up; calls go on.")
        for task in (dialing, *beside):
            task.cancel()
        await works_life.fall_silent(works)
        await works_life.last_words(works)
        await leading.give_up()
        await works_life.hand_over(works)
        server.should_exit = True
        await cancelled(dialing, *beside)
        await serving
        return
    say("Stopping: nothing new is offered or dialed; talks get a moment to end. Once more, and all calls end now.")
    await cancelled(dialing)
    await unless(at_once, works_life.drain(works, DRAIN_S))
    works.live.close()
    server.should_exit = True
    await serving
    await cancelled(*beside)
    await works_life.settle(works)


def address_of(listener: socket.socket, *, secure: bool) -> str:
    host, port = listener.getsockname()[:2]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{port}"


async def forever(name: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
    """A loop that must not end: what breaks it is logged, and it begins again."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("the %s broke off and begins again", name)
        await asyncio.sleep(1)


async def cancelled(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    """The console script. What a site can get wrong is one clear line and exit code 1, without a stack."""
    try:
        app()
    except SAID_PLAINLY as trouble:
        print(f"cordboard: {said(trouble)}", file=sys.stderr)
        sys.exit(1)


def said(trouble: Exception) -> str:
    if isinstance(trouble, DatabaseNewerThanCode):
        return f"the database is of a newer Cordboard (revision {trouble}); nothing was changed. Install that version."
    return str(trouble)


if __name__ == "__main__":
    main()

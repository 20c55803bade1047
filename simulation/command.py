"""`cordboard simulate ...`: how much this machine and this database carry, tried with a real engine."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .habits import Habits
from .plan import BadPlan, Plan, Scenario, Stopped
from .report import Report, table

if TYPE_CHECKING:
    from .load import Load

app = typer.Typer(no_args_is_help=True, help="Try how much this machine and this database carry.")


@app.callback()
def simulate() -> None:
    """Try how much this machine and this database carry."""


@app.command()
def load(
    agents: Annotated[int, typer.Option(help="Operators, each with a page and a telephone.")],
    calls_per_second: Annotated[float, typer.Option(help="Calls a second, on average.")],
    seconds: Annotated[float, typer.Option(help="For how long calls come; the last talks end after that.")] = 60.0,
    nodes: Annotated[int, typer.Option(help="Asterisk nodes; one, for now.")] = 1,
    outbound: Annotated[float, typer.Option(help="The share of the calls that are orders called back, 0 to 1.")] = 0.0,
    answers: Annotated[float, typer.Option(help="The share of those called back who answer, 0 to 1.")] = 0.3,
    scenario: Annotated[Scenario, typer.Option(help="What happens beside the calls.")] = Scenario.STEADY,
    talk: Annotated[float, typer.Option(help="Seconds of a talk, on average.")] = 30.0,
    database_url: Annotated[str, typer.Option(help="An empty PostgreSQL database; without it a SQLite file.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed draws the same callers.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    keep_log: Annotated[Path | None, typer.Option(help="Keep the engine's log here.")] = None,
) -> None:
    """A real engine on loopback, a simulated node, real pages. Exit code 1 when the engine broke a promise."""
    plan = Plan(
        agents,
        calls_per_second,
        seconds,
        scenario=scenario,
        database_url=database_url,
        outbound=outbound,
        answers=answers,
        nodes=nodes,
        seed=seed,
        habits=Habits(talk_s=talk),
    ).checked()
    report = asyncio.run(_run(_load_of(plan, keep_log)))
    print(json.dumps(report.as_json(), indent=2, ensure_ascii=False) if as_json else table(report), flush=True)
    if report.violations:
        raise typer.Exit(1)


async def _run(load: "Load") -> Report:
    """SIGTERM and Ctrl-C end the run as well: processes and folders go with it. Raises Stopped."""
    running = asyncio.ensure_future(load.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        return await running
    except asyncio.CancelledError:
        raise Stopped("the simulation was stopped before its end") from None


def _load_of(plan: Plan, keep_log: Path | None) -> "Load":
    """The pages need an HTTP client, which an engine does not."""
    try:
        from .load import Load
    except ModuleNotFoundError as missing:
        raise BadPlan(f"{missing.name} is not installed: pip install 'cordboard[load]'") from missing
    return Load(plan, _say, keep_log=keep_log)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

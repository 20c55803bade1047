"""`cordboard simulate load`: a real engine, a node that plays recorded calls, operators on real HTTP; and what came of it."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from ..storage.collector import Collector
from ..storage.open_files import allow_many
from . import measures
from .measures import Spread, spread
from .operators import Operator, Page, Supervisor, Tally, all_of
from .orders import post_orders, tell_campaign
from .plan import Plan, Scenario
from .premises import NUMBER, People, Premises, Seat
from .process import ENGINE, Cost, Engine, NodeProcess, ProcessFailed, cost
from .report import Report, Usage
from .truth import Call, Direction, End, Ring, Talk, outcome, violations

READY_S = 120.0
PAINTED_S = 300.0
DRAIN_S = 90.0
CROWD_S = 600.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """How things stood at one moment."""

    at: float
    metrics: str
    engine: Cost
    operators: Cost
    node: Cost
    news: int


class Load:
    """One run, from an empty folder to a report."""

    def __init__(self, plan: Plan, say: Say, command: Sequence[str] = ENGINE, *, keep_log: Path | None = None) -> None:
        """`command` starts the engine; its log goes to `keep_log` in the end, when that is given."""
        self.plan, self._say, self._keep_log = plan, say, keep_log
        self._command = command
        self.tally = Tally()
        self.node = NodeProcess()
        self.operators: list[Operator] = []
        self.supervisor: Supervisor | None = None
        self.notes: dict[str, float] = {}
        self._random = Random(plan.seed)
        self._loaded = round(os.getloadavg()[0], 2)

    async def run(self, change: Callable[[list[Call]], list[Call]] = lambda calls: calls) -> Report:
        """Raises BadPlan, DatabaseUnreachable, ProcessFailed. `change` is for whoever wants to see that a lie is found out."""
        allow_many()  # a connection is an open file, here and in the engine
        async with AsyncExitStack() as stack:
            tidying = asyncio.create_task(Collector().run())  # a pause of ours would be taken for the engine's
            stack.callback(tidying.cancel)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cordboard-load-")))
            premises = Premises(folder, self.plan)
            self._say(f"making {self.plan.agents} operators")
            people = await premises.hire()
            port = await self._start_node(premises, stack)
            premises.open_node(port, self.node.pid)
            stack.callback(self._put_log_away, folder / "engine.log")
            engine = self.engine = Engine(
                premises.engine.path, folder / "engine.log", premises.settings(), self._command
            )
            stack.push_async_callback(engine.stop)
            self._say("starting the engine")
            await engine.start()
            stack.push_async_callback(self._close_pages)
            await self._open_pages(people)
            if self.plan.outbound:
                await tell_campaign(engine.web, people.supervisor.token, "start")
            self._say(f"calls come: {self.plan.scenario.value}, {self.plan.calls_per_second:g} a second")
            self.tally.forget_times()
            before = await self._read()
            played = await self._play(people)
            after = await self._read()
            if self.plan.outbound:
                await tell_campaign(engine.web, people.supervisor.token, "drain")
            await self._drain()
            calls = change([_call(one) for one in (await self.node.ask("report"))["calls"]])
            await self._close_pages()
            await engine.stop()
            contacts = await premises.contacts()
            return self._report(before, after, played, calls, violations(calls, contacts, sorted(self.tally.doubled)))

    def _put_log_away(self, log: Path) -> None:
        if self._keep_log is not None and log.exists():
            shutil.copyfile(log, self._keep_log)

    # The beginning ------------------------------------------------------------------------------------------------------

    async def _start_node(self, premises: Premises, stack: AsyncExitStack) -> int:
        stack.push_async_callback(self.node.stop)
        return await self.node.start(
            {
                "secret": premises.secrets.ami,
                "number": NUMBER,
                "seed": self.plan.seed,
                "habits": asdict(self.plan.habits),
                "answers": self.plan.answers,
                "port": 0,
            }
        )

    async def _open_pages(self, people: People) -> None:
        web = self.engine.web
        self._say("operators open their pages and go ready")
        self.supervisor = Supervisor(web, people.supervisor, self.tally, self._random, self.plan.agents)
        self.operators = [self.operator(seat) for seat in people.operators]
        began = time.monotonic()
        await all_of([*self.operators, self.supervisor], "open")
        self.notes["seconds until every page was live"] = round(time.monotonic() - began, 1)
        await all_of(self.operators, "go_ready")
        self.notes["seconds until every operator was ready"] = round(time.monotonic() - began, 1)
        await self._until(self._everybody_ready, READY_S, "operators do not become ready")
        if self.plan.scenario is not Scenario.BEGIN:
            await self._until(self._everything_painted, PAINTED_S, "the pages do not show all that they were told of")
            self.notes["seconds until every page was painted"] = round(time.monotonic() - began, 1)

    def operator(self, seat: Seat) -> Operator:
        """Who works at this seat; somebody else may sit there who does the same."""
        return Operator(self.engine.web, seat, self.tally, self._random, self.plan.habits.wrap_up_s)

    async def _everything_painted(self) -> bool:
        return all(operator.is_painted for operator in self.operators)

    async def _everybody_ready(self) -> bool:
        ready = measures.sample(await self._metrics(), "cordboard_agents", '{state="ready"}')
        return ready >= self.plan.agents

    async def _close_pages(self) -> None:
        pages: list[Page] = [*self.operators, *([self.supervisor] if self.supervisor else [])]
        self.operators, self.supervisor = [], None
        await all_of(pages, "close")

    # The day ----------------------------------------------------------------------------------------------------------------

    async def _play(self, people: People) -> dict[str, Any]:
        plan = self.plan
        orders = asyncio.create_task(
            post_orders(self.engine.web, people.shop_key, self._random, plan.orders, plan.seconds, self.tally)
        )
        try:
            played = asyncio.create_task(
                self.node.ask("play", stretches=[(one.rate, one.seconds) for one in plan.stretches()])
            )
            if plan.scenario is Scenario.RECONNECT:
                await asyncio.sleep(plan.seconds / 3)
                await self._reconnect()
            told = await played
            await orders
        finally:
            orders.cancel()
        if plan.scenario is Scenario.BURST:
            await self._burst()
        elif plan.scenario is Scenario.RESYNC:
            await self._resync()
        return told

    async def _reconnect(self) -> None:
        """Every operator's stream breaks at once."""
        self._say("every live connection breaks")
        reads = len(self.tally.reads)
        began = time.monotonic()
        await all_of(self.operators, "drop", at_once=len(self.operators))
        await asyncio.gather(*(operator.connected.wait() for operator in self.operators))
        self.notes["seconds until every stream was back"] = round(time.monotonic() - began, 2)
        meanwhile = spread(self.tally.reads[reads:]).p99
        if meanwhile is not None:
            self.notes["HTTP reads p99 meanwhile, ms"] = round(meanwhile * 1000, 1)

    async def _burst(self) -> None:
        """As many events as a node can say at once; drained when the engine has delivered the last of them."""
        self._say(f"{self.plan.storm_events} events at once")
        wanted = (
            measures.sample(await self._metrics(), "cordboard_ami_total", '{what="events"}') + self.plan.storm_events
        )
        began = time.monotonic()
        told = await self.node.ask("storm", events=self.plan.storm_events)

        async def drained() -> bool:
            return measures.sample(await self._metrics(), "cordboard_ami_total", '{what="events"}') >= wanted

        await self._until(drained, DRAIN_S, "the engine does not come to the end of the events")
        self.notes["seconds for the wire to take the burst"] = round(told["wire_s"], 2)
        self.notes["seconds until the burst was drained"] = round(time.monotonic() - began, 2)

    async def _resync(self) -> None:
        """The link breaks while a crowd waits, and nobody is at work to answer it."""
        await all_of(self.operators, "go_home")
        self._say(f"{self.plan.crowd_channels} callers come at once")
        came = time.monotonic()
        await self.node.ask("crowd", channels=self.plan.crowd_channels)

        async def everybody_waits() -> bool:
            waiting = measures.sample(await self._metrics(), "cordboard_contacts", '{state="queued"}')
            return waiting >= self.plan.crowd_channels

        await self._until(everybody_waits, CROWD_S, "the engine does not come to the end of the callers")
        self.notes["seconds until the crowd was in the queue"] = round(time.monotonic() - came, 1)
        self._say("the link breaks")
        sessions = measures.sample(await self._metrics(), "cordboard_ami_total", '{what="reconnects"}')
        began = time.monotonic()
        await self.node.ask("cut")

        async def back() -> bool:
            text = await self._metrics()
            return (
                measures.sample(text, "cordboard_ami_total", '{what="reconnects"}') > sessions and await self._linked()
            )

        await self._until(back, DRAIN_S, "the engine does not come back to its node")
        self.notes["seconds until resynced"] = round(time.monotonic() - began, 2)
        await self.node.ask("empty")

    async def _linked(self) -> bool:
        async with httpx2.AsyncClient(base_url=self.engine.web, trust_env=False) as client:
            parts = (await client.get("/healthz")).json()["parts"]
        return bool(parts["ami"] == "ok")

    async def _drain(self) -> None:
        """Talks end and results are written; what is not over by then is a violation, and is told as such."""

        async def over() -> bool:
            counted = await self.node.ask("count")
            return counted["live"] == 0 and not self.tally.open

        with suppress(ProcessFailed):
            await self._until(over, DRAIN_S + self.plan.habits.talk_s * 4, "")

    async def _until(self, true: Callable[[], Any], within_s: float, what: str) -> None:
        """Raises ProcessFailed with `what` when it does not come true."""
        until = time.monotonic() + within_s
        while not await true():
            if time.monotonic() > until:
                raise ProcessFailed(
                    f"waited {within_s:.0f} s in vain: {what}; the engine's last line: {self.engine.last_words()}"
                )
            await asyncio.sleep(0.1)

    # The figures ----------------------------------------------------------------------------------------------------------

    async def _metrics(self) -> str:
        async with httpx2.AsyncClient(base_url=self.engine.web, timeout=60.0, trust_env=False) as client:
            return (await client.get("/metrics")).text

    async def _read(self) -> Reading:
        text = await self._metrics()
        mine = cost(os.getpid())
        return Reading(time.monotonic(), text, cost(self.engine.pid), mine, cost(self.node.pid), self.tally.news)

    def _report(
        self, before: Reading, after: Reading, played: dict[str, Any], calls: list[Call], broken: list[str]
    ) -> Report:
        plan, gone_s = self.plan, after.at - before.at
        called_s = played["called_at"] - played["began"]
        database = "SQLite" if plan.on_sqlite else "PostgreSQL"
        title = f"{plan.agents} agents, {plan.calls_per_second:g} calls/s for {plan.seconds:g} s on {database}: {plan.scenario.value}"
        if plan.scenario is Scenario.OVERLOAD:
            self._compare(calls, played["began"])

        def usage(one: Cost, other: Cost) -> Usage:
            return Usage((other.cpu_s - one.cpu_s) / gone_s, other.rss_mb)

        return Report(
            title=title,
            seconds=called_s,
            times=self._times(before, after, calls),
            outcome=outcome(calls, called_s),
            events_per_s=played["events"] / called_s,
            actions_per_s=played["actions"] / called_s,
            news_per_s=(after.news - before.news) / gone_s,
            engine=usage(before.engine, after.engine),
            operators=usage(before.operators, after.operators),
            node=usage(before.node, after.node),
            notes={"load of the machine before": self._loaded}
            | self.notes
            | {"latest call, s behind its time": played["late_s"]},
            faults=dict(self.tally.faults),
            complaints=self.engine.complaints(),
            violations=broken,
        )

    def _times(self, before: Reading, after: Reading, calls: list[Call]) -> dict[str, Spread]:
        tally = self.tally
        was, now = measures.histograms(before.metrics), measures.histograms(after.metrics)

        def engine(name: str) -> Spread:
            return measures.spread_of(measures.between(was.get(name, {}), now.get(name, {})))

        pops = screen_pops(calls, tally.offers)
        boards = [measures.next_after(tally.boards, at) for at in tally.changes]
        seen = [board - at for board, at in zip(boards, tally.changes, strict=True) if board is not None]
        orders = [ring.ordered_at - ring.trigger_at for call in calls for ring in call.rings[:1]]
        return {
            "routing rule, in the engine": engine("cordboard_routing_seconds"),
            "commit, from decided to durable": engine("cordboard_commit_seconds"),
            "event loop's lag": engine("cordboard_loop_lag_seconds"),
            "caller's event to the order to ring": spread(orders),
            "caller's event to the offer on the operator's screen": spread(pops),
            "operator's change to the supervisor's news": spread(seen),
            "HTTP reads": spread(tally.reads),
            "HTTP writes": spread(tally.writes),
        }

    def _compare(self, calls: list[Call], began: float) -> None:
        """Goodput of the second stretch, of twice as many calls, against the first."""
        half = began + self.plan.seconds
        first = outcome([call for call in calls if call.began_at < half], self.plan.seconds)
        second = outcome([call for call in calls if call.began_at >= half], self.plan.seconds)
        self.notes["goodput at 100 %, calls/s"] = round(first.goodput, 3)
        self.notes["goodput at 200 %, calls/s"] = round(second.goodput, 3)


def screen_pops(calls: Sequence[Call], offers: Sequence[tuple[str, str, float]]) -> list[float]:
    """From the event that made the engine look for an agent to the offer on that agent's screen."""
    shown: dict[tuple[str, str], list[float]] = {}
    for contact_id, agent, at in offers:
        shown.setdefault((contact_id, agent), []).append(at)
    found = []
    for call in calls:
        for ring in call.rings:
            seen = (at for at in shown.get((call.contact_id, ring.agent), ()) if at >= ring.trigger_at)
            found += [at - ring.trigger_at for at in list(seen)[:1]]
    return found


def _call(told: dict[str, Any]) -> Call:
    return Call(
        **told
        | {
            "direction": Direction(told["direction"]),
            "end": End(told["end"]),
            "rings": tuple(Ring(**ring) for ring in told["rings"]),
            "talks": tuple(Talk(**talk) for talk in told["talks"]),
        }
    )

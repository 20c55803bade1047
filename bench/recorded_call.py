"""Asterisk's processor time for a recorded call: Cordboard beside a bare app_queue, the same callers, phones, codecs and modules."""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from bench.process_figures import cpu_ms
from bench.queues import Cordboard, RecordedQueue, bare_queues, cordboard
from bench.sipp_load import CallsFailed, call, desk_phones
from bench.table import Row, table
from tests.fakes.asterisk_tree import data_folder

RATE = 8.0  # calls a second
RAMP_SLACK_S = 2.0  # from the last INVITE until everybody surely talks
IDLE_S = 8.0
FLUSH_S = 1.0  # from the last goodbye until the last file is surely closed


@dataclass(frozen=True, slots=True)
class Size:
    """So many calls at once, of so many seconds, so often."""

    calls: int
    seconds: float
    rounds: int


FULL, SMALL = Size(16, 10.0, 3), Size(4, 5.0, 1)


@dataclass(frozen=True, slots=True)
class Round:
    """`call_ms`: Asterisk, per call, from its INVITE to its closed file. `talk_share`: of a core, per call, while all talk."""

    call_ms: float
    talk_share: float
    recorded_s: float
    engine_ms: float


async def measure(queue: RecordedQueue, folder: Path, size: Size) -> Round:
    """One round. Raises CallsFailed when a call failed or was hardly recorded."""
    pid = queue.asterisk_pid
    engine = queue.engine_pid if isinstance(queue, Cordboard) else None
    engine_began = cpu_ms(engine) if engine else 0.0
    began = cpu_ms(pid)
    calling = asyncio.create_task(
        call(folder, queue.sip, queue.number, calls=size.calls, rate=RATE, seconds=size.seconds)
    )
    ramp_s = size.calls / RATE + RAMP_SLACK_S
    await asyncio.sleep(ramp_s)
    talk_began, at = cpu_ms(pid), time.monotonic()
    await asyncio.sleep(size.seconds - ramp_s - 0.5)
    talk_share = (cpu_ms(pid) - talk_began) / 1000 / (time.monotonic() - at) / size.calls
    await calling
    await asyncio.sleep(FLUSH_S)
    spent = cpu_ms(pid) - began
    recorded = await queue.settle(size.calls)
    if len(recorded) != size.calls or min(recorded) < size.seconds * 0.6:
        raise CallsFailed(f"{queue.name} recorded {len(recorded)} of {size.calls} calls, s: {sorted(recorded)}")
    engine_ms = (cpu_ms(engine) - engine_began) / size.calls if engine else 0.0
    return Round(spent / size.calls, talk_share, mean(recorded), engine_ms)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rounds of each, and what each Asterisk takes of a core while nobody calls."""

    ours: list[Round]
    same: list[Round]
    wav: list[Round]
    idle_ours: float
    idle_bare: float


async def idle_shares(*pids: int) -> list[float]:
    began, at = [cpu_ms(pid) for pid in pids], time.monotonic()
    await asyncio.sleep(IDLE_S)
    return [(cpu_ms(pid) - before) / 1000 / (time.monotonic() - at) for pid, before in zip(pids, began, strict=True)]


async def compare(size: Size) -> Comparison:
    """All three at once up, and loaded in turns: ours, same file, wav; ours, ..."""
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(data_folder())
        data = stack.enter_context(data_folder())
        phones = await stack.enter_async_context(desk_phones(scratch))
        ours = await stack.enter_async_context(cordboard(data / "ours", phones, size.calls))
        same, wav = await stack.enter_async_context(bare_queues(data / "bare", phones, size.calls))
        told = Comparison([], [], [], *await idle_shares(ours.asterisk_pid, same.asterisk_pid))
        for _ in range(size.rounds):
            for kept, queue in ((told.ours, ours), (told.same, same), (told.wav, wav)):
                kept.append(await measure(queue, scratch, size))
        return told


def _ratio(ours: list[float], bare: list[float]) -> tuple[float, str]:
    """The median of the rounds' ratios, and their spread."""
    ratios = [a / b for a, b in zip(ours, bare, strict=True)]
    return median(ratios), f"{min(ratios):.2f} to {max(ratios):.2f}"


def rows(small: bool = False) -> list[Row]:
    """About three minutes; `small`, half a minute."""
    size = SMALL if small else FULL
    told = asyncio.run(compare(size))
    ours, same, wav = told.ours, told.same, told.wav
    whole, whole_spread = _ratio([one.call_ms for one in ours], [one.call_ms for one in same])
    talk, talk_spread = _ratio([one.talk_share for one in ours], [one.talk_share for one in same])
    custom, custom_spread = _ratio([one.call_ms for one in ours], [one.call_ms for one in wav])
    what = f"{size.calls} calls of {size.seconds:.0f} s at once, {size.rounds} rounds in turns"
    lengths = f"recorded {mean(r.recorded_s for r in ours):.1f} s and {mean(r.recorded_s for r in same):.1f} s a call"

    def absolute(name: str, of: list[Round]) -> list[Row]:
        return [
            Row(f"{name}: Asterisk per call", median(r.call_ms for r in of), "CPU-ms"),
            Row(f"{name}: Asterisk per talk that goes on", median(r.talk_share for r in of) * 100, "% of a core"),
        ]

    return [
        Row(
            "Asterisk CPU per recorded call, times app_queue with the same file",
            whole,
            "x",
            "1.15 at most",
            f"{what}; {whole_spread}; {lengths}",
        ),
        Row("the same while they talk", talk, "x", "1.15 at most", talk_spread),
        Row("the same, times app_queue with a mixed wav", custom, "x", "", f"we keep two channels; {custom_spread}"),
        *absolute("Cordboard", ours),
        *absolute("app_queue, same file", same),
        *absolute("app_queue, mixed wav", wav),
        Row("idle Asterisk: Cordboard's", told.idle_ours * 100, "% of a core", "", "heartbeats, pings, keep-alives"),
        Row("idle Asterisk: app_queue's", told.idle_bare * 100, "% of a core"),
        Row("Cordboard: engine per call, encoding included", median(r.engine_ms for r in ours), "CPU-ms"),
    ]


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))

"""What a run has shown, and how it is told: a table for people, JSON for programs. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .measures import Spread
from .truth import Outcome

SATURATED = 0.85


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu` is the share of one core while calls came, `rss_mb` at the end of that time, `peak` what it had grown by."""

    cpu: float
    rss_mb: float


@dataclass(frozen=True, slots=True)
class Report:
    """Times in s. `notes` are figures of one scenario; `violations` are broken promises, one line each; `faults` what clients met."""

    title: str
    seconds: float
    times: dict[str, Spread]
    outcome: Outcome
    events_per_s: float
    actions_per_s: float
    news_per_s: float
    engine: Usage
    operators: Usage
    node: Usage
    notes: dict[str, float] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    complaints: Sequence[str] = ()
    violations: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def table(report: Report) -> str:
    """The report as aligned lines."""
    done = report.outcome
    lines = [report.title, "", f"{'time, ms':<58}{'count':>8}{'p50':>10}{'p99':>10}{'worst':>10}"]
    lines += [
        f"{name:<58}{one.count:>8}{_ms(one.p50)}{_ms(one.p99)}{_ms(one.worst)}" for name, one in report.times.items()
    ]
    lines += [
        "",
        f"calls: {done.offered} offered, {done.answered} answered, {done.abandoned} abandoned, {done.unreached} not reached; "
        f"goodput {done.goodput:.2f}/s",
        f"a second: {report.events_per_s:.0f} events from the node, {report.actions_per_s:.0f} orders to it, "
        f"{report.news_per_s:.0f} news to pages",
        *(
            f"{name}: {usage.cpu * 100:.0f} % of a core, {usage.rss_mb:.0f} MB"
            for name, usage in (("engine", report.engine), ("operators", report.operators), ("node", report.node))
        ),
        *(f"{name}: {value:g}" for name, value in report.notes.items()),
    ]
    if max(report.operators.cpu, report.node.cpu) > SATURATED:
        lines.append(
            "the generator itself was short of processor time: the times above are worse than the engine's own"
        )
    if report.faults:
        lines.append("clients met: " + ", ".join(f"{count} x {name}" for name, count in report.faults.items()))
    if report.complaints:
        lines.append(f"the engine's log tells of trouble {len(report.complaints)} times")
        lines += [f"  {one}" for one in report.complaints[:20]]
    lines.append(f"violations: {len(report.violations)}")
    lines += [f"  {one}" for one in report.violations[:20]]
    return "\n".join(lines)


def _ms(seconds: float | None) -> str:
    return f"{'-':>10}" if seconds is None else f"{seconds * 1000:>10.1f}"

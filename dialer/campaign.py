"""The campaign: how a list of leads is dialed, and every knob of it by name. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from ..queue.channel import AttemptOutcome
from .abandonment import Cap
from .attempt_limits import AttemptLimits, faults
from .bad_knob import BadKnob
from .calling_hours import CallingHours
from .knobs import BlendKnobs, NoticeKnobs, PowerKnobs, PreviewKnobs, flat, preset, unflat
from .knobs import Setting as Setting
from .machine_knobs import MachineKnobs
from .notice_text import BadText, check_text
from .priority import NUMBERS, Weights, own_units
from .retry import DEFAULT_RESULT_RULES, DEFAULT_RETRY_RULES, ResultRules, RetryRule, RetryRules
from .sources import LeadSources

_CALLER_ID = re.compile(r"\+?[0-9]{2,18}")
MAX_SHOWN = 50
Choice = TypeVar("Choice", bound=StrEnum)

MIN_RING_S = 15
MAX_RING_S = 120
MIN_UNKNOWN_DELAY_S = 900
MAX_GROWTH = 10.0

_TEXTS = ("notice.text_ru", "notice.text_en", "power.sorry_ru", "power.sorry_en")
SEGMENT = "weights.segment."
MAX_SEGMENTS = 20


class DialMode(StrEnum):
    MANUAL = "manual"
    PREVIEW = "preview"
    PROGRESSIVE = "progressive"
    POWER = "power"
    PREDICTIVE = "predictive"
    AGENTLESS = "agentless"


DIALED_MODES = frozenset(DialMode)
"""The ways of dialing that there are."""
GROUPS = {
    "machines": MachineKnobs,
    "cap": Cap,
    "power": PowerKnobs,
    "notice": NoticeKnobs,
    "preview": PreviewKnobs,
    "blend": BlendKnobs,
}


class CampaignState(StrEnum):
    RUNNING = "running"
    DRAINING = "draining"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Campaign:
    """`queue`: the line whose agents talk to its customers. `takes_orders`: the shop's orders become leads here, as `sources` says.
    `caller_id`: the numbers of ours that its customers see, apart by spaces, commas or lines; "": those of the trunk.

    `own_fields`: the names of those fields of its leads that `weights.own_1` to `own_3` count by; '' for none.
    """

    id: str
    name: str
    queue: str
    created_at: datetime
    state: CampaignState = CampaignState.PAUSED
    mode: DialMode = DialMode.PROGRESSIVE
    takes_orders: bool = False
    ring_timeout_s: int = 30
    caller_id: str = ""
    sources: LeadSources = field(default_factory=LeadSources)
    weights: Weights = field(default_factory=Weights)
    own_fields: tuple[str, str, str] = ("", "", "")
    hours: CallingHours = field(default_factory=CallingHours)
    rules: RetryRules = field(default_factory=lambda: dict(DEFAULT_RETRY_RULES))
    limits: AttemptLimits = field(default_factory=AttemptLimits)
    results: ResultRules = field(default_factory=lambda: dict(DEFAULT_RESULT_RULES))
    cap: Cap = field(default_factory=Cap)
    power: PowerKnobs = field(default_factory=PowerKnobs)
    notice: NoticeKnobs = field(default_factory=NoticeKnobs)
    preview: PreviewKnobs = field(default_factory=PreviewKnobs)
    blend: BlendKnobs = field(default_factory=BlendKnobs)
    machines: MachineKnobs = field(default_factory=MachineKnobs)

    @property
    def caller_ids(self) -> tuple[str, ...]:
        return shown_numbers(self.caller_id)


def shown_numbers(text: str) -> tuple[str, ...]:
    """The numbers in a text, as they are written."""
    return tuple(text.replace(",", " ").replace(";", " ").split())


@dataclass(frozen=True, slots=True)
class Change:
    """Who turned which knob, when, from what to what. What was turned at once has one `save_id`."""

    id: str
    campaign_id: str
    actor_id: str
    at: datetime
    field: str
    old: Setting
    new: Setting
    save_id: str = ""


class CampaignRefused(ValueError):
    """A campaign that must not be dialed like this; `field` names the knob."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")
        self.field = field_name
        self.reason = reason


def check_campaign(campaign: Campaign) -> None:
    """Raises CampaignRefused for the first knob that stands where it must not."""
    if not campaign.name.strip():
        raise CampaignRefused("name", "a campaign has a name")
    if not campaign.queue:
        raise CampaignRefused("queue", "a campaign needs a queue whose agents talk")
    if campaign.mode is DialMode.AGENTLESS and not _says_something(campaign.notice):
        raise CampaignRefused("notice.text_ru", "a campaign without operators needs a text or a recording to say")
    for name in (*_TEXTS, "machines.text_ru", "machines.text_en"):
        group, _, knob = name.partition(".")
        try:
            check_text(getattr(getattr(campaign, group), knob))
        except BadText as bad:
            raise CampaignRefused(name, str(bad)) from bad
    if not MIN_RING_S <= campaign.ring_timeout_s <= MAX_RING_S:
        raise CampaignRefused("ring_timeout_s", f"let it ring for {MIN_RING_S} to {MAX_RING_S} s")
    if not all(_CALLER_ID.fullmatch(number) for number in campaign.caller_ids):
        raise CampaignRefused("caller_id", "a number of ours is digits only, in international form with its plus")
    if len(campaign.weights.segments) > MAX_SEGMENTS:
        raise CampaignRefused("weights.segment", f"at most {MAX_SEGMENTS} segments have points")
    if not campaign.hours.ever_open():
        raise CampaignRefused("hours", "a campaign calls on one day of the week at least")
    for name, reason in faults(campaign.limits):
        raise CampaignRefused(f"limits.{name}", reason)
    if missing := set(AttemptOutcome) - set(campaign.rules):
        raise CampaignRefused("rules", f"no rule for {min(missing)}")
    for outcome, rule in campaign.rules.items():
        _check_rule(f"rules.{outcome}", rule)
    for code, rule in campaign.results.items():
        _check_rule(f"results.{code}", rule)
    if campaign.rules[AttemptOutcome.UNKNOWN].delay_s < MIN_UNKNOWN_DELAY_S:
        raise CampaignRefused("rules.unknown.delay_s", "who may have been rung is left in peace for 15 min")


def _says_something(notice: NoticeKnobs) -> bool:
    return any(text.strip() for text in (notice.text_ru, notice.text_en, notice.recording))


def _check_rule(name: str, rule: RetryRule) -> None:
    if rule.delay_s < 0:
        raise CampaignRefused(f"{name}.delay_s", "a delay and a number of attempts are never negative")
    if rule.max_attempts is not None and rule.max_attempts < 0:
        raise CampaignRefused(f"{name}.max_attempts", "a delay and a number of attempts are never negative")
    if rule.max_attempts is None and rule.delay_s < 1:
        raise CampaignRefused(f"{name}.delay_s", "without a limit of attempts there must be a delay")
    if not 1 <= rule.growth <= MAX_GROWTH:
        raise CampaignRefused(f"{name}.growth", f"a delay grows by 1 (not at all) to {MAX_GROWTH:g} times")


def settings(campaign: Campaign) -> dict[str, Setting]:
    """Every knob of the campaign by its dotted name, as plain values."""
    knobs: dict[str, Setting] = {
        "name": campaign.name,
        "queue": campaign.queue,
        "state": campaign.state.value,
        "mode": campaign.mode.value,
        "takes_orders": campaign.takes_orders,
        "ring_timeout_s": campaign.ring_timeout_s,
        "caller_id": campaign.caller_id,
    }
    knobs |= {f"weights.{name}": getattr(campaign.weights, name) for name in NUMBERS}
    knobs |= {f"{SEGMENT}{name}": points for name, points in campaign.weights.segments}
    knobs |= {f"own_fields.{number}": name for number, name in enumerate(campaign.own_fields, 1)}
    for name, group in (("hours", campaign.hours), ("limits", campaign.limits), ("sources", campaign.sources)):
        knobs |= {f"{name}.{knob.name}": getattr(group, knob.name) for knob in fields(group)}
    for outcome, rule in campaign.rules.items():
        knobs |= flat(f"rules.{outcome.value}", rule)
    for code, rule in campaign.results.items():
        knobs |= flat(f"results.{code}", rule)
    for name in GROUPS:
        knobs |= flat(name, getattr(campaign, name))
    return knobs


def with_settings(campaign: Campaign, changed: Mapping[str, Setting]) -> Campaign:
    """The campaign with these knobs turned. Raises CampaignRefused for an unknown knob or a value it cannot take."""
    knobs = settings(campaign)
    for name in changed:
        if name not in knobs and not _is_segment(name):
            raise CampaignRefused(name, "no such setting")
    knobs |= preset(changed)
    try:
        return replace(
            campaign,
            name=str(knobs["name"]),
            queue=str(knobs["queue"]),
            state=_one_of(CampaignState, knobs, "state"),
            mode=_one_of(DialMode, knobs, "mode"),
            takes_orders=bool(knobs["takes_orders"]),
            ring_timeout_s=_whole(knobs, "ring_timeout_s"),
            caller_id=str(knobs["caller_id"]),
            weights=_weights(knobs),
            own_fields=(str(knobs["own_fields.1"]), str(knobs["own_fields.2"]), str(knobs["own_fields.3"])),
            hours=_hours(knobs),
            limits=_limits(knobs),
            rules={outcome: _rule(knobs, f"rules.{outcome.value}") for outcome in campaign.rules},
            results={code: _rule(knobs, f"results.{code}") for code in campaign.results},
            cap=unflat("cap", Cap, knobs),
            power=unflat("power", PowerKnobs, knobs),
            notice=unflat("notice", NoticeKnobs, knobs),
            preview=unflat("preview", PreviewKnobs, knobs),
            blend=unflat("blend", BlendKnobs, knobs),
            machines=unflat("machines", MachineKnobs, knobs),
            sources=_sources(knobs),
        )
    except BadKnob as bad:
        raise CampaignRefused(bad.knob, bad.reason) from bad
    except ValueError as error:
        raise CampaignRefused(next(iter(changed), ""), str(error)) from error


def changed_knobs(old: Campaign, new: Campaign) -> list[tuple[str, Setting, Setting]]:
    """Name, old and new value of each knob that differs."""
    before, after = settings(old), settings(new)
    return [(name, before.get(name), after.get(name)) for name in after | before if before.get(name) != after.get(name)]


def own_values(campaign: Campaign, own: Mapping[str, object]) -> tuple[int, int, int]:
    """A lead's `own_1` to `own_3` from its fields by name: thousandths of a unit. What is no number counts as 0."""
    return own_units(campaign.own_fields, own)


def _is_segment(name: str) -> bool:
    return name.startswith(SEGMENT) and 0 < len(name) - len(SEGMENT) <= 50


def _weights(knobs: Mapping[str, Setting]) -> Weights:
    """A segment without points (None) is one that is not named."""
    named = {name.removeprefix(SEGMENT): value for name, value in knobs.items() if name.startswith(SEGMENT)}
    points = tuple((name, _number(knobs, f"{SEGMENT}{name}")) for name, value in named.items() if value is not None)
    return Weights(**{name: _number(knobs, f"weights.{name}") for name in NUMBERS}, segments=points)


def _hours(knobs: Mapping[str, Setting]) -> CallingHours:
    opens, closes, *days = (knob.name for knob in fields(CallingHours))
    own = {name: str(knobs[f"hours.{name}"] or "") for name in days}
    try:
        return CallingHours(_whole(knobs, f"hours.{opens}"), _whole(knobs, f"hours.{closes}"), **own)
    except BadKnob as bad:
        raise bad if "." in bad.knob else bad.under("hours") from bad


def _sources(knobs: Mapping[str, Setting]) -> LeadSources:
    try:
        return LeadSources(
            new=bool(knobs["sources.new"]),
            unconfirmed_min=_whole_or_none(knobs, "sources.unconfirmed_min"),
            missed_calls_s=_whole_or_none(knobs, "sources.missed_calls_s"),
            changed=bool(knobs["sources.changed"]),
            abandoned_basket_min=_whole_or_none(knobs, "sources.abandoned_basket_min"),
            delivery_problem=bool(knobs["sources.delivery_problem"]),
        )
    except BadKnob as bad:
        raise bad.under("sources") from bad


def _limits(knobs: Mapping[str, Setting]) -> AttemptLimits:
    limits = {name: _whole_or_none(knobs, f"limits.{name}") for name in ("lead_total", "lead_day", "number_day")}
    return AttemptLimits(**limits, gap_s=_whole(knobs, "limits.gap_s"), reached_h=_whole(knobs, "limits.reached_h"))


def _rule(knobs: Mapping[str, Setting], name: str) -> RetryRule:
    return RetryRule(
        delay_s=_whole(knobs, f"{name}.delay_s"),
        max_attempts=_whole_or_none(knobs, f"{name}.max_attempts"),
        counts=bool(knobs[f"{name}.counts"]),
        growth=_number(knobs, f"{name}.growth"),
    )


def _one_of(kind: type[Choice], knobs: Mapping[str, Setting], name: str) -> Choice:
    if knobs[name] in list(kind):
        return kind(str(knobs[name]))
    raise BadKnob(name, f"one of {', '.join(kind)} is needed")


def _whole(knobs: Mapping[str, Setting], name: str) -> int:
    value = knobs[name]
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise BadKnob(name, "a whole number is needed")


def _whole_or_none(knobs: Mapping[str, Setting], name: str) -> int | None:
    return None if knobs[name] is None else _whole(knobs, name)


def _number(knobs: Mapping[str, Setting], name: str) -> float:
    value = knobs[name]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise BadKnob(name, "a number is needed")

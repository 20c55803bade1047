"""The campaign: how a list of leads is dialed, and every knob of it by name. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum

from ..queue.channel import AttemptOutcome
from .calling_hours import CallingHours
from .lead import DEFAULT_RETRY_RULES, RetryRule, RetryRules
from .pacing import PACERS
from .priority import MAX_OWN, NUMBERS, Weights

MIN_RING_S = 15
MAX_RING_S = 120
MIN_UNKNOWN_DELAY_S = 900

SEGMENT = "weights.segment."
MAX_SEGMENTS = 20

Setting = str | int | float | bool | None


class DialMode(StrEnum):
    MANUAL = "manual"
    PREVIEW = "preview"
    PROGRESSIVE = "progressive"
    POWER = "power"
    PREDICTIVE = "predictive"
    AGENTLESS = "agentless"


class CampaignState(StrEnum):
    RUNNING = "running"
    DRAINING = "draining"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Campaign:
    """`queue`: the line whose agents talk to its customers. `takes_orders`: each new order of the shop becomes a lead here.

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
    weights: Weights = field(default_factory=Weights)
    own_fields: tuple[str, str, str] = ("", "", "")
    hours: CallingHours = field(default_factory=CallingHours)
    rules: RetryRules = field(default_factory=lambda: dict(DEFAULT_RETRY_RULES))


@dataclass(frozen=True, slots=True)
class Change:
    """Who turned which knob, when, from what to what."""

    id: str
    campaign_id: str
    actor_id: str
    at: datetime
    field: str
    old: Setting
    new: Setting


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
    if campaign.mode.value not in PACERS:
        raise CampaignRefused("mode", f"{campaign.mode} is not dialed yet")
    if not MIN_RING_S <= campaign.ring_timeout_s <= MAX_RING_S:
        raise CampaignRefused("ring_timeout_s", f"let it ring for {MIN_RING_S} to {MAX_RING_S} s")
    if len(campaign.weights.segments) > MAX_SEGMENTS:
        raise CampaignRefused("weights.segment", f"at most {MAX_SEGMENTS} segments have points")
    if missing := set(AttemptOutcome) - set(campaign.rules):
        raise CampaignRefused("rules", f"no rule for {min(missing)}")
    for outcome, rule in campaign.rules.items():
        if rule.delay_s < 0 or (rule.max_attempts is not None and rule.max_attempts < 0):
            raise CampaignRefused(f"rules.{outcome}", "a delay and a number of attempts are never negative")
        if rule.max_attempts is None and rule.delay_s < 1:
            raise CampaignRefused(f"rules.{outcome}.delay_s", "without a limit of attempts there must be a delay")
    if campaign.rules[AttemptOutcome.UNKNOWN].delay_s < MIN_UNKNOWN_DELAY_S:
        raise CampaignRefused("rules.unknown.delay_s", "who may have been rung is left in peace for 15 min")


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
        "hours.opens_min": campaign.hours.opens_min,
        "hours.closes_min": campaign.hours.closes_min,
    }
    knobs |= {f"weights.{name}": getattr(campaign.weights, name) for name in NUMBERS}
    knobs |= {f"{SEGMENT}{name}": points for name, points in campaign.weights.segments}
    knobs |= {f"own_fields.{number}": name for number, name in enumerate(campaign.own_fields, 1)}
    for outcome, rule in campaign.rules.items():
        knobs |= {f"rules.{outcome.value}.{knob.name}": getattr(rule, knob.name) for knob in fields(RetryRule)}
    return knobs


def with_settings(campaign: Campaign, changed: Mapping[str, Setting]) -> Campaign:
    """The campaign with these knobs turned. Raises CampaignRefused for an unknown knob or a value it cannot take."""
    knobs = settings(campaign)
    for name in changed:
        if name not in knobs and not _is_segment(name):
            raise CampaignRefused(name, "no such setting")
    knobs |= changed
    try:
        return replace(
            campaign,
            name=str(knobs["name"]),
            queue=str(knobs["queue"]),
            state=CampaignState(str(knobs["state"])),
            mode=DialMode(str(knobs["mode"])),
            takes_orders=bool(knobs["takes_orders"]),
            ring_timeout_s=_whole(knobs["ring_timeout_s"]),
            caller_id=str(knobs["caller_id"]),
            weights=_weights(knobs),
            own_fields=(str(knobs["own_fields.1"]), str(knobs["own_fields.2"]), str(knobs["own_fields.3"])),
            hours=CallingHours(_whole(knobs["hours.opens_min"]), _whole(knobs["hours.closes_min"])),
            rules={outcome: _rule(knobs, outcome) for outcome in campaign.rules},
        )
    except ValueError as error:
        raise CampaignRefused(next(iter(changed), ""), str(error)) from error


def changed_knobs(old: Campaign, new: Campaign) -> list[tuple[str, Setting, Setting]]:
    """Name, old and new value of each knob that differs."""
    before, after = settings(old), settings(new)
    return [(name, before.get(name), after.get(name)) for name in after | before if before.get(name) != after.get(name)]


def own_values(campaign: Campaign, own: Mapping[str, object]) -> tuple[int, int, int]:
    """A lead's `own_1` to `own_3` from its fields by name: thousandths of a unit. What is no number counts as 0."""
    first, second, third = (_thousandths(own.get(name)) if name else 0 for name in campaign.own_fields)
    return first, second, third


def _thousandths(value: object) -> int:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0
    return round(max(-MAX_OWN, min(MAX_OWN, number * 1000))) if math.isfinite(number) else 0


def _is_segment(name: str) -> bool:
    return name.startswith(SEGMENT) and 0 < len(name) - len(SEGMENT) <= 50


def _weights(knobs: Mapping[str, Setting]) -> Weights:
    """A segment without points (None) is one that is not named."""
    named = {name.removeprefix(SEGMENT): value for name, value in knobs.items() if name.startswith(SEGMENT)}
    points = tuple((name, _number(value)) for name, value in named.items() if value is not None)
    return Weights(**{name: _number(knobs[f"weights.{name}"]) for name in NUMBERS}, segments=points)


def _rule(knobs: Mapping[str, Setting], outcome: AttemptOutcome) -> RetryRule:
    limit = knobs[f"rules.{outcome.value}.max_attempts"]
    return RetryRule(
        delay_s=_whole(knobs[f"rules.{outcome.value}.delay_s"]),
        max_attempts=None if limit is None else _whole(limit),
        counts=bool(knobs[f"rules.{outcome.value}.counts"]),
    )


def _whole(value: Setting) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("a whole number is needed")


def _number(value: Setting) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ValueError("a number is needed")

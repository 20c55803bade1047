"""The dialer's nouns as rows of tables, and back. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from ..queue.channel import AttemptOutcome
from .booking import Booking, BookingSource, BookingState, Window
from .campaign import SEGMENT, Campaign, Change, settings, with_settings
from .lead import Attempt, Lead, LeadState

_IN_SECONDS = {"promised_at": "promised_s", "reserved_until": "reserved_s"}
"""Moments that the table holds as whole seconds since 1970, for the score to count by."""


def values(members: Collection[LeadState]) -> list[str]:
    """As the table holds them."""
    return sorted(member.value for member in members)


def row_of(noun: Attempt | Change | Lead) -> dict[str, Any]:
    row = {field.name: getattr(noun, field.name) for field in fields(noun)}
    return {name: value.value if isinstance(value, Enum) else value for name, value in row.items()}


def lead_row(lead: Lead) -> dict[str, Any]:
    lists = {"phones": list(lead.phones), "zones": list(lead.zones), "fields": dict(lead.fields)}
    row = row_of(lead) | lists | {"placed_s": int(lead.placed_at.timestamp())}
    for name, column in _IN_SECONDS.items():
        at: datetime | None = row.pop(name)
        row[column] = None if at is None else int(at.timestamp())
    return row


def lead_of(row: Mapping[str, Any]) -> Lead:
    kept = {name: value for name, value in row.items() if name != "placed_s"}
    for name, column in _IN_SECONDS.items():
        seconds: int | None = kept.pop(column)
        kept[name] = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    read = {"state": LeadState(row["state"]), "last_outcome": _outcome(row["last_outcome"])}
    return Lead(**kept | read | {"phones": tuple(row["phones"]), "zones": tuple(row["zones"])})


def attempt_of(row: Mapping[str, Any]) -> Attempt:
    return Attempt(**dict(row) | {"outcome": _outcome(row["outcome"])})


def campaign_row(campaign: Campaign) -> dict[str, Any]:
    return {"name": campaign.name, "settings": settings(campaign)}


def campaign_of(row: Mapping[str, Any]) -> Campaign:
    """A knob that is newer than the row stands at its default; one that is gone is passed over."""
    created_at: datetime = row["created_at"]
    plain = Campaign(id=row["id"], name=row["name"], queue="", created_at=created_at)
    known = settings(plain)
    kept = {name: value for name, value in row["settings"].items() if name in known or name.startswith(SEGMENT)}
    return with_settings(plain, kept)


def booking_row(booking: Booking) -> dict[str, Any]:
    row = {field.name: getattr(booking, field.name) for field in fields(booking) if field.name != "window"}
    window = {"starts_at": booking.window.starts_at, "ends_at": booking.window.ends_at}
    return row | window | {"source": booking.source.value, "state": booking.state.value}


def booking_of(row: Mapping[str, Any]) -> Booking:
    kept = dict(row)
    window = Window(kept.pop("starts_at"), kept.pop("ends_at"))
    told = {"source": BookingSource(kept["source"]), "state": BookingState(kept["state"])}
    return Booking(**kept | told, window=window)


def _outcome(value: str | None) -> AttemptOutcome | None:
    return AttemptOutcome(value) if value else None

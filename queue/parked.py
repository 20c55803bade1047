"""The events of parking: a customer is left with the music, and taken back (park_moves.py). Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Parked:
    """The agent leaves the customer with the music: until then for nobody, unless he is fetched, and then for this agent alone until
    `personal_until`."""

    at: datetime
    until: datetime
    personal_until: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """He is parked no more, and until then for this agent alone."""

    at: datetime
    for_agent: str
    personal_until: datetime

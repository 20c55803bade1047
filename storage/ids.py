"""Ids as an argument: 36-character UUID texts, or whatever a test hands out."""

from collections.abc import Callable
from uuid import uuid4

Ids = Callable[[], str]


def random_ids() -> str:
    """A new random UUID (version 4) as text; also fit to be an Asterisk ChannelId."""
    return str(uuid4())

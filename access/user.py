"""Who works here: a user, a team, a line of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from .permission import ROLE_PERMISSIONS, Permission, Role

Language = Literal["ru", "en"]


@dataclass(frozen=True, slots=True)
class User:
    """A person, or the program behind an API key (role `api`, no SIP name).

    An operator's `id` is their agent id in the queue. `device_uri` is a desk phone used instead of the browser;
    `own_number` (E.164) a telephone on which he is reached in mid-talk when his page does not come back. `chords`: the keys they chose for
    the desk's commands, by command.
    """

    id: str
    login: str
    name: str
    role: Role
    language: Language
    active: bool
    device_uri: str | None
    sip_name: str
    sip_secret: str = field(repr=False)
    own_number: str | None = field(default=None, repr=False)
    chords: Mapping[str, str] = field(default_factory=dict, hash=False)

    def can(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role]


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    member_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who (`actor_id`: a user, an API key or None for the house itself) did what to what."""

    id: str
    at: datetime
    actor_id: str | None
    action: str
    subject: str
    detail: Mapping[str, Any]


class LoginTaken(Exception):
    """Another user already signs in by this name."""


class TooManyAttempts(Exception):
    """Sign-in is closed for this account or address for `retry_after_s` more seconds."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s

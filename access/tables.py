"""The tables of users, sessions, keys, teams and the audit trail."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
)

from ..storage.base import Json, UtcDateTime, id_column, metadata

users = Table(
    "users",
    metadata,
    id_column(),
    Column("login", String(100), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(2), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("password_hash", String(200)),
    Column("device_uri", String(200)),
    Column("sip_name", String(40), nullable=False, unique=True),
    Column("sip_secret", String(100), nullable=False),  # in clear: Asterisk and the browser's phone both need it
    Column("created_at", UtcDateTime, nullable=False),
    Column("own_number", String(20)),
    Column("chords", Json),  # the keys he chose for the desk's commands, by command
)
user_sessions = Table(
    "user_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user_agent", String(300), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
sign_in_tries = Table(
    "sign_in_try",
    metadata,
    id_column(),
    Column("login", String(100), nullable=False),
    Column("address", String(100), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)
api_keys = Table(
    "api_key",
    metadata,
    id_column(),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
teams = Table(
    "team",
    metadata,
    id_column(),
    Column("name", String(200), nullable=False, unique=True),
)
team_members = Table(
    "team_member",
    metadata,
    Column("team_id", ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
)
audit_trail = Table(  # the migration adds triggers that refuse UPDATE and DELETE
    "audit",
    metadata,
    id_column(),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", String(36)),
    Column("action", String(100), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Json, nullable=False),
    Index("ix_audit_at", "at"),
)

"""The tables of scripts and of their runs."""

from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, String, Table, Text

from ..storage.base import Json, UtcDateTime, metadata

script_table = Table(
    "script",
    metadata,
    Column("code", String(40), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("body", Json, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", String(36)),
    PrimaryKeyConstraint("code", "edition"),
)
run_table = Table(
    "script_run",
    metadata,
    Column("contact_id", String(36), primary_key=True),
    Column("script", String(40), nullable=False),
    Column("edition", Integer, nullable=False),
    Column("at", String(40), nullable=False),
    Column("trail", Json, nullable=False),
    Column("doing", Text),
    Column("trouble", String(300), nullable=False),
    Column("waived_by", String(36)),
    Column("asked_by", String(36)),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["script", "edition"], ["script.code", "script.edition"], name="fk_script_run_script"),
)

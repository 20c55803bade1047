"""What an operator is writing about a contact and has not sent: kept until it ends, so that a reload, a crash and a transfer find it."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ..storage.base import UtcDateTime, metadata
from ..storage.clock import Clock
from ..storage.database import Database

DRAFT_LENGTH: Final = 2_000

draft_table = sa.Table(
    "draft",
    metadata,
    sa.Column("contact_id", sa.String(36), nullable=False),
    sa.Column("field", sa.String(20), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("changed_by", sa.String(36), nullable=False),
    sa.PrimaryKeyConstraint("contact_id", "field"),
)
_d = draft_table.c


class DraftStore:
    """The only writer of drafts in the engine that leads: where it found nothing it looks no more, as every painting of a desk would."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._empty: set[str] = set()
        self._kept = 0

    async def of(self, contact_id: str) -> dict[str, str]:
        """By field; those that are empty are not there."""
        if contact_id in self._empty:
            return {}
        kept, found = self._kept, await self._read(contact_id)
        if not found and kept == self._kept:  # else something was kept while we read
            self._empty.add(contact_id)
        return found

    async def _read(self, contact_id: str) -> dict[str, str]:
        query = sa.select(_d.field, _d.text).where(_d.contact_id == contact_id)
        async with self._db.read() as connection:
            return {row.field: row.text for row in await connection.execute(query)}

    async def keep(self, contact_id: str, field: str, text: str, by: str) -> None:
        """The last one to write wins; an empty text is no draft."""
        mine = sa.and_(_d.contact_id == contact_id, _d.field == field)
        insert = sqlite.insert(draft_table) if self._db.is_sqlite else postgresql.insert(draft_table)
        changed = {"text": text, "changed_at": self._clock.now(), "changed_by": by}
        row = insert.values({"contact_id": contact_id, "field": field, **changed})
        put = row.on_conflict_do_update(index_elements=["contact_id", "field"], set_=changed)
        async with self._db.write() as connection:
            await connection.execute(put if text.strip() else draft_table.delete().where(mine))
        self._kept += 1
        self._empty.discard(contact_id)

    async def take(self, contact_id: str) -> dict[str, tuple[str, str]]:
        """All drafts of a contact, each with who wrote it last; they are drafts no longer."""
        if contact_id in self._empty:
            self._empty.remove(contact_id)
            return {}
        query = draft_table.delete().where(_d.contact_id == contact_id).returning(_d.field, _d.text, _d.changed_by)
        async with self._db.write() as connection:
            return {row.field: (row.text, row.changed_by) for row in await connection.execute(query)}

"""The holidays of a site in their table."""

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ..storage.database import Database
from .holidays import Holiday, checked
from .law_tables import holiday_table

_h = holiday_table.c


class HolidayStore:
    """What is kept here acts on the very next call."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, new: Sequence[Holiday]) -> int:
        """Keep these days, all or none; how many are new. One that was kept gets the new name. Raises HolidayRefused."""
        found = {(each.place, each.day): each for each in map(checked, new)}
        if not found:
            return 0
        insert = sqlite.insert(holiday_table) if self._db.is_sqlite else postgresql.insert(holiday_table)
        put = insert.values([{"place": each.place, "day": each.day, "name": each.name} for each in found.values()])
        put = put.on_conflict_do_update(index_elements=["place", "day"], set_={"name": put.excluded.name})
        async with self._db.write() as connection:
            before = await connection.scalar(sa.select(sa.func.count()).select_from(holiday_table))
            await connection.execute(put)
            return int(await connection.scalar(sa.select(sa.func.count()).select_from(holiday_table)) or 0) - int(
                before or 0
            )

    async def remove(self, place: str, day: date) -> bool:
        """Whether it was kept."""
        async with self._db.write() as connection:
            gone = await connection.execute(holiday_table.delete().where(_h.place == place, _h.day == day))
            return gone.rowcount == 1

    async def since(self, day: date) -> list[Holiday]:
        """The earliest first."""
        query = sa.select(holiday_table).where(_h.day >= day).order_by(_h.day, _h.place)
        async with self._db.read() as connection:
            return [Holiday(**row._asdict()) for row in await connection.execute(query)]

"""A whole Cordboard with the small booking service of the tests: `python -m tests.fakes.booking_house up ...`.

What is booked lies in DIR/bookings.json, and is there again after a restart.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cordboard import __main__ as front
from cordboard.telephony.booking_by_phone import Booked, Refused, Slot
from cordboard.works import Works
from tests.fakes.booking_book import BookingBook, half_hours

FIRST = time(10, 0)
SLOTS_A_DAY = 3


def zone_at_noon(now: datetime) -> str:
    """A time zone where it is about noon, so that no midnight passes while a test speaks of tomorrow."""
    return f"Etc/GMT{now.astimezone(UTC).hour - 12:+d}"


def slots_ahead(now: datetime, zone: ZoneInfo) -> list[Slot]:
    """10:00, 10:30 and 11:00 of tomorrow and the day after in the zone."""
    today = now.astimezone(zone).date()
    firsts = (datetime.combine(today + timedelta(days=ahead), FIRST, zone).astimezone(UTC) for ahead in (1, 2))
    return [slot for first in firsts for slot in half_hours(first, SLOTS_A_DAY)]


class KeptBook(BookingBook):
    """Writes down each change before it tells of it."""

    def __init__(self, path: Path, zone: ZoneInfo) -> None:
        super().__init__(slots_ahead(datetime.now(UTC), zone), soon_s=180.0)
        self._path = path
        for one in read(path):
            slot = Slot(*(datetime.fromisoformat(at) for at in one["slot"])) if one["slot"] else None
            self.bookings[one["id"]] = Booked(one["id"], one["number"], slot)

    async def book(self, number: str, queue: str, slot: Slot | None, language: str, contact: str) -> Booked | Refused:
        made = await super().book(number, queue, slot, language, contact)
        self._write()
        return made

    async def move(self, booking_id: str, slot: Slot | None) -> Booked | Refused:
        made = await super().move(booking_id, slot)
        self._write()
        return made

    async def cancel(self, booking_id: str) -> bool:
        gone = await super().cancel(booking_id)
        self._write()
        return gone

    def _write(self) -> None:
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps([_plain(one) for one in self.bookings.values()]))
        beside.replace(self._path)


def _plain(one: Booked) -> dict[str, Any]:
    slot: Sequence[str] = () if one.slot is None else (one.slot.starts.isoformat(), one.slot.ends.isoformat())
    return {"id": one.id, "number": one.number, "slot": slot}


def read(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return found


class WorksThatBook(Works):
    def __init__(self, *everything: Any) -> None:
        super().__init__(*everything)
        self.voice.dialogs.attach(KeptBook(self.folder.path / "bookings.json", ZoneInfo(self.settings.time_zone)))


if __name__ == "__main__":
    vars(front).update(Works=WorksThatBook)
    front.main()

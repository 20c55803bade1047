"""A laboratory put up: a house, its database, people with telephones, and short times."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.fakes.house import House
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import ANSWERS, NO_ANSWER, Behaviour, refuses

from .bases import Base
from .faultlab import BUSY, SILENT, SLOW, FaultLab

PEOPLE = [(rf"\+*{BUSY}.*", refuses(486)), (rf"\+*{SILENT}.*", NO_ANSWER), (rf"\+*{SLOW}.*", Behaviour(ring_ms=1500))]
DESKS = [("silent", NO_ANSWER)]
SHORT_TIMES = {"ring_s": "5", "wrap_up_s": "8", "dial_ring_s": "15"}
NOTHING_MORE: Mapping[str, str] = {}


@asynccontextmanager
async def furnished_lab(
    folder: Path, base: Base | None = None, environment: Mapping[str, str] = NOTHING_MORE, line: Path | None = None
) -> AsyncIterator[FaultLab]:
    """A lab whose house has not been started. Its times are short, so that what waits for a deadline comes to rest soon.

    `base` is its database, SQLite in its data folder by default; `line` the data folder of an Asterisk that is not its own.
    """
    async with AsyncExitStack() as stack:
        carrier = await stack.enter_async_context(SippCarrier(folder, PEOPLE))
        desks = await stack.enter_async_context(SippCarrier(folder, DESKS, otherwise=ANSWERS, tone_hz=440.0))
        data = folder / "house"
        data.mkdir(exist_ok=True)
        base = base or Base.sqlite(data / "cordboard.sqlite3")
        settings = {"trunk": carrier.uri, "database_url": base.url, **SHORT_TIMES}
        settings |= {} if line is None else {"asterisk_of": str(line)}
        chosen = {f"CORDBOARD_{name.upper()}": value for name, value in settings.items()}
        house = House(data, demo=False, settings={**chosen, **environment})
        stack.push_async_callback(house.close)
        lab = FaultLab(folder, house, carrier, desks, base, line or data)
        stack.push_async_callback(lab.db.close)
        await lab.furnish()
        yield lab


@asynccontextmanager
async def fault_lab(folder: Path, base: Base | None = None) -> AsyncIterator[FaultLab]:
    """A house of its own, ready."""
    async with furnished_lab(folder, base) as lab:
        await lab.first_start()
        yield lab

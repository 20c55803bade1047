"""Customers on the line, a dozen at once, and what the house's book says of them."""

from contextlib import AsyncExitStack
from pathlib import Path

from tests.fakes.house import House
from tests.fakes.sipp import Invite, SippCaller, SippCarrier
from tests.fakes.wait import until
from tests.fakes.working_day import call_in, rows

# Partial: a test that speaks for two dozen telephones in one process may leave out sound when the machine is busy.
RECORDED = """SELECT address FROM recording JOIN contact ON contact.id = contact_id
WHERE recording.state IN ('ok', 'partial') AND contact.talk_s > 0"""


class Callers:
    """Customers, each with a number of his own; they hang up at the end."""

    def __init__(self, house: House, folder: Path, stack: AsyncExitStack) -> None:
        self._house, self._folder, self._stack = house, folder, stack
        self._callers: dict[str, SippCaller] = {}

    @property
    def numbers(self) -> list[str]:
        return list(self._callers)

    @property
    def stalled_s(self) -> float:
        """The longest that the sound of one of them stood still in all (s)."""
        return max(caller.stalled_s for caller in self._callers.values())

    async def call(self) -> tuple[str, SippCaller]:
        number = f"+7916777{len(self._callers):04}"
        caller = await self._stack.enter_async_context(call_in(self._house, self._folder, caller_id=number))
        await caller.answered()
        self._callers[number] = caller
        return number, caller

    async def hears(self, number: str) -> None:
        """An operator speaks to him: there is something to record."""
        await self._callers[number].until_hears(440.0)

    async def leaves(self, number: str) -> None:
        """He is still on the line, and hangs up."""
        caller = self._callers[number]
        assert not caller.left_by_other_side, number
        caller.hang_up()
        await caller.over()


async def contacts(house: House) -> list[tuple[str, str]]:
    """(number, state) of every contact there is."""
    return [(number, state) for number, state in await rows(house, "SELECT address, state FROM contact")]


async def until_contacts(house: House, wanted: dict[str, str], within_s: float = 30.0) -> None:
    """Wait until these customers' contacts are in these states."""

    async def look() -> bool:
        return wanted.items() <= dict(await contacts(house)).items()

    try:
        await until(look, f"contacts {wanted}", within_s=within_s, every_s=0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}; they are {await contacts(house)}\n{house.tail()}") from None


def whom(invite: Invite) -> str:
    """The number of the customer who talks there."""
    found = invite.caller.partition("sip:")[2].partition("@")[0]
    return f"+{found.lstrip('+')}"


def by_customer(phones: SippCarrier) -> dict[str, Invite]:
    return {whom(invite): invite for invite in phones.in_talk()}

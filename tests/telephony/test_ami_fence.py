"""An engine whose lease may have run out says nothing to Asterisk any more: not one byte leaves it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random

import pytest

from cordboard.telephony.ami import Ami, LinkState
from cordboard.telephony.ami_actions import ActionOutcomeUnknown, LinkDown
from cordboard.telephony.ami_events import Event, Resync
from tests.fakes.ami_subject import QUICK
from tests.fakes.asterisk_wire import FakeAsterisk
from tests.fakes.wait import until


@dataclass
class ClockFence:
    """An engine that leads until `sure_until`; `now` is set by the test."""

    epoch: int = 7
    now: float = 0.0
    sure_until: float = 3.0

    def holds(self) -> bool:
        return self.now < self.sure_until


@dataclass
class Line:
    asterisk: FakeAsterisk
    fence: ClockFence
    link: Ami

    def beats(self) -> int:
        return len(self.asterisk.sent("Setvar"))


async def ignore(_what: Event | Resync) -> None:
    return


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    asterisk, fence = FakeAsterisk(), ClockFence()
    async with AsyncExitStack() as stack:
        await asterisk.start()
        stack.push_async_callback(asterisk.stop)
        link = Ami(
            *("node1", "127.0.0.1", asterisk.port, "engine", "s3cret"),
            on_event=ignore,
            on_resync=ignore,
            random=Random(1),
            tuning=QUICK,
            fence=fence,
        )
        await link.start()
        stack.push_async_callback(link.stop)
        yield Line(asterisk, fence, link)


async def test_every_action_carries_the_epoch(line: Line) -> None:
    await line.link.setvar(None, "ENGINE_HB", "1")
    names = {action.name for action in line.asterisk.received}
    assert {"Login", "CoreStatus", "CoreShowChannels", "Setvar"} <= names
    assert [a.name for a in line.asterisk.received if not a.get("ActionID").startswith("cb7-1-")] == []


async def test_at_the_very_moment_nothing_leaves(line: Line) -> None:
    line.fence.now = 2.999
    await line.link.setvar(None, "ENGINE_HB", "1")
    line.fence.now = 3.0
    before = line.link.stats.actions
    for _ in range(3):
        with pytest.raises(LinkDown, match="does not lead"):
            await line.link.setvar(None, "ENGINE_HB", "2")
        with pytest.raises(LinkDown):
            await line.link.show_channels()
    line.fence.sure_until = 10.0  # renewed after all: the wire is in order, and shows what came over it meanwhile
    await line.link.setvar(None, "ENGINE_HB", "3")
    assert [action.get("Value") for action in line.asterisk.sent("Setvar")] == ["1", "3"]
    assert line.link.stats.actions == before + 1


async def test_not_even_a_ping_or_a_login_leaves(line: Line) -> None:
    await until(lambda: line.asterisk.sent("Ping"), "a living link pings")
    line.fence.now = 5.0
    await until(lambda: line.link.stats.dead_peers, "nothing was heard, for nothing was asked")
    sent = len(line.asterisk.received)
    await until(lambda: line.asterisk.connections >= 4, "it tries to connect again")
    assert line.asterisk.received[sent:] == []
    assert line.link.state is not LinkState.UP
    assert line.link.stats.sessions == 1


async def test_behind_an_asterisk_that_does_not_read_nothing_is_left_to_leave_later(line: Line) -> None:
    """Bytes that wait in our own buffer would go out whenever it reads again, lease or no lease."""
    wire = line.link._wire
    assert wire is not None
    line.asterisk.sessions[0]._reader._transport.pause_reading()  # type: ignore[attr-defined]
    while wire.usable:
        assert wire.transport.get_write_buffer_size() == 0
        action = wire.post("Setvar", {"Variable": "A", "Value": "x" * 800})
    assert wire.transport.get_write_buffer_size() == 0
    with pytest.raises(ActionOutcomeUnknown):
        await action.future

"""What a real MixMonitor leaves is what recording.py takes it for: the order of its channels, its length, an unfinished file."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cordboard.telephony.recording import RawTake, Talk, finish
from tests.fakes.asterisk_tree import Node, data_folder, running_node
from tests.fakes.takes import CUSTOMER_HZ, OPERATOR_HZ, hears, tone, wav
from tests.fakes.wait import until

pytestmark = pytest.mark.live
SECONDS = 4.0
FRAME_BYTES = 4  # two channels of 16 bits


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
async def node(data: Path) -> AsyncIterator[Node]:
    """An Asterisk with a customer who hums and an operator who hums for SECONDS and hangs up, joined and recorded as in cc-dial."""
    async with running_node(data) as running:
        for name, hz, seconds in (("customer", CUSTOMER_HZ, 60.0), ("operator", OPERATOR_HZ, SECONDS)):
            (data / f"{name}.wav").write_bytes(wav(tone(hz, seconds).tobytes()))
        steps = {
            "customer": ("Answer()", f"Playback({data}/customer)"),
            "operator": ("Answer()", f"Playback({data}/operator)", "Hangup()"),
            "talk": ("Dial(Local/operator@hum/n,20,U(hum-rec))",),
        }
        monitor = f"MixMonitor({running.site.recordings}/talk-1.raw,bD)"
        for priority, application in enumerate((monitor, "Return()"), 1):
            await running.process.ask(f"dialplan add extension s,{priority},{application} into hum-rec")
        for extension, applications in steps.items():
            for priority, application in enumerate(applications, 1):
                await running.process.ask(f"dialplan add extension {extension},{priority},{application} into hum")
        yield running


async def _call(node: Node) -> None:
    told = await node.ami.action(
        "Originate", Channel="Local/customer@hum/n", Context="hum", Exten="talk", Priority="1", Async="true"
    )
    assert told["Response"] == "Success"


async def test_the_operator_is_left_and_the_customer_right_in_what_mixmonitor_wrote(node: Node, data: Path) -> None:
    await _call(node)
    raw = node.site.recordings / "talk-1.raw"

    async def over() -> bool:
        return (
            raw.exists()
            and raw.stat().st_size > 0
            and "0 active channels" in await node.process.ask("core show channels")
        )

    await until(over, "the end of the talk", within_s=40)
    kept = finish(RawTake(Talk("talk", 1, datetime(2026, 11, 21, tzinfo=UTC), SECONDS), (raw,)), data / "kept")
    assert kept.file
    left, right, seconds = hears(kept.file)
    assert left == pytest.approx(OPERATOR_HZ, abs=3)
    assert right == pytest.approx(CUSTOMER_HZ, abs=3)
    assert seconds == pytest.approx(SECONDS, abs=0.5)
    assert kept.state == "ok"


async def test_what_is_on_disk_when_asterisk_is_killed_can_be_kept(node: Node, data: Path) -> None:
    (data / "operator.wav").write_bytes(wav(tone(OPERATOR_HZ, 60).tobytes()))
    await _call(node)
    raw = node.site.recordings / "talk-1.raw"
    await until(lambda: raw.exists() and raw.stat().st_size > 60_000, "two seconds on the disk", within_s=40)
    talk = Talk("talk", 1, datetime(2026, 11, 21, tzinfo=UTC), None)
    whole_blocks = finish(RawTake(talk, (raw,)), data / "kept")
    assert whole_blocks.file
    left, right, seconds = hears(whole_blocks.file)
    assert left == pytest.approx(OPERATOR_HZ, abs=3)
    assert right == pytest.approx(CUSTOMER_HZ, abs=3)
    assert seconds >= 60_000 / FRAME_BYTES / 8000
    assert whole_blocks.state == "orphan"

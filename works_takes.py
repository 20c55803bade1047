"""What becomes of a talk's raw recording: part of the works, where telephone, queue and quality meet."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from .quality.store import RecordingStore
from .queue.channel import Dismissal
from .queue.contact import Contact
from .queue.mask import closed, parts
from .queue.store import QueueStore
from .storage.clock import WallClock
from .storage.data_folder import DataFolder
from .storage.failpoint import failpoint
from .telephony.legs import born_at, uniqueid_of
from .telephony.recorder import STILL_OPEN, Recorder, StillOpen
from .telephony.recording import RawTake, Talk
from .telephony.talks import TalkRecorded

log = logging.getLogger(__name__)

SWEEP_S = 30.0
SET_BACK = timedelta(hours=1)  # so much may the clock have been set back during a talk


class Takes:
    """`on_kept` hears of every recording that is ready; `open_contacts` are the desk's; `lives` knows the wire keys that Asterisk has."""

    def __init__(
        self,
        folder: DataFolder,
        journal: QueueStore,
        recordings: RecordingStore,
        on_kept: Callable[[], None],
        open_contacts: Callable[[], Iterable[Contact]],
        lives: Callable[[str], bool],
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._recordings = recordings
        self._on_kept = on_kept
        self._open_contacts = open_contacts
        self._lives = lives
        self._recorder = Recorder(folder.recordings, recordings, WallClock())  # the disk's clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def keep(self, recorded: TalkRecorded) -> None:
        """Encoding takes its time: the wire's events must not wait for it."""
        path = Path(recorded.path)
        if path.parent != self._folder.raw_recordings:
            log.error("a recording outside its folder was left alone")
            return
        talk = _talk_of(recorded.contact, int(path.stem.rpartition("-")[2]), recorded)
        task = asyncio.create_task(self._keep(RawTake(talk, (path,))))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, take: RawTake) -> None:
        await self._recorder.keep(take)
        self._on_kept()

    async def link(self, contact: Contact) -> None:
        """Whom and what the talk was about may have been found out only during it."""
        await self._recordings.link(contact.id, order_id=contact.order_id, customer_id=contact.customer_id)
        failpoint("recording_linked")

    async def sweep_forever(self) -> None:
        """Finish what a crash left of recordings."""
        while True:
            now_open = {uniqueid_of(contact.wire_key): contact for contact in self._open_contacts()}
            await self._recorder.sweep(self._folder.raw_recordings, partial(self._talk_behind, now_open))
            await asyncio.sleep(SWEEP_S)

    async def settle(self) -> None:
        """Wait for the recordings that are being kept."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _talk_behind(self, now_open: Mapping[str, Contact], key: str, take: int) -> Talk | StillOpen | None:
        """Whose raw file is it? Its name begins with the unique id of the customer's leg. Most belong to talks that go on: of those,
        the journal of months is not asked."""
        contact = now_open.get(key) or await self._journal.contact_by_uniqueid(key, born_at(key) - SET_BACK)
        if contact is None:
            return None
        if contact.lost_reason == Dismissal.VOICEMAIL:
            return STILL_OPEN if self._lives(contact.wire_key) else _talk_of(contact, take, None)
        if contact.connected_at is None or contact.talk_ended_at is None:
            return STILL_OPEN if contact.is_open else None
        return _talk_of(contact, take, None)


def _talk_of(contact: Contact, take: int, recorded: TalkRecorded | None) -> Talk:
    started_at = recorded.started_at if recorded else contact.connected_at or contact.arrived_at
    return Talk(
        contact_id=contact.id,
        take=take,
        started_at=started_at,
        talk_s=recorded.talk_s if recorded else contact.talk_s,
        direction=contact.direction.value,
        agent_id=contact.agent_id,
        order_id=contact.order_id,
        customer_id=contact.customer_id,
        masked=_masked(contact, started_at, recorded.talk_s if recorded else contact.talk_s),
    )


def _masked(contact: Contact, began: datetime, seconds: float) -> tuple[tuple[float, float], ...]:
    """Where nothing was to be recorded; one that is open ends with its piece of talk."""
    end = began + timedelta(seconds=seconds)
    return parts(closed(contact.masks, end), began, seconds)

"""Screened calls, part of the works, where telephone, dialer and quality meet: what was heard is written down, a random part of the
machines is kept for listening, and what people say of a call counts from then on."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from .dialer.cap_keeper import CapKeeper
from .dialer.machine_labels import MACHINE, Answerer, MachineEstimate, ScreenedCall
from .dialer.store import DialerStore
from .storage.clock import Clock
from .telephony.answer_models import CampaignModels
from .telephony.answer_sounds import write_sound
from .telephony.screening import Hearing

log = logging.getLogger(__name__)

SOUNDS, MODELS = "screened", "machine_models"
REMEMBERED = 100
"""The last calls whose sound is at hand, if an operator says who it was: 16 MB at most."""
KEPT_FOR = timedelta(days=90)
SWEEP_S, SWEPT_AT_ONCE = 3600.0, 500


def models_of(data: Path) -> CampaignModels:
    """Where a site keeps its campaigns' own models."""
    return CampaignModels(data / MODELS)


class ScreenedCalls:
    """`chance` draws from 0 to 1. `data`: the data folder; sounds lie under it."""

    def __init__(
        self, store: DialerStore, cap: CapKeeper, clock: Clock, data: Path, chance: Callable[[], float]
    ) -> None:
        self._store = store
        self._cap = cap
        self._clock = clock
        self._data = data
        self._chance = chance
        self._sounds: OrderedDict[str, bytes] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    # What was heard

    def heard_out(self, hearing: Hearing) -> None:
        """A call was heard to its end. The leg does not wait for our books."""
        task = asyncio.ensure_future(self._write_down(hearing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_down(self, hearing: Hearing) -> None:
        try:
            await self._keep(hearing)
        except Exception:
            log.exception("what was heard of attempt %s could not be kept", hearing.attempt_id)

    async def _keep(self, hearing: Hearing) -> None:
        attempt = await self._store.attempt(hearing.attempt_id)
        campaigns = {each.id: each for each in await self._store.campaigns()}
        if attempt is None or attempt.campaign_id not in campaigns:
            return
        verdict, sound = hearing.verdict, None
        share = campaigns[attempt.campaign_id].machines.sample
        drawn = verdict.heard == MACHINE and self._chance() < share
        if drawn:
            sound = await self._put(hearing.attempt_id, hearing.sound)
        else:
            self._remember(hearing.attempt_id, hearing.sound)
        await self._store.machines.add(
            ScreenedCall(
                attempt.id,
                attempt.campaign_id,
                self._clock.now(),
                verdict.heard.value,
                verdict.certainty,
                verdict.at_s,
                verdict.why[:80],
                hearing.point,
                drawn and sound is not None,
                sound,
            )
        )
        if sound is not None:
            await self._cap.heard_anew(attempt.campaign_id)  # one more waits for listeners

    def _remember(self, attempt_id: str, sound: bytes) -> None:
        self._sounds[attempt_id] = sound
        if len(self._sounds) > REMEMBERED:
            self._sounds.popitem(last=False)

    async def _put(self, attempt_id: str, sound: bytes) -> str | None:
        """Where it lies under the data folder; None where it could not be kept."""
        place = Path(SOUNDS, f"{attempt_id}.flac")
        try:
            await asyncio.to_thread(write_sound, self._data / place, sound)
        except OSError as error:
            log.warning("the sound of attempt %s could not be kept: %s", attempt_id, type(error).__name__)
            return None
        return place.as_posix()

    # What people say

    async def call(self, attempt_id: str) -> ScreenedCall | None:
        return await self._store.machines.call(attempt_id)

    async def sample(self, limit: int, campaign_id: str | None = None) -> list[ScreenedCall]:
        """See MachineStore.sample."""
        return await self._store.machines.sample(limit, campaign_id)

    async def estimate(self, campaign_id: str) -> MachineEstimate:
        return (await self._store.machines.estimates(campaign_id)).get(campaign_id, MachineEstimate())

    async def told_by_agent(self, call: ScreenedCall, agent_id: str, answerer: Answerer) -> None:
        """The operator says who it was. The screened part is kept too if it is at hand: a model may learn from it."""
        sound = self._sounds.pop(call.attempt_id, None)
        place = await self._put(call.attempt_id, sound) if sound is not None else None
        await self._store.machines.told_by_agent(call.attempt_id, agent_id, answerer, place)
        await self._cap.told_by_agent(call.attempt_id, answerer)
        await self._cap.heard_anew(call.campaign_id)

    async def told_by_listener(self, call: ScreenedCall, listener_id: str, answerer: Answerer) -> None:
        """Who listened to the kept part says who it was. From then on it counts toward the bound."""
        await self._store.machines.told_by_listener(call.attempt_id, listener_id, answerer)
        await self._cap.heard_anew(call.campaign_id)

    def file_of(self, call: ScreenedCall) -> Path | None:
        """Where its sound is; None where none is kept or the file is gone."""
        if call.sound is None:
            return None
        file = (self._data / call.sound).resolve()
        return file if file.is_relative_to(self._data.resolve()) and file.is_file() else None

    # All the time

    async def sweep_forever(self) -> None:
        """Sounds are kept for KEPT_FOR; what was said of them stays."""
        while True:
            with suppress(OSError):
                await self.sweep()
            await asyncio.sleep(SWEEP_S)

    async def sweep(self) -> None:
        while old := await self._store.machines.forget_sounds(self._clock.now() - KEPT_FOR, SWEPT_AT_ONCE):
            for place in old:
                await asyncio.to_thread((self._data / place).unlink, missing_ok=True)

    async def settle(self) -> None:
        """Wait for what is being written down."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

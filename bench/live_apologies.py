"""What those heard to whom no operator came: taken while it is still there, for a port's sound is kept for a minute. No bench itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import soundfile

from tests.fakes.ear import TELEPHONE_RATE, Pcm
from tests.fakes.house import House
from tests.fakes.prompt_ear import SURE, Found, find, prompt_sound
from tests.fakes.rtp import Address, RtpPeer
from tests.fakes.sipp import SippCarrier
from tests.fakes.working_day import rows as select

SAID_S = 20.0
"""So long after the promise was broken the apology has been said, and its three seconds for a key are over."""
KNOWN_BY_S = 3.0
"""The words are known by their first seconds: who talks for six hears no more of them."""
LOOKS_EVERY_S = 1.0
PROMISED_S = 2.0


@dataclass(frozen=True, slots=True)
class Apology:
    """One who met nobody: whether he heard whose call it was (or only the dialplan's own "sorry", which stands in for a voice that is not
    ready), and how long after his answer the words began (s). `likeness`: of what he heard to the words, 1.0 the very same; `sound_s`: how
    much of his sound was kept; `found`: whether his call was found in the carrier's log."""

    heard: bool
    plain: bool
    began_s: float | None
    likeness: float = 0.0
    sound_s: float = 0.0
    found: bool = True

    def __str__(self) -> str:
        if not self.found:
            return "a call that was not found"
        return f"{self.likeness:.2f} in {self.sound_s:.0f} s"


NOTHING = Apology(False, False, None, found=False)


def apology(
    heard: Pcm, came_at: Sequence[float], words: Sequence[Pcm], plain: Sequence[Pcm], answered_at: float
) -> Apology:
    """The words that are most like what was heard; `came_at`: when each packet came (s), of the clock of `answered_at`."""
    own, sorry = (_most_like(heard, each) for each in (words, plain))
    best = max((own, sorry), key=lambda each: each.likeness)
    sound_s = len(heard) / TELEPHONE_RATE
    if best.likeness < SURE:
        return Apology(False, False, None, best.likeness, sound_s)
    packet = min(len(came_at) - 1, int(best.at_s * len(came_at) * TELEPHONE_RATE / len(heard)))
    return Apology(best is own, best is sorry, came_at[packet] - answered_at, best.likeness, sound_s)


def _most_like(heard: Pcm, words: Sequence[Pcm]) -> Found:
    found = [find(heard, each[: round(KNOWN_BY_S * TELEPHONE_RATE)]) for each in words]
    return max(found, key=lambda each: each.likeness, default=Found("", 0.0, 0.0))


class Listening:
    """Use `last` as a task beside the campaign; `kept` holds one apology for each attempt that met nobody, `late` those for whom an
    operator came after the promised two seconds."""

    def __init__(self, house: House, carrier: SippCarrier, prefix: str, since: str) -> None:
        self._house, self._carrier = house, carrier
        self._prefix, self._since = prefix, since
        self.kept: dict[str, Apology] = {}
        self._seen: set[str] = set()
        self._taking: set[asyncio.Task[None]] = set()

    async def last(self) -> None:
        while True:
            for attempt_id, number, answered_at in await self._left_alone():
                if attempt_id not in self._seen:
                    self._seen.add(attempt_id)
                    self._taking.add(asyncio.create_task(self._take(attempt_id, number, answered_at)))
            await asyncio.sleep(LOOKS_EVERY_S)

    async def settled(self) -> list[Apology]:
        await asyncio.gather(*self._taking)
        return list(self.kept.values())

    async def late(self) -> int:
        query = (
            "SELECT count(*) FROM attempt WHERE outcome = 'person' AND agent_id IS NULL AND intent_at >= ? AND number LIKE ?"
            f" AND (julianday(connected_at) - julianday(answered_at)) * 86400 > {PROMISED_S}"
        )
        ((many,),) = await select(self._house, query, self._since, f"%{self._prefix}%")
        return int(many)

    async def _left_alone(self) -> list[tuple[str, str, datetime]]:
        query = (
            "SELECT id, number, answered_at FROM attempt"
            " WHERE outcome = 'abandoned' AND answered_at IS NOT NULL AND intent_at >= ? AND number LIKE ?"
        )
        rows = await select(self._house, query, self._since, f"%{self._prefix}%")
        return [(str(i), str(n), datetime.fromisoformat(str(at)).replace(tzinfo=UTC)) for i, n, at in rows]

    async def _take(self, attempt_id: str, number: str, answered_at: datetime) -> None:
        await asyncio.sleep(SAID_S)
        answer = await asyncio.to_thread(self._answer, number, answered_at)
        if answer is None:
            self.kept[attempt_id] = NOTHING
            return
        far, picked_up_at = answer
        words, plain = await asyncio.to_thread(self._words)
        sound, came_at = self._carrier.peer.sound_since(far, picked_up_at - 0.5)
        self.kept[attempt_id] = await asyncio.to_thread(apology, sound, came_at, words, plain, picked_up_at)

    def _answer(self, number: str, answered_at: datetime) -> tuple[Address, float] | None:
        """Where the sound of that call to this number comes from, and when it was answered, by the peer's clock (s). The number may have
        been called again since."""
        calls = {
            one.call_id: one.sound_at
            for one in self._carrier.invites()
            if one.number.lstrip("+") == number.lstrip("+") and one.sound_at is not None
        }
        answers = [
            (datetime.fromisoformat(one.at).astimezone(), one.call_id)
            for one in self._carrier.sipp.messages()
            if one.call_id in calls and one.sent and one.code == 200 and one.method == "INVITE"
        ]
        if not answers:
            return None
        at, call_id = min(answers, key=lambda each: abs(each[0] - answered_at))
        ago_s = (datetime.now().astimezone() - at).total_seconds()
        return calls[call_id], RtpPeer.now() - ago_s

    def _words(self) -> tuple[list[Pcm], list[Pcm]]:
        share = self._house.data / "asterisk/share"
        said = [
            np.asarray(soundfile.read(str(path), dtype="int16")[0], dtype=np.int16)
            for path in (share / "said").glob("*.wav")
        ]
        plain = [
            prompt_sound(folder.parent, folder.name, "im-sorry")
            for folder in (share / "prompts").iterdir()
            if list(folder.glob("im-sorry.*"))
        ]
        return said, plain

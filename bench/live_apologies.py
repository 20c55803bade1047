"""What those heard to whom no operator came: taken while it is still there, for a port's sound is kept for a minute. No bench itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
    ready), and how long after his answer the words began (s)."""

    heard: bool
    plain: bool
    began_s: float | None


NOTHING = Apology(False, False, None)


def apology(
    heard: Pcm, came_at: Sequence[float], words: Sequence[Pcm], plain: Sequence[Pcm], answered_at: float
) -> Apology:
    """The words that are most like what was heard; `came_at`: when each packet came (s), of the clock of `answered_at`."""
    own, sorry = (_most_like(heard, each) for each in (words, plain))
    best = max((own, sorry), key=lambda each: each.likeness)
    if best.likeness < SURE:
        return NOTHING
    packet = min(len(came_at) - 1, int(best.at_s * len(came_at) * TELEPHONE_RATE / len(heard)))
    return Apology(best is own, best is sorry, came_at[packet] - answered_at)


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
            for attempt_id, number in await self._left_alone():
                if attempt_id not in self._seen:
                    self._seen.add(attempt_id)
                    self._taking.add(asyncio.create_task(self._take(attempt_id, number)))
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

    async def _left_alone(self) -> list[tuple[str, str]]:
        query = "SELECT id, number FROM attempt WHERE outcome = 'abandoned' AND intent_at >= ? AND number LIKE ?"
        return [(str(i), str(n)) for i, n in await select(self._house, query, self._since, f"%{self._prefix}%")]

    async def _take(self, attempt_id: str, number: str) -> None:
        await asyncio.sleep(SAID_S)
        answer = await asyncio.to_thread(self._answer, number)
        if answer is None:
            self.kept[attempt_id] = NOTHING
            return
        far, answered_at = answer
        words, plain = await asyncio.to_thread(self._words)
        sound, came_at = self._carrier.peer.sound_since(far, answered_at - 0.5)
        self.kept[attempt_id] = await asyncio.to_thread(apology, sound, came_at, words, plain, answered_at)

    def _answer(self, number: str) -> tuple[Address, float] | None:
        """Where the sound of the newest call to this number comes from, and when it was answered, by the peer's clock (s)."""
        calls = [one for one in self._carrier.invites() if one.number.lstrip("+") == number.lstrip("+")]
        if not calls or calls[-1].sound_at is None:
            return None
        of = calls[-1].call_id
        answers = (
            one.at for one in self._carrier.sipp.messages() if one.call_id == of and one.sent and one.code == 200
        )
        at = next(answers, None)
        if at is None:
            return None
        ago_s = (datetime.now().astimezone() - datetime.fromisoformat(at).astimezone()).total_seconds()
        return calls[-1].sound_at, RtpPeer.now() - ago_s

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

"""Texts are spoken beside the dialer's turns: a turn takes what can be played now, asks for the rest, and goes on."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

MOST_LATE = 64
"""So many texts of a campaign may wait for the voice: who is dearer by then is not to stand behind a long list of earlier wishes."""


class Voice(Protocol):
    """Who speaks, and the site's recordings, as the dialer needs them. What was said once can be played at once."""

    async def speak(self, text: str, language: str) -> str:
        """The name under which the wire plays this text. Raises OSError when nothing can speak."""
        ...

    async def recorded(self, name: str, language: str) -> str:
        """The name under which the wire plays the site's own recording. Raises OSError when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """A text, or the name of a recording, in a language."""

    text: str
    language: str
    is_recording: bool = False


class Voicing:
    """`woken` is called when something can be played, or cannot, for which an earlier turn did not wait."""

    def __init__(self, voice: Voice, woken: Callable[[], None]) -> None:
        self._voice = voice
        self._woken = woken
        self._speaking: dict[tuple[str, Line], asyncio.Task[str | None]] = {}
        self._late: dict[str, set[Line]] = defaultdict(set)
        self._trouble: dict[str, OSError] = {}

    async def playable(self, whose: str, lines: Mapping[str, Line], patience_s: float = 0.0) -> dict[str, str]:
        """The names of a campaign's lines that can be played now, by their keys. A line that is asked for anew is waited for, so long (s)
        at most; what takes longer is spoken beside, and asked for again later."""
        new: dict[Line, asyncio.Task[str | None]] = {}
        late = self._late[whose]
        for line in dict.fromkeys(lines.values()):
            if line not in late and len(late) + len(new) < MOST_LATE:
                new[line] = asyncio.create_task(self._say(whose, line))
        self._speaking |= {(whose, line): task for line, task in new.items()}
        if new:
            await asyncio.wait(new.values(), timeout=patience_s)
        late |= {line for line, task in new.items() if not task.done()}
        names = {line: task.result() for line, task in new.items() if task.done()}
        return {key: name for key, line in lines.items() if (name := names.get(line)) is not None}

    def trouble(self, whose: str) -> OSError | None:
        """What kept a line of this campaign from being spoken since this was asked last."""
        return self._trouble.pop(whose, None)

    async def _say(self, whose: str, line: Line) -> str | None:
        say = self._voice.recorded if line.is_recording else self._voice.speak
        try:
            return await say(line.text, line.language)
        except OSError as error:
            self._trouble[whose] = error
            return None
        finally:
            self._speaking.pop((whose, line), None)
            if line in self._late[whose]:
                self._late[whose].discard(line)
                self._woken()

    async def hush(self) -> None:
        """What is still being spoken is given up."""
        for task in (speaking := list(self._speaking.values())):
            task.cancel()
        await asyncio.gather(*speaking, return_exceptions=True)

"""A text that is spoken, and a site's own recording, as customers are told them."""

import asyncio
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cordboard.telephony.install import AsteriskTree
from cordboard.telephony.said import MOST_FILES, CannotSpeak, Said


async def no_tree() -> AsteriskTree:
    raise AssertionError("a recording needs no voice")


def record(folder: Path, level: int) -> None:
    (folder / "ru").mkdir(parents=True, exist_ok=True)
    soundfile.write(str(folder / "ru/hello.wav"), np.full(800, level, np.int16), 8_000)


async def test_a_recording_is_taken_over_again_when_it_is_another_or_its_copy_is_gone(tmp_path: Path) -> None:
    (tmp_path / "home/share").mkdir(parents=True)
    said = Said(no_tree, tmp_path / "home", tmp_path / "own")
    record(tmp_path / "own", 100)
    first = await said.recorded("hello", "ru")
    copy = tmp_path / f"home/share/said/{first}.wav"
    assert copy.is_file()
    assert await said.recorded("hello", "en") == first
    copy.unlink()
    assert await said.recorded("hello", "ru") == first
    assert copy.is_file()
    record(tmp_path / "own", 200)
    assert await said.recorded("hello", "ru") != first
    (tmp_path / "own/ru/hello.wav").unlink()
    with pytest.raises(CannotSpeak):
        await said.recorded("hello", "ru")


VOICE = """
import sys, wave
at, text = sys.argv[sys.argv.index("-w") + 1], sys.argv[-1]
if text == "mute":
    sys.exit("hoarse")
with wave.open(at, "wb") as out:
    out.setparams((1, 2, 22050, 0, "NONE", ""))
    out.writeframes(bytes(2000))
"""


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """By a voice that is a little program of ours."""
    (tmp_path / "home/share").mkdir(parents=True)
    speech = (sys.executable, "-c", VOICE)
    tree = AsteriskTree("22", ("asterisk",), tmp_path, (), None, None, speech)

    async def find() -> AsteriskTree:
        return tree

    return Said(find, tmp_path / "home", tmp_path / "own")


async def test_many_texts_at_once_are_a_file_each_and_one_that_fails_is_told(tmp_path: Path, said: Said) -> None:
    texts = ("one", "two", "one", "mute", "three")
    names = await asyncio.gather(*(said.speak(text, "en") for text in texts), return_exceptions=True)
    assert isinstance(names[3], CannotSpeak)
    assert "hoarse" in str(names[3])
    assert names[0] == names[2]
    assert sorted(os.listdir(tmp_path / "home/share/said")) == sorted(f"{names[at]}.wav" for at in (0, 1, 4))


async def test_the_least_used_files_go_when_there_are_too_many(tmp_path: Path, said: Said) -> None:
    folder = tmp_path / "home/share/said"
    first = await said.speak("first", "en")
    for number in range(MOST_FILES):
        path = folder / f"{number:024}.wav"
        path.touch()
        os.utime(path, (number, number))
    assert await said.speak("first", "en") == first
    second = await said.speak("second", "en")
    left = set(os.listdir(folder))
    assert len(left) == MOST_FILES + 2 - MOST_FILES // 10
    assert {f"{first}.wav", f"{second}.wav"} < left

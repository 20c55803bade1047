"""A site's own recording, as customers are told it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from cordboard.telephony.install import AsteriskTree
from cordboard.telephony.said import CannotSpeak, Said


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

"""The ear that listens for prompts: what was said is found in its order, however often a word is said."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.fakes.ear import TELEPHONE_RATE, Pcm
from tests.fakes.prompt_ear import hears_in_order

NOISE = np.random.default_rng(6)
WORD_S = 0.8  # two of them are longer than the longest pause between two prompts


def noise(seconds: float, loud: float) -> Pcm:
    return (NOISE.standard_normal(round(seconds * TELEPHONE_RATE)) * loud).astype(np.int16)


@pytest.fixture
def words(tmp_path: Path) -> dict[str, Pcm]:
    (tmp_path / "ru").mkdir()
    said = {name: noise(WORD_S, 3000.0) for name in ("number", "five", "or")}
    for name, sound in said.items():
        soundfile.write(tmp_path / "ru" / f"{name}.wav", sound, TELEPHONE_RATE)
    return said


@pytest.mark.parametrize("clearer", [0, 1])
def test_a_digit_said_twice_is_heard_twice_whichever_was_clearer(
    tmp_path: Path, words: dict[str, Pcm], clearer: int
) -> None:
    fives = [words["five"] + (0 if turn == clearer else noise(WORD_S, 300.0)) for turn in (0, 1)]
    heard = np.concatenate([noise(1.0, 30.0), words["number"], *fives, words["or"]])
    assert hears_in_order(heard, tmp_path, "ru", ("number", "five", "five", "or"))
    assert not hears_in_order(heard, tmp_path, "ru", ("number", "five", "five", "five", "or"))
    assert not hears_in_order(heard, tmp_path, "ru", ("number", "or"))


def test_what_was_said_badly_once_is_heard_when_it_is_said_again(tmp_path: Path, words: dict[str, Pcm]) -> None:
    said = [words[name] for name in ("number", "five", "or")]
    torn = [words["number"], noise(WORD_S, 3000.0), words["or"]]
    unclear = [words["number"] + noise(WORD_S, 300.0), *said[1:]]
    heard = np.concatenate([*torn, noise(2.0, 30.0), *unclear])
    assert hears_in_order(heard, tmp_path, "ru", ("number", "five", "or"))
    assert not hears_in_order(np.concatenate(torn), tmp_path, "ru", ("number", "five", "or"))

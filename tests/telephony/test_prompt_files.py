"""Where the sound of a prompt comes from: the site, Asterisk's sound set, or espeak-ng."""

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cordboard.telephony.install import AsteriskTree
from cordboard.telephony.prompt_files import core_file, lay_out
from cordboard.telephony.prompts import LANGUAGES, PROMPTS
from cordboard.telephony.prompts_dialog import DIALOG_RU
from tests.fakes.asterisk_tree import asterisk_tree
from tests.fakes.ear import hear_file, length_s, sine, write_wav

pytestmark = pytest.mark.live
MADE_RU = {
    *("wait-0", "wait-1", "wait-2", "wait-3", "wait-4", "closed"),
    *("callback-offer", "callback-kept", "callback-impossible"),
    *("notice-confirmed", "notice-declined", "notice-operator", "opted-out", "reconnecting", "own-phone"),
    *DIALOG_RU,
}


@pytest.fixture
def tree() -> AsteriskTree:
    return asterisk_tree()


def names_in(folder: Path) -> set[str]:
    return {path.name.rpartition(".")[0] for path in folder.iterdir()}


def test_every_prompt_has_one_file_in_each_language(tree: AsteriskTree, tmp_path: Path) -> None:
    prompts = lay_out(tree, tmp_path / "cache", tmp_path / "own", tmp_path / "home")
    for language in LANGUAGES:
        files = list((prompts / language).iterdir())
        assert sorted(path.name.rpartition(".")[0] for path in files) == sorted(PROMPTS[language])
        assert all(path.stat().st_size > 100 for path in files)
        for prompt in PROMPTS[language].values():
            (path,) = (prompts / language).glob(f"{prompt.name}.*")
            assert path.resolve() == (core_file(tree, language, prompt) or path.resolve())
    assert {prompt.name for prompt in PROMPTS["ru"].values() if core_file(tree, "ru", prompt) is None} == MADE_RU
    (spoken,) = (prompts / "ru").glob("callback-offer.*")
    assert soundfile.info(spoken).samplerate == 8000
    assert 3 < length_s(spoken) < 10


def test_a_second_time_nothing_is_spoken_again(tree: AsteriskTree, tmp_path: Path) -> None:
    first = lay_out(tree, tmp_path / "cache", tmp_path / "own", tmp_path / "home")
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.wav")}
    silent = replace(tree, speech=("/bin/false",))
    assert lay_out(silent, tmp_path / "cache", tmp_path / "own", tmp_path / "home") == first
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.wav")} == made
    assert [path.name for path in first.parent.iterdir()] == ["prompts"]
    assert names_in(first / "ru") == set(PROMPTS["ru"])


def test_the_sites_own_recording_comes_first_at_any_rate(tree: AsteriskTree, tmp_path: Path) -> None:
    own = tmp_path / "own/ru"
    own.mkdir(parents=True)
    write_wav(own / "position.wav", sine(500.0, 1.5, 44100), 44100)
    soundfile.write(own / "closed.wav", np.stack([sine(600.0, 1.0, 16000)] * 2, axis=1), 16000)
    (own / "n-1.wav").write_bytes(b"this is no sound")
    prompts = lay_out(tree, tmp_path / "cache", tmp_path / "own", tmp_path / "home")
    (heard,) = hear_file(prompts / "ru/position.wav")
    assert heard.is_tone(500.0)
    assert length_s(prompts / "ru/position.wav") == pytest.approx(1.5, abs=0.01)
    assert hear_file(prompts / "ru/closed.wav")[0].is_tone(600.0)
    assert names_in(prompts / "ru") == set(PROMPTS["ru"])
    assert (prompts / "ru/n-1.gsm").is_symlink()


def test_without_espeak_the_other_prompts_are_there(
    tree: AsteriskTree, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        prompts = lay_out(replace(tree, speech=None), tmp_path / "cache", tmp_path / "own", tmp_path / "home")
    assert names_in(prompts / "ru") == set(PROMPTS["ru"]) - MADE_RU
    assert "espeak-ng is not installed" in caplog.text


def test_without_a_sound_set_everything_is_spoken(tree: AsteriskTree, tmp_path: Path) -> None:
    prompts = lay_out(replace(tree, sounds=()), tmp_path / "cache", tmp_path / "own", tmp_path / "home")
    assert names_in(prompts / "en") == set(PROMPTS["en"])
    assert hear_file(prompts / "en/beep.wav")[0].is_tone(1000.0)

"""A campaign's own model: it learns what its own calls are like, says whether it helps, and is never in the way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cordboard.telephony.answer_features import FIGURES
from cordboard.telephony.answer_model import shipped, to_json
from cordboard.telephony.answer_models import CampaignModels
from cordboard.telephony.answer_own import FEWEST, Errors, Labelled, TooFew, labelled, own_model
from cordboard.telephony.answer_sounds import read_sound, write_sound
from cordboard.telephony.answer_verdict import POINTS
from tests.fakes.answer_sounds import hiss, speech

POINT = POINTS["balanced"]
CAMPAIGN = "0f0e0d0c-1111-4222-8333-444455556666"


def dealt(count: int, tells: float) -> list[Labelled]:
    """As many persons as machines, of one sound by all that the shipped trees ask; one figure tells them apart by so much."""
    template = labelled(hiss(0.5) + speech(1.2) + hiss(3), machine=False)
    assert template is not None
    dice, calls = np.random.default_rng(1), []
    place = FIGURES.index("clicks")
    for number in range(count):
        figures = template.heard.figures.copy()
        figures[:, place] = dice.normal(tells * (number % 2), 1.0)
        calls.append(Labelled(bool(number % 2), replace(template.heard, figures=figures)))
    return calls


def test_it_learns_what_the_shipped_model_cannot_know() -> None:
    own = own_model(shipped(), dealt(240, 6.0), POINT)
    assert own.helps
    assert own.after.lost <= own.before.lost
    assert own.after.caught > own.before.caught + 60
    assert len(own.model.roots) > len(shipped().roots)


def test_where_nothing_is_to_be_learned_it_says_that_it_does_not_help() -> None:
    assert not own_model(shipped(), dealt(160, 0.0), POINT).helps


def test_too_few_labels_are_refused_in_words() -> None:
    few = [call for call in dealt(300, 6.0) if not call.machine] + dealt(20, 6.0)
    with pytest.raises(TooFew, match=f"{FEWEST} calls of persons and of machines are needed; there are 160 and 10"):
        own_model(shipped(), few, POINT)


def test_a_lost_person_weighs_as_twenty_machines() -> None:
    assert Errors(100, 1, 100, 0, 80).cost == pytest.approx(0.2 + 0.2)


def test_nobody_speaking_is_nothing_to_learn_of() -> None:
    assert labelled(hiss(4), machine=False) is None
    assert labelled(b"", machine=True) is None


def test_a_sound_is_kept_as_it_was_heard(tmp_path: Path) -> None:
    sound = hiss(0.5) + speech(1)
    write_sound(tmp_path / "deep" / "a.flac", sound)
    assert read_sound(tmp_path / "deep" / "a.flac") == sound
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["a.flac"]
    (tmp_path / "b.flac").write_bytes(b"no sound")
    for name in ("b.flac", "gone.flac"):
        with pytest.raises(OSError, match=r"."):
            read_sound(tmp_path / name)


def test_a_campaign_without_its_own_model_or_with_a_broken_one_has_the_shipped_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = CampaignModels(tmp_path)
    assert models.of(CAMPAIGN) is models.of("") is models.of("../answer_model") is shipped()
    own = replace(shipped(), offset=0.5)
    path = models.keep(CAMPAIGN, own)
    assert models.of(CAMPAIGN).offset == 0.5
    assert models.of(CAMPAIGN) is models.of(CAMPAIGN)
    path.write_text(to_json(own)[:100])
    assert CampaignModels(tmp_path).of(CAMPAIGN) is shipped()
    assert "is left aside for the shipped one" in caplog.text
    assert models.forget(CAMPAIGN)
    assert not models.forget(CAMPAIGN)
    assert models.of(CAMPAIGN) is shipped()
    with pytest.raises(ValueError, match="id"):
        models.keep("../up", own)

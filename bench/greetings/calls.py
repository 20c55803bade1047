"""Calls put together of the voices: who answers, when, what is behind it, and what the line does to it. The same dice, the same call.

The shares of kinds, pauses and noises are guesses and not measured; every figure that is made of this set moves with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from bench.greetings import sound as made
from bench.greetings.sound import ACTIVE, RATE, Dice, Sound, cadence, silence, tone
from bench.greetings.voices import FOLDER, RENDERED_FULL, SOUNDS, VOICES, Voice

SEED = 20261129
LASTS_S, LONGEST_S = 8.0, 14.0
USES = ("train", "valid", "heldout", "words")
SHIFTS = (0.84, 0.92, 1.0, 1.09, 1.19)
"""A voice to learn from is heard at so many times its pace and pitch: other mouths, without another engine."""
PERSONS = {
    "short": 0.34,
    "phrase": 0.17,
    "two": 0.12,
    "late": 0.09,
    "company": 0.10,
    "noisy": 0.09,
    "music behind": 0.05,
    "tv behind": 0.04,
}
MACHINES = {"personal": 0.34, "operator": 0.24, "short": 0.10, "hi and pause": 0.10, "ivr": 0.14, "music": 0.08}
TONES = ("cng", "ced", "v21", "sit", "sit and words", "busy", "ringback", "dial", "beep")
SILENT = ("digital", "comfort noise", "hum", "street", "breath")
KINDS = {"person": 0.46, "machine": 0.38, "tone": 0.10, "silence": 0.06}
BEEPS_HZ = (400, 440, 480, 620, 800, 850, 1000, 1000, 1200, 1400, 1750, 2000)
MUSIC = {
    "train": ("macroform-cold_day", "macroform-robot_dity"),
    "words": ("macroform-cold_day", "macroform-robot_dity"),
    "valid": ("macroform-the_simplicity",),
    "heldout": ("manolo_camp-morning_coffee", "reno_project-system"),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """`onset_s`: when somebody speaks; `beep_s`: begin and end of the beep, None where there is none."""

    answered: str
    kind: str
    voice: str
    language: str
    onset_s: float = 0.0
    beep_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """How a call gets here."""

    noise: str | None
    above_noise_db: float
    gain_db: float
    room: float
    gate: float
    gsm: bool
    loss: float
    law: str


class Voices:
    """The rendered voices of one use. Raises FileNotFoundError when there are none."""

    def __init__(self, use: str) -> None:
        self.use = use
        self._said: dict[str, dict[str, list[list[Sound]]]] = {}
        for voice in VOICES:
            path = FOLDER / f"{voice.name}.npz"
            if voice.use == use and path.exists():
                self._said[voice.name] = _items(path)
        self.by_name = {voice.name: voice for voice in VOICES}
        self.engines = sorted({self.by_name[name].engine for name in self._said})
        if not self.engines:
            raise FileNotFoundError(f"no voice to {use} with in {FOLDER}: python -m bench.greetings.voices")
        self.names = sorted(self._said)
        self.music = [soundfile.read(f"/usr/share/asterisk/moh/{name}.wav", dtype="float32")[0] for name in MUSIC[use]]
        beeps = (made.levelled(soundfile.read(path, dtype="float32")[0]) for path in sorted(SOUNDS.glob("*/beep.wav")))
        self.beeps = [beep for beep in beeps if beep is not None]

    def draw(self, dice: Dice) -> str:
        """Engines evenly, then a voice of it: none is more of the set for having many variants."""
        engine = dice.choice(self.engines)
        name = str(dice.choice([name for name in self.names if self.by_name[name].engine == engine]))
        return f"{name}~{dice.choice(SHIFTS)}" if self.use in ("train", "words") else name

    def voice(self, name: str) -> Voice:
        """Of a drawn name, whatever its shift."""
        return self.by_name[name.partition("~")[0]]

    def say(self, dice: Dice, name: str, kind: str, pause: tuple[float, float] = (0.12, 0.7)) -> Sound:
        if self.voice(name).engine == "recorded":
            return self._recorded(dice, name, kind, pause)
        plain, _, shift = name.partition("~")
        items = self._said[plain][kind]
        spoken: list[Sound] = []
        for part in items[dice.integers(len(items))]:
            spoken += ([silence(dice.uniform(*pause))] if spoken else []) + [_shifted(part, shift)]
        return np.concatenate(spoken)

    def _recorded(self, dice: Dice, name: str, kind: str, pause: tuple[float, float]) -> Sound:
        """Prompts of a real woman, by length: short ones are what persons say."""
        plain, _, shift = name.partition("~")

        def one(*kinds: str) -> Sound:
            items = self._said[plain][kinds[dice.integers(len(kinds))]]
            return _shifted(items[dice.integers(len(items))][0], shift)

        match kind:
            case "short" | "again":
                return one("rshort")
            case "phrase":
                return one("rphrase")
            case "mshort":
                return one("rphrase", "rphrase", "rmid")
            case "company" if dice.random() < 0.5:
                return one("rmid")
            case "company":
                return np.concatenate([one("rshort"), silence(dice.uniform(0.05, 0.3)), one("rphrase")])
        spoken = [one("rshort", "rphrase", "rmid", "rmid", "rlong")]
        while sum(map(len, spoken)) < 4.5 * RATE:
            spoken += [silence(dice.uniform(*pause)), one("rphrase", "rmid", "rlong")]
        return np.concatenate(spoken)

    def anything(self, dice: Dice) -> Sound:
        said = self._said[self.draw(dice).partition("~")[0]]
        items = said[str(dice.choice(sorted(said)))]
        return items[dice.integers(len(items))][0]

    def tune(self, dice: Dice, count: int) -> Sound:
        music = self.music[dice.integers(len(self.music))]
        begin = int(dice.integers(0, len(music) - count))
        tune: Sound = music[begin : begin + count]
        return tune


def _shifted(sound: Sound, shift: str) -> Sound:
    return made.at_rate(sound, round(float(shift) * RATE)) if shift else sound


def _items(path: Path) -> dict[str, list[list[Sound]]]:
    """kind -> items -> parts."""
    found: dict[str, dict[tuple[int, int], dict[int, Sound]]] = {}
    with np.load(path) as kept:
        for name in kept:
            kind, item, part, turn = name.split("|")
            parts = found.setdefault(kind, {}).setdefault((int(item), int(turn)), {})
            parts[int(part)] = kept[name].astype(np.float32) / RENDERED_FULL
    return {
        kind: [[parts[n] for n in sorted(parts)] for _, parts in sorted(items.items())] for kind, items in found.items()
    }


def _repeated(dice: Dice, voices: Voices, count: int, pause: tuple[int, int]) -> Sound:
    """One voice after the other, begun before we came."""
    whole = np.zeros(count, np.float32)
    at = -int(dice.integers(0, RATE))
    while at < count:
        said = voices.anything(dice)
        begin, end = max(at, 0), min(count, at + len(said))
        if end > begin:
            whole[begin:end] += said[begin - at : end - at]
        at += len(said) + int(dice.integers(*pause))
    return whole


def _street(dice: Dice, count: int) -> Sound:
    traffic = made.even(made.smoothed_noise(dice, count, 0.95))
    traffic *= np.interp(np.arange(count), np.linspace(0, count, 12), dice.uniform(0.3, 1.6, 12)).astype(np.float32)
    for _ in range(dice.integers(0, 3)):  # a horn has two notes with overtones
        begin, hz = int(dice.integers(0, count)), dice.uniform(350, 470)
        notes = tuple(hz * overtone * note for overtone in (1, 2, 3, 4, 5) for note in (1, 1.24))
        horn = tone(notes, dice.uniform(0.2, 0.7), 3.0)[: count - begin]
        traffic[begin : begin + len(horn)] += horn
    return traffic


def noise(dice: Dice, kind: str, count: int, voices: Voices) -> Sound:
    """At a level of 1."""
    sound: Sound
    match kind:
        case "hum":
            times = np.arange(count) / RATE
            hum = sum(np.sin(2 * np.pi * 50 * k * times + k) / k for k in (1, 2, 3, 5, 7))
            sound = (hum + 0.15 * dice.standard_normal(count)).astype(np.float32)
        case "street":
            sound = _street(dice, count)
        case "babble":
            many = [_repeated(dice, voices, count, (0, 3000)) * dice.uniform(0.5, 1) for _ in range(5)]
            sound = np.asarray(np.sum(many, axis=0), np.float32)
        case "tv":
            sound = _repeated(dice, voices, count, (400, 5000))
        case "music":
            sound = voices.tune(dice, count)
        case _:
            sound = dice.standard_normal(count).astype(np.float32)
    return made.even(sound)


def through(sound: Sound, dice: Dice, line: Line, voices: Voices) -> Sound:
    """What arrives: 8 kHz samples as G.711 brings them."""
    if line.room:
        sound = made.in_room(sound, dice, line.room)
    if line.noise:
        sound = sound + noise(dice, line.noise, len(sound), voices) * ACTIVE * 10 ** (-line.above_noise_db / 20)
    sound = made.shaped(sound, *made.BAND)
    if line.gate:
        sound = made.gated(sound, line.gate)
    sound = sound * 10 ** (line.gain_db / 20)
    if line.gsm:
        sound = made.gsm(sound)
    if line.loss:
        sound = made.with_losses(sound, dice, line.loss)
    receiver = dice.standard_normal(len(sound)) * 10 ** (dice.uniform(-80, -58) / 20)
    return made.g711(np.asarray(sound + receiver, np.float32), line.law)


def _line(dice: Dice, **own: object) -> Line:
    drawn = {
        "noise": "hiss",
        "above_noise_db": dice.uniform(28, 50),
        "gain_db": float(np.clip(dice.normal(-1, 5), -14, 8)),
        "room": 0.0,
        "gate": 0.0,
        "gsm": bool(dice.random() < 0.45),
        "loss": float(dice.choice([0, 0, 0, 0.01, 0.03, 0.06])),
        "law": str(dice.choice(["ALAW", "ULAW"])),
    }
    return Line(**(drawn | own))  # type: ignore[arg-type]


Composed = tuple[Sound, Truth, Line]


def _person(dice: Dice, voices: Voices, kind: str, name: str) -> Composed:
    first = kind if kind in ("short", "phrase", "company") else str(dice.choice(["short", "phrase"], p=[0.7, 0.3]))
    before = dice.uniform(1.3, 3.6) if kind == "late" else min(2.0, dice.lognormal(np.log(0.45), 0.6))
    spoken = [silence(before), voices.say(dice, name, first)]
    while sum(map(len, spoken)) < LASTS_S * RATE:
        gap = dice.uniform(0.5, 1.4) if kind == "two" else max(0.7, dice.lognormal(np.log(1.7), 0.35))
        again = "short" if kind == "two" and len(spoken) < 4 else "again"
        spoken += [silence(gap), voices.say(dice, name, again)]
    behind, above = {
        "noisy": (str(dice.choice(["street", "babble"])), dice.uniform(3, 14)),
        "music behind": ("music", dice.uniform(6, 20)),
        "tv behind": ("tv", dice.uniform(8, 20)),
    }.get(kind, (str(dice.choice(["hiss", "hum", "street", "babble"], p=[0.5, 0.2, 0.2, 0.1])), dice.uniform(15, 45)))
    gate = float(dice.choice([0, 0.01, 0.02]))
    line = _line(dice, noise=behind, above_noise_db=above, room=dice.uniform(0, 1.2), gate=gate)
    return np.concatenate(spoken), _truth(voices, "person", kind, name, before), line


def _truth(voices: Voices, answered: str, kind: str, name: str, onset_s: float, beep: object = None) -> Truth:
    return Truth(answered, kind, name, voices.voice(name).language, onset_s, beep)  # type: ignore[arg-type]


def _beep(dice: Dice, voices: Voices) -> Sound:
    if dice.random() < 0.15 and voices.beeps:
        return voices.beeps[dice.integers(len(voices.beeps))]
    hz = float(dice.choice(BEEPS_HZ)) * dice.uniform(0.98, 1.02)
    return tone((hz,), float(dice.choice([0.12, 0.2, 0.3, 0.4, 0.6, 1.0, 1.5])), 10 ** (dice.uniform(-28, -10) / 20))


def _machine(dice: Dice, voices: Voices, kind: str, name: str) -> Composed:
    if kind == "music":
        begin = dice.uniform(0, 1)
        tune = voices.tune(dice, int(LASTS_S * RATE))
        whole = np.concatenate([silence(begin), tune / (tune.std() + 1e-6) * 0.08])
        return whole, _truth(voices, "machine", kind, name, begin), _line(dice)
    before = min(2.5, dice.lognormal(np.log(0.5 if kind == "personal" else 0.3), 0.7))
    texts = {"personal": "mpers", "operator": "moper", "short": "mshort", "ivr": "mivr"}
    text = texts.get(kind) or str(dice.choice(["mpers", "mivr"]))
    greeting = voices.say(dice, name, text, (0.1, 0.9) if kind == "personal" else (0.12, 0.6))
    if kind == "hi and pause":
        greeting = np.concatenate([voices.say(dice, name, "short"), silence(dice.uniform(0.3, 1.1)), greeting])
    spoken = [silence(before), greeting]
    beep_s = None
    if kind == "ivr" or (kind == "operator" and dice.random() < 0.5):
        spoken += [silence(dice.uniform(0.6, 2)), greeting]
    else:
        spoken.append(silence(dice.uniform(0.05, 1.2)))
        begin = sum(map(len, spoken)) / RATE
        beep = _beep(dice, voices)
        beep_s = begin, begin + len(beep) / RATE
        spoken += [beep, silence(3)]
    own: dict[str, object] = {}
    if kind in ("personal", "hi and pause"):
        behind = str(dice.choice(["hiss", "hum", "street", "babble"], p=[0.55, 0.25, 0.15, 0.05]))
        own = {"noise": behind, "above_noise_db": dice.uniform(18, 45), "room": dice.uniform(0, 1)}
        own["gate"] = float(dice.choice([0, 0.01, 0.02]))
    elif dice.random() < 0.2:
        own = {"noise": "music", "above_noise_db": dice.uniform(10, 20)}
    return np.concatenate(spoken), _truth(voices, "machine", kind, name, before, beep_s), _line(dice, **own)


def _sit(dice: Dice, level: float) -> Sound:
    pitches = (dice.choice([950, 914, 985]), dice.choice([1400, 1370.6, 1428.5]), dice.choice([1800, 1776.7]))
    lengths = dice.choice([0.274, 0.33, 0.38], 3)
    return np.concatenate(
        [tone((hz * dice.uniform(0.995, 1.005),), lasts, level) for hz, lasts in zip(pitches, lengths, strict=True)]
    )


def _repeats(dice: Dice, cadences: tuple[tuple[tuple[float, ...], float, float], ...], level: float) -> Sound:
    pitches, on_s, off_s = cadences[int(dice.integers(len(cadences)))]
    return cadence(pitches, on_s, off_s, LASTS_S, level)


def _tone(dice: Dice, voices: Voices, kind: str, name: str) -> Composed:
    level, before = 10 ** (dice.uniform(-26, -9) / 20), dice.uniform(0, 1.2)
    busy = (((425.0,), 0.4, 0.4), ((425.0,), 0.35, 0.35), ((480.0, 620.0), 0.5, 0.5), ((425.0,), 0.2, 0.2))
    rings = (((425.0,), 1.0, 4.0), ((425.0,), 0.8, 3.2), ((440.0, 480.0), 2.0, 4.0), ((400.0, 450.0), 0.4, 0.2))
    beep_s = None
    match kind:
        case "cng":
            heard = cadence((dice.uniform(1062, 1138),), 0.5, 3, 8, level)
        case "ced":
            heard = tone((dice.uniform(2085, 2115),), dice.uniform(2.6, 4), level)
        case "v21":
            bits = [tone((float(hz),), dice.integers(1, 6) / 300, level, 2e-4) for hz in dice.choice([1650, 1850], 300)]
            heard = np.concatenate(bits)
        case "sit":
            heard = _sit(dice, level)
        case "sit and words":
            words = voices.say(dice, name, "moper")
            heard = np.concatenate([_sit(dice, level), silence(dice.uniform(0.1, 0.6)), words])
        case "busy":
            heard = _repeats(dice, busy, level)
        case "ringback":
            heard = _repeats(dice, rings, level)
        case "dial":
            heard = tone(((425.0,), (350.0, 440.0))[dice.integers(2)], 8, level)
        case _:
            heard = tone((float(dice.choice([440, 800, 1000, 1400])),), float(dice.choice([0.2, 0.4, 0.8])), level)
            beep_s = before, before + len(heard) / RATE
    whole = np.concatenate([silence(before), heard])
    return whole, _truth(voices, "tone", kind, name, before, beep_s), _line(dice)


def _nobody(dice: Dice, voices: Voices, kind: str, name: str) -> Composed:
    quiet = silence(LASTS_S)
    behind, above = {
        "digital": (None, 0.0),
        "comfort noise": ("hiss", dice.uniform(25, 40)),
        "hum": ("hum", dice.uniform(15, 35)),
        "street": ("street", dice.uniform(8, 25)),
        "breath": ("hiss", 40.0),
    }[kind]
    if kind == "breath":
        for _ in range(4):
            shape = np.hanning(dice.integers(2000, 6000))
            begin = int(dice.integers(0, len(quiet) - 6000))
            air = np.diff(dice.standard_normal(len(shape) + 1)) * shape * dice.uniform(0.005, 0.03)
            quiet[begin : begin + len(shape)] += air.astype(np.float32)
    return quiet, _truth(voices, "silence", kind, name, -1.0), _line(dice, noise=behind, above_noise_db=above)


_COMPOSERS: dict[str, Callable[[Dice, Voices, str, str], Composed]] = {
    "person": _person,
    "machine": _machine,
    "tone": _tone,
    "silence": _nobody,
}


def call(number: int, voices: Voices) -> tuple[Sound, Truth]:
    """The call of that number with those voices: samples as they arrive from pick-up on, and what they are."""
    dice = np.random.default_rng([SEED, USES.index(voices.use), number])
    answered = str(dice.choice(list(KINDS), p=list(KINDS.values())))
    kinds = {"person": PERSONS, "machine": MACHINES}.get(answered)
    kind = str(
        dice.choice(list(kinds), p=list(kinds.values()))
        if kinds
        else dice.choice(TONES if answered == "tone" else SILENT)
    )
    sound, truth, line = _COMPOSERS[answered](dice, voices, kind, voices.draw(dice))
    sound = sound[: int(LONGEST_S * RATE)]
    sound = np.pad(sound, (0, max(0, int(LASTS_S * RATE) - len(sound)))).astype(np.float32)
    return through(sound, dice, line, voices), truth


def pcm(sound: Sound) -> bytes:
    """As AudioSocket brings it."""
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


@lru_cache
def of_use(use: str) -> Voices:
    return Voices(use)

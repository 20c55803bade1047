"""The files behind the prompts: the site's own recordings, Asterisk's sound set, and speech for what that set does not have."""

import hashlib
import logging
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from .install import AsteriskTree, InstallError
from .prompts import LANGUAGES, PROMPTS, Prompt
from .speech import RATE, speak, to_telephone, write

log = logging.getLogger(__name__)

SPEAKERS = {"ru": ("ru+f2", 55, 150), "en": ("en+f2", 55, 155)}
SUFFIXES = (".gsm", ".wav", ".ulaw", ".alaw", ".sln")
LONGEST_S = 120
_TONE_HZ, _TONE_S = 1000.0, 0.4


def lay_out(tree: AsteriskTree, cache: Path, own: Path, home: Path) -> Path:
    """Fill `home`/share/prompts/<language>/ with one file a prompt, and return that folder (extensions.conf plays from it).

    `own` holds the site's recordings as <language>/<name>.wav, of any rate. A recording that is no sound, and speech that
    espeak-ng cannot make, are told in the log: the prompt is then the ordinary one, or left out. Raises OSError.
    """
    made = _made(tree, cache)
    target = home.resolve() / "share/prompts"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    work = Path(tempfile.mkdtemp(prefix="prompts.part-", dir=target.parent))
    try:
        for language in LANGUAGES:
            (work / language).mkdir()
            for prompt in PROMPTS[language].values():
                if not _take_own(own / language / f"{prompt.name}.wav", work / language / f"{prompt.name}.wav"):
                    _link(_found(tree, made, language, prompt), work / language)
        _open_to_asterisk(work, target.parent)
        if target.is_dir():
            target.rename(work / "before")
        work.rename(target)
        shutil.rmtree(target / "before", ignore_errors=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def core_file(tree: AsteriskTree, language: str, prompt: Prompt) -> Path | None:
    """The prompt in Asterisk's own sound set."""
    folder = dict(tree.sounds).get(language)
    if folder is None or not prompt.core:
        return None
    return next((path for suffix in SUFFIXES if (path := folder / f"{prompt.core}{suffix}").is_file()), None)


def _found(tree: AsteriskTree, made: Path, language: str, prompt: Prompt) -> tuple[str, Path | None]:
    spoken = made / language / f"{prompt.name}.wav"
    return prompt.name, core_file(tree, language, prompt) or (spoken if spoken.is_file() else None)


def _link(named: tuple[str, Path | None], folder: Path) -> None:
    name, source = named
    if source is None:
        log.warning("the prompt %s (%s) has no sound and is left out", name, folder.name)
    else:
        (folder / f"{name}{source.suffix}").symlink_to(source)


def _take_own(recording: Path, target: Path) -> bool:
    """Copy the site's recording as Asterisk can play it. False when there is none, or none that can be read."""
    try:
        if not recording.is_file():
            return False
        with soundfile.SoundFile(recording) as sound:
            rate = sound.samplerate
            samples = sound.read(LONGEST_S * rate, dtype="int16", always_2d=True)
    except (OSError, RuntimeError) as error:
        log.warning("the site's prompt %s/%s cannot be used: %s", recording.parent.name, recording.stem, error)
        return False
    write(target, to_telephone(samples.astype(np.float64).mean(axis=1), rate))
    return True


def _open_to_asterisk(work: Path, home: Path) -> None:
    """When we are root, the folder gets the owner that Asterisk's home has already."""
    owner = home.stat()
    for place, _folders, files in os.walk(work):
        os.chmod(place, 0o755)
        for name in (".", *files):
            if os.geteuid() == 0:
                os.chown(os.path.join(place, name), owner.st_uid, owner.st_gid, follow_symlinks=False)


def _made(tree: AsteriskTree, cache: Path) -> Path:
    """The folder of the cache with every prompt that Asterisk's sound set does not have, spoken at the first call."""
    wanted = [
        (language, prompt)
        for language in LANGUAGES
        for prompt in PROMPTS[language].values()
        if core_file(tree, language, prompt) is None
    ]
    mark = hashlib.sha256(repr((SPEAKERS, wanted)).encode()).hexdigest()[:12]
    folder = cache / f"prompts-{mark}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=cache))
    try:
        for language, prompt in wanted:
            (work / language).mkdir(exist_ok=True)
            _make(tree, language, prompt, work / language / f"{prompt.name}.wav")
        os.chmod(work, 0o755)
        try:
            work.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first with the same words
                raise
    except InstallError as error:
        log.warning("prompts are missing: %s", error)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _make(tree: AsteriskTree, language: str, prompt: Prompt, path: Path) -> None:
    if prompt.text:
        speak(tree, *SPEAKERS[language], prompt.text, path)
    else:
        at = np.arange(round(_TONE_S * RATE)) / RATE
        write(path, (9000 * np.sin(2 * np.pi * _TONE_HZ * at)).astype(np.int16))

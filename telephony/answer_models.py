"""Models of campaigns' own: files beside the data, each made of its campaign's labels (answer_own.py). Without one, the shipped one."""

import logging
from pathlib import Path

from .answer_model import BadModel, Model, from_json, shipped, to_json

log = logging.getLogger(__name__)


class CampaignModels:
    """`folder` holds `<name>.json`; a file that is new, or gone, acts from the next call on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, tuple[float, Model]] = {}

    def of(self, name: str) -> Model:
        """The campaign's own; the shipped one where it has none, or a broken one. Raises BadModel, OSError for the shipped one."""
        path = self._path(name)
        try:
            changed = path.stat().st_mtime if path is not None else None
        except OSError:
            changed = None
        if path is None or changed is None:
            return shipped()
        if name not in self._read or self._read[name][0] != changed:
            self._read[name] = changed, self._from(path)
        return self._read[name][1]

    def keep(self, name: str, model: Model) -> Path:
        """Raises ValueError for what can be no name of a file, OSError."""
        path = self._path(name)
        if path is None:
            raise ValueError("a model is kept by a campaign's id")
        self._folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(to_json(model) + "\n")
        part.replace(path)
        return path

    def forget(self, name: str) -> bool:
        """Whether there was one. Raises OSError."""
        path = self._path(name)
        had = path is not None and path.exists()
        if path is not None:
            path.unlink(missing_ok=True)
        return had

    def _path(self, name: str) -> Path | None:
        safe = name and all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in name)
        return self._folder / f"{name}.json" if safe else None

    @staticmethod
    def _from(path: Path) -> Model:
        try:
            return from_json(path.read_text())
        except (OSError, BadModel) as error:
            log.warning("the model %s is left aside for the shipped one: %s", path.name, error)
            return shipped()

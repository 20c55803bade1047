"""Rows of a list become leads, sorted, on the disk: in the process that reads the list, or in some beside it.

Rows are dealt out in order, some at a time. Each reader writes runs of SORTED leads, put in the order of their sources; import_runs.py
joins the runs of all readers. Nobody holds more rows than that in memory.

As a process: `python -m cordboard.dialer.import_reader`, pickles on standard input (an Errand, lists of Numbered, an empty one as the
last), then what it counted as JSON on standard output. When its giver dies, its input ends too soon, and it ends without a word.
"""

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from fcntl import F_SETPIPE_SZ, fcntl
from typing import IO, BinaryIO, Protocol

from .csv_form import Form
from .csv_rows import RowError, RowRefused, Rows
from .import_runs import Runs

DEALT = 1_000
"""Rows at a time."""
PIPE_BYTES = 1_048_576
KEPT_ERRORS = 100_000
Numbered = tuple[int, list[str] | str]
"""A row and its number in the file; a text is what is wrong with it already."""
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be known before the first row. `runs_path`: where the runs stand, with a number behind it each."""

    import_id: str
    form: Form
    home_zone: str
    now: str
    own_fields: tuple[str, str, str]
    runs_path: str


class Reader(Protocol):
    """`deal` in the order of the file; `end` once, it tells how many rows were good, and how many bad."""

    def deal(self, some: Sequence[Numbered]) -> None: ...

    def end(self) -> tuple[int, int]: ...


class OwnReader:
    """Reads in this process."""

    def __init__(self, errand: Errand) -> None:
        self._names = errand.form.names
        now = datetime.fromisoformat(errand.now)
        self._rows = Rows(errand.form, errand.import_id, errand.home_zone, now, errand.own_fields)
        self._runs = Runs(errand.runs_path)
        self._good = self._bad = 0

    def deal(self, some: Sequence[Numbered]) -> None:
        for number, row in some:
            if isinstance(row, str):
                self._refuse(RowError(number, "", row))
                continue
            try:
                lead = self._rows.read(row, number)
            except RowRefused as refused:
                column = "" if refused.column is None else self._names[refused.column]
                self._refuse(RowError(number, column, refused.reason))
            else:
                self._good += 1
                self._runs.put(lead["source"], number, _json(lead))

    def end(self) -> tuple[int, int]:
        self._runs.close()
        return self._good, self._bad

    def _refuse(self, error: RowError) -> None:
        self._bad += 1
        if self._bad <= KEPT_ERRORS:
            self._runs.put_error(error.row, json.dumps([error.row, error.column, error.reason], ensure_ascii=False))


class FarReader:
    """Reads in a process of its own. Raises BrokenPipeError or RuntimeError when that has died."""

    def __init__(self, errand: Errand) -> None:
        command = (sys.executable, "-m", "cordboard.dialer.import_reader")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self._process.pid
        with suppress(OSError):  # without it, it only waits more often
            fcntl(self._stdin(), F_SETPIPE_SZ, PIPE_BYTES)
        self._tell(errand)

    def deal(self, some: Sequence[Numbered]) -> None:
        self._tell(some)

    def end(self) -> tuple[int, int]:
        self._tell(())
        told, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError("a reader of rows has died")
        good, bad = json.loads(told)
        return int(good), int(bad)

    def _tell(self, what: object) -> None:
        pickle.dump(what, self._stdin(), pickle.HIGHEST_PROTOCOL)

    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin


def readers(errand: Errand, *, beside: int) -> list[Reader]:
    """So many in processes `beside`; for none, one in this."""
    if not beside:
        return [OwnReader(errand)]
    return [FarReader(replace(errand, runs_path=f"{errand.runs_path}.{number}")) for number in range(beside)]


def _work(told: BinaryIO) -> tuple[int, int]:
    reader = OwnReader(pickle.load(told))
    while some := pickle.load(told):
        reader.deal(some)
    return reader.end()


if __name__ == "__main__":
    with suppress(EOFError, pickle.UnpicklingError):
        print(json.dumps(_work(sys.stdin.buffer)))

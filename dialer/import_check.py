"""Reads a list from its first row to its last in a process of its own, and writes down what it would make: leads to be poured, and errors.

Run by imports.py: `python -m cordboard.dialer.import_check`, the task as JSON on standard input, progress as JSON lines on standard
output. It takes the rows apart and deals them out to readers (import_reader.py), for a long list in processes beside it, then joins
what they wrote. Each holds some ten thousand rows in memory, whatever the file's size, and touches no database: what is written counts
only once it ends well.
"""

import csv
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from .csv_form import Form, form_of
from .csv_rows import MAX_CELL
from .import_reader import DEALT, KEPT_ERRORS, Errand, Numbered, readers
from .import_runs import joined

BATCH = 2_000
"""Leads a transaction: SQLite is kept for them for less than a tenth of a second."""
TELL_EVERY = 20 * DEALT
LONG = 4_000_000
"""Bytes of a list from which it is worth while to start processes beside this one."""
MOST_BESIDE = 4


@dataclass(frozen=True, slots=True)
class Task:
    """`list_path` is read; leads go to `staged_path`, a line a batch (how many, a space, and their JSON); errors to `errors_path`, a JSON
    line each."""

    import_id: str
    list_path: str
    staged_path: str
    errors_path: str
    form: Form
    home_zone: str
    now: str
    own_fields: tuple[str, str, str] = ("", "", "")

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of_json(cls, text: str) -> "Task":
        told: dict[str, Any] = json.loads(text)
        return cls(**told | {"form": form_of(told["form"]), "own_fields": tuple(told["own_fields"])})


@dataclass(slots=True)
class Checked:
    """Rows read so far, without the header and empty lines; `read_to` in bytes."""

    rows: int = 0
    good: int = 0
    bad: int = 0
    read_to: int = 0


def check(task: Task, tell: TextIO, beside: int | None = None) -> Checked:
    """Read it all; what was written by a run that was cut off is written anew. `beside`: so many processes help; as its length asks."""
    csv.field_size_limit(MAX_CELL)
    if beside is None:
        cores = len(os.sched_getaffinity(0))
        beside = min(cores, MOST_BESIDE) if cores > 1 and Path(task.list_path).stat().st_size >= LONG else 0
    done = Checked()
    _deal(task, done, tell, beside)
    with joined(task.staged_path, "leads") as leads, Path(task.staged_path).open("wb") as staged:
        _cut(leads, staged)
    with joined(task.staged_path, "bad") as bad, Path(task.errors_path).open("wb") as errors:
        errors.writelines(error + b"\n" for error in islice(bad, KEPT_ERRORS))
    return done


def _deal(task: Task, done: Checked, tell: TextIO, beside: int) -> None:
    """Every row to a reader, in turns, until all have read all."""
    errand = Errand(task.import_id, task.form, task.home_zone, task.now, task.own_fields, task.staged_path)
    at_work = readers(errand, beside=beside)
    with ExitStack() as files:
        raw = files.enter_context(Path(task.list_path).open("rb"))
        text = files.enter_context(
            open(raw.fileno(), encoding=task.form.encoding, errors="replace", newline="", closefd=False)  # noqa: SIM115
        )
        rows = _numbered(text, task.form)
        for reader in cycle(at_work):
            some = list(islice(rows, DEALT))
            if not some:
                break
            reader.deal(some)
            done.rows += len(some)
            done.read_to = os.lseek(raw.fileno(), 0, os.SEEK_CUR)
            if done.rows % TELL_EVERY == 0:
                print(json.dumps(asdict(done)), file=tell, flush=True)
    for reader in at_work:
        good, bad = reader.end()
        done.good, done.bad = done.good + good, done.bad + bad


def _cut(leads: Iterator[bytes], staged: BinaryIO) -> None:
    """Into batches, a line each. Only now does a lead get its id, so that ids count up with the sources."""
    ids = _ids()
    while some := list(islice(leads, BATCH)):
        named = (b'{"id":"%s",%s' % (one, lead[1:]) for lead, one in zip(some, ids, strict=False))
        staged.write(b"%d [%s]\n" % (len(some), b",".join(named)))


def _ids() -> Iterator[bytes]:
    """UUIDs whose first 32 bits count up from a random start, so that the next id stands beside the last one in its index; the rest is
    random."""
    first = int.from_bytes(os.urandom(4))
    while True:
        drawn = os.urandom(16 * BATCH).hex()
        for at in range(0, len(drawn), 32):
            one = drawn[at : at + 32]
            first = (first + 1) & 0xFFFFFFFF
            yield f"{first:08x}-{one[8:12]}-4{one[13:16]}-a{one[17:20]}-{one[20:]}".encode()


def _numbered(text: TextIO, form: Form) -> Iterator[Numbered]:
    """The rows, counted from 1 as a spreadsheet counts them; one whose quotes are broken is an error, and reading goes on after it."""
    reader = csv.reader(text, delimiter=form.delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            long = "field larger" in str(error) or "unexpected end" in str(error)
            yield number, "a quote is never closed" if long else "a quote stands where none may stand"
            continue
        if row and not (number == 1 and form.has_header) and any(row):
            yield number, row


def main() -> None:
    os.nice(5)  # who talks comes before who reads lists
    task = Task.of_json(sys.stdin.read())
    print(json.dumps(asdict(check(task, sys.stdout))), flush=True)


if __name__ == "__main__":
    main()

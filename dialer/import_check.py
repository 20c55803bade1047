"""Reads a list from its first row to its last in a process of its own, and writes down what it would make: leads to be poured, and errors.

Run by imports.py: `python -m cordboard.dialer.import_check`, the task as JSON on standard input, progress as JSON lines on standard output.
It holds SORTED rows in memory, whatever the file's size, and touches no database: what it wrote counts only once it ends well.
"""

import csv
import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, TextIO

from .csv_form import Form, form_of
from .csv_rows import MAX_CELL, RowError, RowRefused, Rows, Staged

BATCH = 2_000
"""Leads a transaction: SQLite is kept for them for less than a tenth of a second."""
SORTED = 50_000
"""So many rows are put in the order of their sources before they are cut into batches: a batch then touches few pages of the indexes."""
TELL_EVERY = 20_000
KEPT_ERRORS = 100_000
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


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


def check(task: Task, tell: TextIO) -> Checked:
    """Read it all. What was written by a run that was cut off is written anew."""
    csv.field_size_limit(MAX_CELL)
    done = Checked()
    now, ids = datetime.fromisoformat(task.now), _ids().__next__
    rows = Rows(task.form, task.import_id, task.home_zone, now, ids, task.own_fields)
    with ExitStack() as files:
        raw = files.enter_context(Path(task.list_path).open("rb"))
        text = files.enter_context(
            open(raw.fileno(), encoding=task.form.encoding, errors="replace", newline="", closefd=False)  # noqa: SIM115
        )
        staged = files.enter_context(Path(task.staged_path).open("w", encoding="utf-8"))
        errors = files.enter_context(Path(task.errors_path).open("w", encoding="utf-8"))
        batch: list[Staged] = []
        for number, row in _numbered(text, task.form, done, errors):
            done.rows += 1
            try:
                batch.append(rows.read(row))
            except RowRefused as refused:
                column = "" if refused.column is None else task.form.names[refused.column]
                _refuse(errors, done, RowError(number, column, refused.reason))
            if len(batch) == SORTED:
                _put(staged, batch, done)
            if done.rows % TELL_EVERY == 0:
                done.read_to = os.lseek(raw.fileno(), 0, os.SEEK_CUR)
                print(json.dumps(asdict(done)), file=tell, flush=True)
        _put(staged, batch, done)
        done.read_to = os.lseek(raw.fileno(), 0, os.SEEK_CUR)
    return done


def _ids() -> Iterator[str]:
    """UUIDs whose first 32 bits count up from a random start, so that the next id stands beside the last one in its index; the rest is
    random."""
    first = int.from_bytes(os.urandom(4))
    while True:
        drawn = os.urandom(16 * BATCH).hex()
        for at in range(0, len(drawn), 32):
            one = drawn[at : at + 32]
            first = (first + 1) & 0xFFFFFFFF
            yield f"{first:08x}-{one[8:12]}-4{one[13:16]}-a{one[17:20]}-{one[20:]}"


def _numbered(text: TextIO, form: Form, done: Checked, errors: TextIO) -> Iterator[tuple[int, list[str]]]:
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
            done.rows += 1
            long = "field larger" in str(error) or "unexpected end" in str(error)
            reason = "a quote is never closed" if long else "a quote stands where none may stand"
            _refuse(errors, done, RowError(number, "", reason))
            continue
        if row and not (number == 1 and form.has_header) and any(row):
            yield number, row


def _refuse(errors: TextIO, done: Checked, error: RowError) -> None:
    done.bad += 1
    if done.bad <= KEPT_ERRORS:
        errors.write(json.dumps([error.row, error.column, error.reason], ensure_ascii=False) + "\n")


def _put(staged: TextIO, batch: list[Staged], done: Checked) -> None:
    batch.sort(key=itemgetter("source"))
    for at in range(0, len(batch), BATCH):
        some = batch[at : at + BATCH]
        staged.write(f"{len(some)} {_json(some)}\n")
    done.good += len(batch)
    batch.clear()


def main() -> None:
    os.nice(5)  # who talks comes before who reads lists
    task = Task.of_json(sys.stdin.read())
    print(json.dumps(asdict(check(task, sys.stdout))), flush=True)


if __name__ == "__main__":
    main()

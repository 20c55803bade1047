"""A list is taken apart by one process or by several, and comes out the same: in the order of its sources, whole, its errors by row."""

import io
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cordboard.dialer import import_runs
from cordboard.dialer.csv_form import proposed
from cordboard.dialer.import_check import BATCH, Checked, Task, check
from cordboard.dialer.import_reader import DEALT, KEPT_ERRORS, Errand, FarReader, OwnReader
from cordboard.dialer.import_runs import Runs, joined
from tests.fakes.hours import NOON

COUNT = 3 * DEALT + 250


def rows(count: int) -> Iterator[str]:
    """Numbers that go down, a bad row now and then, one number twice."""
    yield "Телефон;Имя\n"
    for number in range(count):
        phone = "позвонить" if number % 100 == 42 else f"+7495{count - number:07}"
        yield f'{phone};"Клиент\t{number}"\n'
    yield f"8(495){count:07};Двойник\n"


def task_of(folder: Path, text: str) -> Task:
    path = folder / "one.list"
    path.write_bytes(text.encode())
    form = proposed(path.read_bytes()[:10_000], whole=False)
    paths = (str(path), str(folder / "one.x.leads.part"), str(folder / "one.x.errors.part"))
    return Task("one", *paths, form, "Europe/Moscow", NOON.isoformat())


def checked(task: Task, beside: int) -> tuple[Checked, list[int], list[dict[str, object]], list[list[object]]]:
    """What it counted, how large its batches are, its leads, its errors."""
    done = check(task, io.StringIO(), beside)
    sizes, leads = [], []
    for line in Path(task.staged_path).read_text(encoding="utf-8").splitlines():
        size, _, batch = line.partition(" ")
        sizes.append(int(size))
        leads += json.loads(batch)
    errors = [json.loads(line) for line in Path(task.errors_path).read_text(encoding="utf-8").splitlines()]
    return done, sizes, leads, errors


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of which a short list has several."""
    monkeypatch.setattr(import_runs, "SORTED", 700)


def test_leads_stand_in_the_order_of_their_sources_and_errors_in_that_of_the_file(tmp_path: Path) -> None:
    done, sizes, leads, errors = checked(task_of(tmp_path, "".join(rows(COUNT))), 0)
    bad = sum(number % 100 == 42 for number in range(COUNT))
    assert (done.rows, done.good, done.bad) == (COUNT + 1, COUNT + 1 - bad, bad)
    assert sizes == [BATCH, done.good - BATCH]
    sources = [str(lead["source"]) for lead in leads]
    assert sources == sorted(sources)
    assert [lead["fields"] for lead in leads[-2:]] == [{"name": "Клиент\t0"}, {"name": "Двойник"}]  # the first counts
    assert [error[0] for error in errors] == [number + 2 for number in range(COUNT) if number % 100 == 42]
    ids = [str(lead["id"]) for lead in leads]
    assert len(set(ids)) == len(ids)
    assert {path.name for path in tmp_path.iterdir()} == {"one.list", "one.x.leads.part", "one.x.errors.part"}


def test_processes_beside_come_to_the_same(tmp_path: Path) -> None:
    task = task_of(tmp_path, "".join(rows(COUNT)))
    alone, together = checked(task, 0), checked(task, 2)
    for leads in (alone[2], together[2]):
        for lead in leads:
            del lead["id"]
    assert together == alone


def test_a_quote_that_is_never_closed_is_an_error_of_its_row(tmp_path: Path) -> None:
    done, _, _, errors = checked(task_of(tmp_path, "Телефон;Имя\n+74951234567;Анна\n" + '+74951234568;"Пётр\n'), 0)
    assert (done.rows, done.good, done.bad) == (2, 1, 1)
    assert errors == [[3, "", "a quote is never closed"]]


def errand(folder: Path) -> Errand:
    task = task_of(folder, "".join(rows(5)))
    return Errand("one", task.form, "Europe/Moscow", task.now, ("", "", ""), str(folder / "one.x.leads.part"))


def test_errors_beyond_those_that_are_kept_are_counted(tmp_path: Path) -> None:
    reader = OwnReader(errand(tmp_path))
    reader.deal([(number, "torn") for number in range(1, KEPT_ERRORS + 3)])
    assert reader.end() == (0, KEPT_ERRORS + 2)
    with joined(str(tmp_path / "one.x.leads.part"), "bad") as bad:
        assert sum(1 for _ in bad) == KEPT_ERRORS


def test_a_reader_that_dies_is_noticed(tmp_path: Path) -> None:
    reader = FarReader(errand(tmp_path))
    os.kill(reader.pid, signal.SIGKILL)
    with pytest.raises((BrokenPipeError, RuntimeError)):
        reader.end()


@pytest.mark.parametrize("told_of_rows", [0, 1, 40])
def test_a_reader_ends_with_its_giver_says_nothing_and_writes_nothing(tmp_path: Path, told_of_rows: int) -> None:
    """Who died between two words, or in the middle of one."""
    told = pickle.dumps(errand(tmp_path)) + pickle.dumps([(2, ["+74951234567", "Анна"])])[:told_of_rows]
    command = (sys.executable, "-m", "cordboard.dialer.import_reader")
    done = subprocess.run(command, input=told, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert not [path for path in tmp_path.iterdir() if path.stat().st_size and path.name != "one.list"]


def test_runs_of_several_are_joined_in_order(tmp_path: Path) -> None:
    path = str(tmp_path / "one[1].leads.part")
    for name, sources in (("0", "dga"), ("1", "bfc")):
        runs = Runs(f"{path}.{name}")
        for row, source in enumerate(sources):
            runs.put(source, row, f'"{source}"')
        runs.close()
    with joined(path, "leads") as leads:
        assert [json.loads(lead) for lead in leads] == list("abcdfg")
    with joined(path, "bad") as bad:
        assert list(bad) == []
    assert list(tmp_path.iterdir()) == []

"""Sorted runs on the disk, and how they become one: so a list of any length is put in order in little memory.

A line of a run is `source TAB row TAB the lead as JSON`, of an error `row TAB the error as JSON`; the lines of a file stand in the order
of their bytes, in which rows, written in ten digits, count as they do in the file.
"""

import heapq
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from glob import escape
from pathlib import Path

SORTED = 50_000
"""Leads in a run."""
_BUFFER = 65_536


class Runs:
    """Those of one reader: `path.leads-0.part`, `path.leads-1.part`…, and `path.bad.part`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._held: list[bytes] = []
        self._written = 0
        self._bad = Path(f"{path}.bad.part").open("wb")  # noqa: SIM115 - until `close`

    def put(self, source: str, row: int, lead: str) -> None:
        self._held.append(f"{source}\t{row:010}\t{lead}\n".encode())
        if len(self._held) == SORTED:
            self._write()

    def put_error(self, row: int, error: str) -> None:
        self._bad.write(f"{row:010}\t{error}\n".encode())

    def close(self) -> None:
        self._write()
        self._bad.close()

    def _write(self) -> None:
        self._held.sort()
        with Path(f"{self._path}.leads-{self._written}.part").open("wb", _BUFFER) as file:
            file.writelines(self._held)
        self._written += 1
        self._held.clear()


@contextmanager
def joined(path: str, kind: str) -> Iterator[Iterator[bytes]]:
    """The JSON of all lines of that kind ("leads", "bad") under this path, in order; the files are gone afterwards."""
    found = sorted(Path(path).parent.glob(f"{escape(Path(path).name)}.*{kind}*.part"))
    with ExitStack() as files:
        runs = [files.enter_context(run.open("rb", _BUFFER)) for run in found]
        yield (line.rstrip(b"\n").split(b"\t", 2)[-1] for line in heapq.merge(*runs))
    for run in found:
        run.unlink()

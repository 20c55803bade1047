"""Lists of leads: taken in, checked by a process of their own, poured in batch by batch, taken back. One at a time, the oldest first.

Whatever is begun is written in the database first, so an engine that starts finds it and goes on: a check begins anew, a load goes on
behind the last batch that was committed, a taking back goes on. Without the file (another machine's) what is there is taken back.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from ..storage.ids import Ids
from . import lead_import as rules
from .csv_form import SAMPLE_BYTES, FileRefused, Form, check_form, lines_of, proposed, rows_of
from .csv_rows import RowError
from .import_check import Checked, Task
from .import_store import ImportStore
from .lead_import import ImportRefused, ImportState, LeadImport

log = logging.getLogger(__name__)

MAX_FILE = 512 * 1024 * 1024
WRITE_AT_ONCE = 1_048_576
LONGEST_LINE = 64 * 1024 * 1024
AGAIN_S = 5.0
COMMAND = (sys.executable, "-m", "cordboard.dialer.import_check")


class FileTooLarge(FileRefused):
    """More than MAX_FILE."""


class Imports:
    """`folder` holds the files; `turned` is called when the dialer has new leads to choose from. Keep `run` running."""

    def __init__(
        self, store: ImportStore, folder: Path, clock: Clock, ids: Ids, home_zone: str, turned: Callable[[], None]
    ) -> None:
        self._store = store
        self._folder = folder
        self._clock = clock
        self._ids = ids
        self._home_zone = home_zone
        self._turned = turned
        self._wake = asyncio.Event()
        self._reading: tuple[str, asyncio.subprocess.Process] | None = None
        self._read: dict[str, Checked] = {}
        self.find = store.find
        self.of_campaign = store.of_campaign

    # What people do

    async def receive(
        self, campaign_id: str, actor_id: str, file_name: str, chunks: AsyncIterator[bytes]
    ) -> LeadImport:
        """Take a file in, and propose how to read it. Raises FileRefused, and then nothing of it is kept."""
        import_id = self._ids()
        path = self._path(import_id, "list")
        try:
            size = await self._keep(path, chunks)
            form = await asyncio.to_thread(self._propose, path, None, None)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        one = LeadImport(import_id, campaign_id, self._clock.now(), actor_id, file_name[:200], size, form=form)
        await self._store.add(one)
        return one

    async def preview(
        self, one: LeadImport, encoding: str | None = None, delimiter: str | None = None
    ) -> tuple[Form, list[list[str]]]:
        """How the file would be read (as was proposed, or by this encoding and delimiter), and its first rows. Raises FileRefused."""
        path = self._path(one.id, "list")
        if not path.exists():
            raise FileRefused(rules.FILE_GONE)
        form = one.form
        if (
            form is None
            or (encoding or form.encoding) != form.encoding
            or (delimiter or form.delimiter) != form.delimiter
        ):
            form = await asyncio.to_thread(self._propose, path, encoding, delimiter)
        return form, await asyncio.to_thread(self._first_rows, path, form)

    async def start(self, import_id: str, form: Form, *, skip_bad: bool = False) -> LeadImport | None:
        """Check it by this form; without a bad row it is loaded at once. Raises FileRefused, ImportRefused."""
        check_form(form)
        return await self._changed(import_id, lambda one: rules.started(one, form, skip_bad=skip_bad))

    async def accept(self, import_id: str) -> LeadImport | None:
        """Load the good rows of a list that has bad ones. Raises ImportRefused."""
        return await self._changed(import_id, rules.accepted)

    async def stop(self, import_id: str) -> LeadImport | None:
        """Cancel it, or undo it while nobody of it was called. Raises ImportRefused."""
        dialed = await self._store.is_dialed(import_id)
        one = await self._changed(import_id, lambda one: rules.stopped(one, dialed=dialed))
        if self._reading and self._reading[0] == import_id:
            _kill(self._reading[1])
        if one and one.state is ImportState.CANCELLED:
            self._forget_files(one.id)
        return one

    def read_to(self, one: LeadImport) -> int:
        """How far its check is, in bytes of the file."""
        return self._read.get(one.id, Checked()).read_to

    async def errors(self, import_id: str, limit: int) -> list[RowError]:
        """What is wrong with its rows, the first ones."""
        return await asyncio.to_thread(self._read_errors, import_id, limit)

    async def _changed(self, import_id: str, change: Callable[[LeadImport], LeadImport]) -> LeadImport | None:
        one = await self._store.change(import_id, change)
        self._wake.set()
        return one

    # What the engine does

    async def run(self) -> None:
        """Work off what is to be done, until cancelled."""
        while True:
            self._wake.clear()
            try:
                one = await self._store.at_work()
                if one is not None:
                    await self._work(one)
                    continue
            except Exception:
                log.exception("a list of leads could not be worked on; it is tried again")
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    await self._wake.wait()

    async def _work(self, one: LeadImport) -> None:
        match one.state:
            case ImportState.CHECKING:
                await self._check(one)
            case ImportState.LOADING:
                await self._load(one)
            case _:
                await self._take_back(one)

    async def _check(self, one: LeadImport) -> None:
        assert one.form is not None
        if not self._path(one.id, "list").exists():
            await self._store.change(one.id, lambda now: rules.failed(now, rules.FILE_GONE))
            return
        self._clear(f"{one.id}.*.part")  # of a run that was cut off; who still writes there writes for nobody
        part = {kind: self._path(one.id, f"{self._ids()}.{kind}.part") for kind in ("leads", "errors")}
        task = Task(
            one.id,
            str(self._path(one.id, "list")),
            str(part["leads"]),
            str(part["errors"]),
            one.form,
            self._home_zone,
            self._clock.now().isoformat(),
            await self._store.own_fields(one.campaign_id),
        )
        done = await self._reads(task)
        if done is None:
            self._clear(f"{one.id}.*.part")
        with suppress(ImportRefused):  # it was cancelled meanwhile
            if done is None:
                await self._store.change(one.id, _unreadable)
                self._forget_files(one.id)
                return
            for kind, path in part.items():
                path.replace(self._path(one.id, kind))
            failpoint("list_staged")
            await self._store.change(
                one.id, lambda now: rules.checked(now, rows=done.rows, good=done.good, bad=done.bad)
            )

    async def _reads(self, task: Task) -> Checked | None:
        """The process's last word; None when it ended badly."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*COMMAND, stdin=pipe, stdout=pipe, start_new_session=True)
        self._reading = task.import_id, process
        assert process.stdin is not None
        assert process.stdout is not None
        last: Checked | None = None
        try:
            process.stdin.write(task.to_json().encode())
            process.stdin.close()
            async for line in process.stdout:
                last = self._read[task.import_id] = Checked(**json.loads(line))
            return last if await process.wait() == 0 else None
        except (BrokenPipeError, ConnectionResetError):
            return None
        finally:
            self._reading = None
            self._read.pop(task.import_id, None)
            if process.returncode is None:
                _kill(process)
                await process.wait()

    async def _load(self, one: LeadImport) -> None:
        path = self._path(one.id, "leads")
        if not path.exists():
            await self._store.change(one.id, lambda now: rules.failed(now, rules.FILE_GONE))
            return
        with path.open("rb") as staged:
            staged.seek(one.read_to)
            async with self._store.pouring():
                while line := await asyncio.to_thread(staged.readline, LONGEST_LINE):
                    size, _, batch = line.partition(b" ")
                    after = await self._store.pour(one.id, batch.decode(), int(size), staged.tell(), self._clock.now())
                    if after is None:
                        return  # it was stopped
                    failpoint("list_poured")
                    self._turned()
        with suppress(ImportRefused):
            await self._store.change(one.id, rules.loaded)
            self._forget_files(one.id, keep="errors")

    async def _take_back(self, one: LeadImport) -> None:
        async with self._store.pouring():
            while await self._store.take_back(one.id):
                failpoint("list_taken_back")
                self._turned()
        await self._store.change(one.id, rules.taken_back)
        self._forget_files(one.id, keep="errors")

    # Files

    def _path(self, import_id: str, kind: str) -> Path:
        return self._folder / f"{import_id}.{kind}"

    async def _keep(self, path: Path, chunks: AsyncIterator[bytes]) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        size, held = 0, bytearray()
        with path.open("wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > MAX_FILE:
                    raise FileTooLarge(f"the file is larger than {MAX_FILE // 1024 // 1024} MB")
                held += chunk
                if len(held) >= WRITE_AT_ONCE:
                    await asyncio.to_thread(file.write, bytes(held))
                    held.clear()
            await asyncio.to_thread(file.write, bytes(held))
        return size

    def _propose(self, path: Path, encoding: str | None, delimiter: str | None) -> Form:
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
            whole = not file.read(1)
        return proposed(sample, whole=whole, encoding=encoding, delimiter=delimiter)

    def _first_rows(self, path: Path, form: Form) -> list[list[str]]:
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
            whole = not file.read(1)
        return rows_of(lines_of(sample, form.encoding, whole=whole), form.delimiter)

    def _read_errors(self, import_id: str, limit: int) -> list[RowError]:
        path = self._path(import_id, "errors")
        if not path.exists():
            return []
        with path.open(encoding="utf-8") as file:
            return [RowError(*json.loads(line)) for line in islice(file, limit)]

    def _clear(self, pattern: str, keep: str = "") -> None:
        for path in self._folder.glob(pattern):
            if not keep or path.suffix != f".{keep}":
                path.unlink(missing_ok=True)

    def _forget_files(self, import_id: str, keep: str = "") -> None:
        self._clear(f"{import_id}.*", keep)


def _kill(process: asyncio.subprocess.Process) -> None:
    """With all that help it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _unreadable(now: LeadImport) -> LeadImport:
    if now.state is not ImportState.CHECKING:
        raise ImportRefused("the list is not being checked")
    return rules.failed(now, rules.UNREADABLE)

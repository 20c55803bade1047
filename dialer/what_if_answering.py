"""Answers questions of what would happen, one at a time in their order, each in a process beside the engine (what_if_run.py)."""

import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import suppress

from .what_if import Run
from .what_if_question import OVER, Question, State

log = logging.getLogger(__name__)

COMMAND = [sys.executable, "-m", "cordboard.dialer.what_if_run"]
LONGEST_S = 120.0
"""Then what was played through so far must do."""


class Answering:
    """Questions that wait, and the process that plays one through."""

    def __init__(self) -> None:
        self._waiting: list[Question] = []
        self._worker: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    def begin(self, question: Question) -> None:
        """It is answered after those that wait already."""
        self._waiting.append(question)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())

    def place(self, question: Question) -> int:
        """How many are answered before it."""
        return self._waiting.index(question) + 1 if question in self._waiting else 0

    def cancel(self, question: Question) -> None:
        """What is over stays as it is."""
        if question.state is State.RUNNING and self._process is not None:
            _kill(self._process)
        if question.state not in OVER:
            question.state = State.CANCELLED
            if question in self._waiting:
                self._waiting.remove(question)

    async def ended(self) -> None:
        """All that was begun is over."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        while self._waiting:
            question = self._waiting.pop(0)
            question.state = State.RUNNING
            try:
                await self._answer(question)
            except Exception:
                log.exception("a forecast could not be made")
                question.state = State.FAILED

    async def _answer(self, question: Question) -> None:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*COMMAND, stdin=pipe, stdout=pipe, start_new_session=True)
        self._process = process
        try:
            if question.state is State.RUNNING:  # it may have been cancelled while the process began
                with suppress(TimeoutError):
                    async with asyncio.timeout(LONGEST_S):
                        await self._hear(question, process)
        finally:
            self._process = None
            if process.returncode is None:
                _kill(process)
                await process.wait()
        if question.state is State.RUNNING:
            question.conclude()

    async def _hear(self, question: Question, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(json.dumps(question.job.to_json()).encode())
            process.stdin.close()
            async for line in process.stdout:
                told = json.loads(line)
                question.runs[told["side"]].append(Run(**told["run"]))
                question.done += 1
            await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

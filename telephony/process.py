"""Run one Asterisk: unprivileged, in a session of its own (it outlives a killed engine), supervised, adopted again."""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from .install import AsteriskTree
from .pending_end import end_with_last_call
from .pid_file import claim, living
from .ports import PortUse, require_free
from .process_user import child_environment, hand_over, launcher, unprivileged
from .render import fingerprint, run_folder

BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_S = 60.0  # a life this long forgives earlier deaths
READY_S, TERM_S, KILL_S, ASK_S = 30.0, 3.0, 2.0, 10.0
LAST_WORDS_S = 20.0
SOUND_FIRST = ("nice", "-n", "-10")
"""As root, before all others: whoever is late with 20 ms of sound is heard. Where even root may not, it runs like the others."""
"""From its last call on, an Asterisk that was to end with it needs 2 s; it gives what keeps it some 15 s."""
_IDLE, _ENDING = "0 active channels", "cannot be run during shutdown"

_log = logging.getLogger(__name__)

Told = Callable[[int], None]


class AsteriskFailed(Exception):
    """Asterisk did not start or did not answer; the text is one clear line."""


def _nobody_listens(_pid: int) -> None:
    return None


class AsteriskProcess:
    """One Asterisk with the configuration in `home` (see render).

    `pid_file` names the process to a later engine. `on_started` and `on_died` are called on the event loop with the pid:
    at each start or adoption when it is ready, and at each death that `stop` did not ask for.
    """

    def __init__(
        self,
        tree: AsteriskTree,
        home: Path,
        ami_port: int,
        pid_file: Path,
        *,
        recordings: Path | None = None,
        needs: tuple[PortUse, ...] = (),
        on_started: Told = _nobody_listens,
        on_died: Told = _nobody_listens,
    ) -> None:
        self._tree = tree
        self._home = home.resolve()
        self._conf = self._home / "etc/asterisk.conf"
        self._ami_port = ami_port
        self._pid_file = pid_file
        self._needs = needs
        self._recordings = (recordings,) if recordings else ()
        self._on_started, self._on_died = on_started, on_died
        self._child: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The process while it runs, also an adopted one."""
        return self._pid

    async def start(self, *, as_it_runs: bool = False) -> int:
        """Adopt the running Asterisk of this home or start one, wait until it is ready, and keep it running from then.

        `as_it_runs`: another engine steers it, so that one that runs is only told to go on, whatever its configuration.
        Returns its pid. Raises PortTaken when one of `needs` is not free for a new one, AsteriskFailed when it is not
        ready in READY_S.
        """
        if self._keeper is not None:
            raise AsteriskFailed("this Asterisk is already kept running")
        if not await self._adopt(as_it_runs=as_it_runs):
            require_free(self._needs)
            self._spawn()
            try:
                await self.wait_ready()
            except AsteriskFailed:
                await self._end()
                raise
        pid = self._running()
        self._on_started(pid)
        self._keeper = asyncio.create_task(self._keep(), name="asterisk-keeper")
        return pid

    async def stop(self) -> None:
        """End Asterisk and its supervision: SIGTERM (it hangs up its calls), then SIGKILL; within 5 s."""
        await self._unwatch()
        await self._end()

    async def leave(self) -> None:
        """End the supervision only: Asterisk runs on, and a later engine adopts it."""
        await self._unwatch()
        if self._child is not None:
            self._child.returncode = 0  # no longer ours to reap
            self._child = None

    async def tell_engine_leaves(self) -> None:
        """From now on the dialplan writes down what ends, and counts the time until it closes the door (ENGINE_LEFT)."""
        try:
            await self.ask(f"dialplan set global ENGINE_LEFT {int(time.time())}")
        except AsteriskFailed as trouble:
            _log.warning("Asterisk could not be told that we leave: %s", trouble)

    async def leave_to_calls(self) -> bool:
        """End the supervision; Asterisk ends by itself with its last call, unless a later engine adopts it before.

        False, and it is for the caller to `stop` it, when it has no call or cannot be told.
        """
        await self._unwatch()
        try:
            if await self._is_idle():
                return False
            await end_with_last_call(run_folder(self._home) / "asterisk.ctl")
        except (AsteriskFailed, OSError) as trouble:
            _log.warning("Asterisk could not be left to its calls: %s", trouble)
            return False
        await self.leave()
        return True

    async def ask(self, command: str) -> str:
        """What the running Asterisk prints for a console command, over its control socket (no AMI right needed)."""
        return await ask(self._tree, self._conf, command)

    async def reload_agents(self) -> None:
        """Take a newly rendered agents' file; calls go on."""
        await self.ask("module reload res_pjsip.so")

    async def reload_dialplan(self) -> None:
        """Take a newly rendered dialplan; calls go on, each with the step that follows its own."""
        await self.ask("dialplan reload")

    async def wait_ready(self) -> None:
        """Until AMI greets and every module is up. Raises AsteriskFailed when the process dies or READY_S pass."""
        try:
            async with asyncio.timeout(READY_S):
                while not await greets(self._ami_port):
                    if self._pid is None or not _alive(self._pid, self._child):
                        raise AsteriskFailed(f"Asterisk ended while starting: {last_error(self._home)}")
                    await asyncio.sleep(0.05)
                await self.ask("core waitfullybooted")
        except TimeoutError as error:
            raise AsteriskFailed(f"Asterisk was not ready in {READY_S:.0f} s: {last_error(self._home)}") from error

    # --- inside

    def _running(self) -> int:
        if self._pid is None:
            raise AsteriskFailed("Asterisk is not running")
        return self._pid

    async def _unwatch(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None

    async def _adopt(self, *, as_it_runs: bool) -> bool:
        """Take over a living Asterisk of this home; one with another configuration only while it carries calls. One that ends
        meanwhile, because its last call is over, is waited for and not taken."""
        found = living(self._pid_file, self._conf)
        if found is None:
            return False
        self._pid, mark = found
        taking = asyncio.create_task(
            self._take_over(same=mark == fingerprint(self._home) or as_it_runs, told=not as_it_runs)
        )
        ending = asyncio.create_task(gone(self._pid))
        try:
            await asyncio.wait({taking, ending}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done() and isinstance(taking.exception(), AsteriskFailed):
                await asyncio.wait({ending}, timeout=LAST_WORDS_S)
            if not ending.done():
                return taking.result()
        finally:
            for task in (taking, ending):
                task.cancel()
            await asyncio.wait({taking, ending})
        self._pid = None
        return False

    async def _take_over(self, *, same: bool, told: bool) -> bool:
        """False when it was ended, to be started anew: it was past calling off its end, or is idle and has another configuration."""
        await self.ask("core abort shutdown")
        count = await self.ask("core show channels count")
        replaceable = count.startswith(_IDLE) or not await greets(self._ami_port)
        if _ENDING in count or (replaceable and not same):
            await self._end()
            return False
        await self.wait_ready()
        if not same:
            _log.warning("Asterisk carries calls: its dialplan is read again; ports and modules are those of its start")
            await self.ask("manager reload")
            await self.reload_dialplan()
        if told:
            await self.reload_agents()
        return True

    async def _is_idle(self) -> bool:
        return (await self.ask("core show channels count")).startswith(_IDLE)

    def _spawn(self) -> None:
        argv = prepare(self._tree, self._home, self._recordings)
        with (self._home / "log/boot.log").open("wb") as log:
            self._child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o027,
                cwd=self._home,
                env=child_environment(self._home),
            )
        self._pid = self._child.pid
        claim(self._pid_file, self._pid, fingerprint(self._home))

    async def _keep(self) -> None:
        """Start Asterisk again each time it dies, slower and slower while it keeps dying."""
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            began = loop.time()
            pid = self._running()
            await gone(pid, self._child)
            _log.warning("Asterisk (pid %d) died", pid)
            self._pid = self._child = None  # the number may be another program's by now
            self._on_died(pid)
            deaths = 0 if loop.time() - began > STEADY_S else deaths
            ready = False
            while not ready:
                await asyncio.sleep(BACK_OFF_S[min(deaths, len(BACK_OFF_S) - 1)])
                deaths += 1
                ready = await self._again()
            self._on_started(self._running())

    async def _again(self) -> bool:
        self.restarts += 1
        try:
            self._spawn()
            await self.wait_ready()
        except (AsteriskFailed, OSError) as error:
            _log.error("Asterisk does not start again: %s", error)
            await self._end(keep_file=True)
            return False
        return True

    async def _end(self, *, keep_file: bool = False) -> None:
        pid, child = self._pid, self._child
        if pid is not None and _alive(pid, child):
            for number, patience_s in ((signal.SIGTERM, TERM_S), (signal.SIGKILL, KILL_S)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(patience_s):
                        await gone(pid, child)
                        break
        self._pid = self._child = None
        if not keep_file:
            self._pid_file.unlink(missing_ok=True)


def prepare(tree: AsteriskTree, home: Path, recordings: tuple[Path, ...] = ()) -> list[str]:
    """Make the folders of a rendered home ready; returns the command line that runs its Asterisk in the foreground.

    When we are root, the folders go to an unprivileged user and the command line drops to it.
    """
    run = run_folder(home)
    for folder in (run, *recordings):
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    (run / "asterisk.ctl").unlink(missing_ok=True)
    argv = tree.argv(home / "etc/asterisk.conf", "-f")
    account = unprivileged()
    if account is None:
        return argv
    hand_over(account, (home, run), recordings)
    return [*SOUND_FIRST, *launcher(account, (Path(argv[0]), tree.modules, home, *recordings)), *argv]


async def ask(tree: AsteriskTree, conf: Path, command: str) -> str:
    """The answer of the Asterisk that runs with `conf` to one console command. Raises AsteriskFailed when it gives none."""
    program = await asyncio.create_subprocess_exec(
        *tree.argv(conf, "-rx", command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=child_environment(conf.parent),
    )
    try:
        async with asyncio.timeout(ASK_S):
            told, _ = await program.communicate()
    except TimeoutError as error:
        raise AsteriskFailed(f"Asterisk did not answer its console in {ASK_S:.0f} s") from error
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    text = told.decode(errors="replace")
    if program.returncode != 0:
        raise AsteriskFailed(f"Asterisk's console cannot be reached: {text.strip()[-200:]}")
    return text


async def gone(pid: int, child: subprocess.Popen[bytes] | None = None) -> None:
    """Return when the process has ended, whether it is our child or not; a child is reaped."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
    if child is not None:
        child.wait()


async def greets(port: int) -> bool:
    """Whether an Asterisk manager interface answers at this loopback port."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                return (await reader.readline()).startswith(b"Asterisk Call Manager/")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def last_error(home: Path) -> str:
    """The last ERROR line that Asterisk wrote, for a person."""
    for name in ("log/boot.log", "log/messages.log"):
        with contextlib.suppress(OSError):
            lines = (home / name).read_text(errors="replace").splitlines()
            told = [line for line in lines if "ERROR" in line] or lines
            if told:
                return told[-1].strip()[-200:]
    return "it wrote nothing"


def _alive(pid: int, child: subprocess.Popen[bytes] | None) -> bool:
    if child is not None:
        return child.poll() is None
    return Path(f"/proc/{pid}").exists()

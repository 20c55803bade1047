"""Dialogs over the telephone: a small FastAGI server, a thread for each dialog. The only file that knows pyst2's AGI.

The dialplan ([cc-ivr]) connects here with the ticket that the engine gave the leg; whatever becomes of us, it carries the caller on.
pyst2 0.5.1 was written for one script a process on standard input; what that breaks here is mended here, each mend with its test:

- its constructor claims SIGHUP, which only a main thread may: `_Agi` begins without it;
- it writes every command and answer, telephone numbers included, to stderr: `_NOWHERE`;
- it writes text where a socket wants bytes, and lets a line break through, which begins another command: `_Wire.write`;
- an end of file is an empty line to it: half an environment is taken for a whole one, an answer that never came is a ValueError, and a
  refusal cut in half is waited for for ever: `_Wire.readline` raises instead;
- `HANGUP`, which Asterisk sends when the caller leaves, is a ValueError too; a -1, a dead channel and a reset are four more exceptions:
  all are CallerGone;
- it waits for ever: each command has its deadline here, and the leg one in Asterisk, so that an engine which stands still loses no caller.
"""

import io
import logging
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from asterisk import agi as pyst

from .dialog import CallerGone, NoAnswer

log = logging.getLogger(__name__)

MOST_DIALOGS = 32
LONGEST_DIALOG_S = 300.0
LONGEST_SOUND_S = 90.0
ANSWER_S = 5.0
LEG_GRACE_S = 10
LONGEST_LINE = 8192
LONGEST_COMMAND = 1900  # Asterisk's buffer holds 2048
BETWEEN_PARTS_S = 0.05
KEYS = "CC_KEYS"


class _Wire:
    """The socket as pyst2 wants its stdin and stdout: text out, text in, and an exception where the talk is over."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._incoming = connection.makefile("rb")

    def readline(self) -> str:
        line = self._incoming.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise CallerGone("the line from Asterisk ended")
        text = line.decode("utf-8", "replace")
        if text.strip() == "HANGUP":
            raise CallerGone("the caller hung up")
        return text

    def write(self, text: str) -> None:
        if any(sign in text.removesuffix("\n") for sign in "\r\n\0"):
            raise ValueError("a line break within a command")
        self._connection.sendall(text.encode())

    def flush(self) -> None:
        """All is sent already."""

    def close(self) -> None:
        with suppress(OSError):
            self._incoming.close()


class _Nowhere(io.TextIOBase):
    def write(self, _text: str) -> int:
        return 0


_NOWHERE = _Nowhere()


class _Agi(pyst.AGI):  # type: ignore[misc]  # pyst2 has no types
    def __init__(self, wire: _Wire) -> None:
        self.stdin = self.stdout = wire
        self.stderr = _NOWHERE
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()


class AgiLine:
    """One caller on the wire: Line (dialog.py). Raises CallerGone when Asterisk does not say hello."""

    def __init__(
        self, connection: socket.socket, sounds: Path, longest_s: float = LONGEST_DIALOG_S, answer_s: float = ANSWER_S
    ) -> None:
        """`sounds` holds the prompts by language; the dialog may last `longest_s`, and Asterisk think `answer_s` about a command."""
        self._connection, self._sounds, self._answer_s = connection, sounds, answer_s
        self._ends_at = time.monotonic() + longest_s
        self._wire = _Wire(connection)
        connection.settimeout(answer_s)
        with _gone_is_gone():
            self._agi = _Agi(self._wire)

    @property
    def ticket(self) -> str:
        """What the dialplan was given for us."""
        return str(self._agi.env.get("agi_arg_1", ""))

    def play(self, prompts: Sequence[str]) -> None:
        for files in self._parts(prompts):
            self._exec("Playback", files, LONGEST_SOUND_S)

    def read(self, prompts: Sequence[str], most: int, wait_s: float) -> str:
        *before, last = self._parts(prompts) or [""]
        begun = ""
        for files in before:
            begun = begun or self._read(files, 1, BETWEEN_PARTS_S)
        if begun:
            return begun if most == 1 else begun + self._read("", most - 1, wait_s)
        return self._read(last, most, wait_s)

    def goes_on(self, where: str) -> None:
        """What the dialplan does with the caller after us."""
        with _gone_is_gone():
            self._ready(0.0)
            self._agi.set_variable("CC_NEXT", where)

    def close(self) -> None:
        self._wire.close()

    def _read(self, files: str, most: int, wait_s: float) -> str:
        self._exec("Read", f"{KEYS},{files},{most},,1,{wait_s:g}", LONGEST_SOUND_S + wait_s * (most + 1))
        with _gone_is_gone():
            return str(self._agi.get_variable(KEYS))

    def _exec(self, application: str, data: str, longest_s: float) -> None:
        with _gone_is_gone():
            self._ready(longest_s)
            self._agi.appexec(application, data)

    def _ready(self, longest_s: float) -> None:
        """Before each command: is there time for it, and when does Asterisk take its leg back if we say nothing more?"""
        if time.monotonic() >= self._ends_at:
            raise NoAnswer
        self._connection.settimeout(self._answer_s)
        self._agi.set_autohangup(int(longest_s + self._answer_s) + LEG_GRACE_S)
        self._connection.settimeout(longest_s + self._answer_s)

    def _parts(self, prompts: Sequence[str]) -> list[str]:
        """The files, joined as Asterisk's applications take them, in as many pieces as its buffer needs."""
        parts: list[str] = []
        for prompt in prompts:
            file = str(self._sounds / prompt)
            if parts and len(parts[-1]) + len(file) < LONGEST_COMMAND - 100:
                parts[-1] += f"&{file}"
            else:
                parts.append(file)
        return parts


@contextmanager
def _gone_is_gone() -> Iterator[None]:
    """pyst2's many ways of saying that nobody is there, as one."""
    try:
        yield
    except (pyst.AGIInvalidCommand, pyst.AGIUsageError) as trouble:
        raise RuntimeError("Asterisk does not understand a command of ours") from trouble
    except (pyst.AGIException, OSError) as trouble:
        raise CallerGone("the caller, or Asterisk, is gone") from trouble


Talk = Callable[[AgiLine], None]
"""One dialog from its beginning to its end, in its own thread."""


class IvrServer:
    """`talk_of` hands out the dialog behind a ticket, once; None for a stranger, who is cut off. Threads end with the process."""

    def __init__(
        self,
        sounds: Path,
        talk_of: Callable[[str], Talk | None],
        most: int = MOST_DIALOGS,
        longest_s: float = LONGEST_DIALOG_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        self._sounds, self._talk_of, self._longest_s, self._answer_s = sounds, talk_of, longest_s, answer_s
        self._places = threading.BoundedSemaphore(most)
        self._open: set[socket.socket] = set()
        self._server: socketserver.TCPServer | None = None

    @property
    def port(self) -> int:
        """0 while it is not open."""
        return 0 if self._server is None else int(self._server.server_address[1])

    def start(self) -> None:
        """Open a free port of loopback. Raises OSError when there is none."""
        serve = self._serve

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = MOST_DIALOGS

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, name="ivr", args=(0.1,), daemon=True).start()

    def stop(self) -> None:
        """No more dialogs; those that run are cut off, and the dialplan has their callers. Safe to repeat."""
        server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        server.server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self, connection: socket.socket) -> None:
        if not self._places.acquire(blocking=False):
            log.warning("more spoken dialogs than there is room for: a caller waits on")
            return
        self._open.add(connection)
        try:
            if self._server is not None:  # else we have stopped meanwhile
                self._talk(connection)
        except CallerGone as gone:
            log.debug("a spoken dialog ended: %s", gone)
        except Exception:
            log.exception("a spoken dialog broke off; its caller waits on")
        finally:
            self._open.discard(connection)
            self._places.release()

    def _talk(self, connection: socket.socket) -> None:
        line = AgiLine(connection, self._sounds, self._longest_s, self._answer_s)
        try:
            talk = self._talk_of(line.ticket)
            if talk is None:
                log.warning("somebody without a ticket came to the spoken dialogs")
            else:
                talk(line)
        finally:
            line.close()

"""Asterisk's end of one FastAGI connection: says hello, plays nothing, and presses what the test wants."""

import re
import socket
from typing import Self

VARIABLES = {"CC_KEYS": ""}


class AgiPeer:
    """Use as `with AgiPeer(port, "ticket") as asterisk`. `heard` are the commands, without their deadlines."""

    def __init__(self, port: int, ticket: str = "", *, hello: str | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._lines = self._socket.makefile("rb")
        self.heard: list[str] = []
        self.deadlines: list[int] = []
        self.say(
            hello
            if hello is not None
            else f"agi_network: yes\nagi_request: agi://127.0.0.1\nagi_channel: PJSIP/trunk-1\nagi_arg_1: {ticket}\n\n"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def reset(self) -> None:
        """RST instead of FIN."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def say(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def command(self) -> str:
        """The next command; deadlines are taken note of and answered. "" when the dialog has ended."""
        while True:
            line = self._lines.readline().decode()
            deadline = re.fullmatch(r"SET AUTOHANGUP (\d+)\n", line)
            if deadline is None:
                if line:
                    self.heard.append(line.rstrip("\n"))
                return line.rstrip("\n")
            self.deadlines.append(int(deadline[1]))
            self.say("200 result=0\n")

    def plays(self) -> str:
        """The files of the next Playback, which is heard to its end."""
        command = self.command()
        found = re.fullmatch(r'EXEC Playback "(.*)"', command)
        assert found, command
        self.say("200 result=0\n")
        return found[1]

    def presses(self, keys: str) -> str:
        """The files of the next Read, to which the caller answers by these keys."""
        command = self.command()
        found = re.fullmatch(r'EXEC Read "CC_KEYS,(.*),(\d+),,1,([\d.]+)"', command)
        assert found, command
        self.say("200 result=0\n")
        assert self.command() == 'GET VARIABLE "CC_KEYS"'
        self.say(f"200 result=1 ({keys})\n")
        return found[1]

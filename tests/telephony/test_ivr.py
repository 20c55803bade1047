"""FastAGI on the wire: what a dialog sends, each defect of pyst2 that is mended, strangers, crowds, deadlines and ends."""

import logging
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asterisk import agi as pyst

from cordboard.telephony.dialog import Caller, CallerGone, NoAnswer
from cordboard.telephony.ivr import LEG_GRACE_S, LONGEST_COMMAND, AgiLine, IvrServer, Talk
from tests.fakes.agi_peer import AgiPeer

ROOT = Path(__file__).resolve().parents[2]
SOUNDS = Path("/sounds")
ENDS_S = 20.0


class Dialogs:
    """Hands out one dialog to every ticket, and knows how each ended."""

    def __init__(self) -> None:
        self.talk: Talk = lambda line: None
        self.ends: queue.Queue[object] = queue.Queue()
        self.tickets: list[str] = []

    def of(self, ticket: str) -> Talk | None:
        self.tickets.append(ticket)
        return self._run if ticket == "good" else None

    def _run(self, line: AgiLine) -> None:
        try:
            self.talk(line)
        except Exception as end:
            self.ends.put(end)
            raise
        self.ends.put("whole")

    def end(self) -> object:
        return self.ends.get(timeout=ENDS_S)


@pytest.fixture
def dialogs() -> Dialogs:
    return Dialogs()


@pytest.fixture
def server(dialogs: Dialogs) -> Iterator[IvrServer]:
    one = IvrServer(SOUNDS, dialogs.of, most=2, answer_s=2.0)
    one.start()
    yield one
    one.stop()


def ask(line: AgiLine) -> None:
    Caller(line, "ru").ask("free-times", keys="12")


def test_a_dialog_says_asks_and_tells_where_he_goes(dialogs: Dialogs, server: IvrServer) -> None:
    answers: list[str] = []

    def talk(line: AgiLine) -> None:
        caller = Caller(line, "en")
        caller.say("closed", "goodbye")
        caller.choose_language()
        answers.append(caller.ask("free-times", keys="12"))
        answers.append(caller.ask_number("type-number"))
        line.goes_on("bye")

    dialogs.talk = talk
    with AgiPeer(server.port, "good") as asterisk:
        assert asterisk.plays() == "/sounds/en/closed&/sounds/en/goodbye"
        assert asterisk.presses("1") == "/sounds/ru/in-russian&/sounds/en/in-english"
        assert asterisk.presses("2") == "/sounds/ru/free-times"
        assert asterisk.presses("79161234567") == "/sounds/ru/type-number"
        assert asterisk.command() == 'SET VARIABLE "CC_NEXT" "bye"'
        asterisk.say("200 result=1\n")
        assert asterisk.command() == ""
    assert dialogs.end() == "whole"
    assert answers == ["2", "79161234567"]
    # A deadline before each command, longer than the command may last.
    assert len(asterisk.deadlines) == 5
    assert all(deadline >= LEG_GRACE_S for deadline in asterisk.deadlines)


def test_a_long_announcement_is_cut_to_what_asterisks_buffer_holds(dialogs: Dialogs, server: IvrServer) -> None:
    prompts = [f"n-{number % 9 + 1}" for number in range(400)]
    heard: list[str] = []
    pressed: list[str] = []
    dialogs.talk = lambda line: pressed.append(line.read([f"ru/{name}" for name in prompts], 1, 6.0))
    with AgiPeer(server.port, "good") as asterisk:
        heard.append(asterisk.presses(""))
        heard.append(asterisk.presses("7"))
        assert asterisk.command() == ""
    assert dialogs.end() == "whole"
    assert pressed == ["7"]  # a key during a part ends the question
    assert all(len(command) <= LONGEST_COMMAND for command in asterisk.heard)
    waits = [command.rsplit(",", 1)[1] for command in asterisk.heard if command.startswith("EXEC Read")]
    assert waits == ['0.05"', '0.05"']
    assert all(file.startswith("/sounds/ru/n-") for part in heard for file in part.split("&"))


def test_a_number_begun_in_an_earlier_part_goes_on_in_silence(dialogs: Dialogs, server: IvrServer) -> None:
    typed: list[str] = []
    dialogs.talk = lambda line: typed.append(line.read(["ru/n-1"] * 200, 18, 4.0))
    with AgiPeer(server.port, "good") as asterisk:
        asterisk.presses("8")
        assert asterisk.presses("9161234567") == ""
    assert dialogs.end() == "whole"
    assert typed == ["89161234567"]


# What pyst2 would do, and what is made of it ---------------------------------------------------------------------------


def test_bare_pyst2_cannot_begin_in_a_thread() -> None:
    caught: list[BaseException] = []

    def begin() -> None:
        try:
            pyst.AGI()
        except ValueError as error:
            caught.append(error)

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join(ENDS_S)
    assert "main thread" in str(caught[0])


def breaks_off(asterisk: AgiPeer, text: str) -> None:
    asterisk.say(text)
    asterisk.close()


ENDS: dict[str, Callable[[AgiPeer], None]] = {
    "HANGUP in the place of an answer": lambda asterisk: asterisk.say("HANGUP\n200 result=-1\n"),
    "an answer of -1": lambda asterisk: asterisk.say("200 result=-1\n"),
    "hangup in the data": lambda asterisk: asterisk.say("200 result=0 (hangup)\n"),
    "a dead channel": lambda asterisk: asterisk.say("511 Command Not Permitted on a dead channel or intercept routine\n"),
    "an end of file": lambda asterisk: asterisk.close(),
    "an answer cut in half": lambda asterisk: breaks_off(asterisk, "200 res"),
    "a refusal cut in half": lambda asterisk: breaks_off(asterisk, "520-Invalid command syntax.\nUsage: x\n"),
    "a reset": lambda asterisk: asterisk.reset(),
    "no answer at all": lambda asterisk: None,
}  # fmt: skip


@pytest.mark.parametrize("how", ENDS)
def test_every_end_is_that_the_caller_is_gone(
    dialogs: Dialogs, server: IvrServer, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    dialogs.talk = lambda line: line.goes_on("bye")
    with caplog.at_level(logging.WARNING), AgiPeer(server.port, "good") as asterisk:
        assert asterisk.command() == 'SET VARIABLE "CC_NEXT" "bye"'
        ENDS[how](asterisk)
        assert isinstance(dialogs.end(), CallerGone)
    assert caplog.text == ""  # callers hang up all day


@pytest.mark.parametrize("hello", ["", "agi_network: yes\nagi_arg_1: good\n", "agi_network: yes\nagi_arg_1: good"])
def test_a_hello_that_breaks_off_is_no_hello(dialogs: Dialogs, server: IvrServer, hello: str) -> None:
    peer = AgiPeer(server.port, hello=hello)
    peer.close()
    with AgiPeer(server.port, "stranger") as asterisk:
        assert asterisk.command() == ""
    assert dialogs.tickets == ["stranger"]


def test_an_endless_hello_is_cut_off(dialogs: Dialogs, server: IvrServer) -> None:
    with AgiPeer(server.port, hello="agi_x" * 20_000) as asterisk:
        try:
            assert asterisk.command() == ""
        except ConnectionResetError:
            """What we had not read yet is thrown away: a reset."""
    assert dialogs.tickets == []


def test_a_line_break_begins_no_second_command(dialogs: Dialogs, server: IvrServer) -> None:
    dialogs.talk = lambda line: line.goes_on('bye"\nEXEC System "touch /tmp/x')
    with AgiPeer(server.port, "good") as asterisk:
        assert asterisk.command() == ""
        assert isinstance(dialogs.end(), ValueError)
    assert asterisk.heard == []


def test_letters_of_any_alphabet_pass_and_broken_ones_do_no_harm(dialogs: Dialogs, server: IvrServer) -> None:
    heard: list[str] = []

    def talk(line: AgiLine) -> None:
        line.goes_on("до свидания")
        heard.append(line.read([], 3, 1.0))

    dialogs.talk = talk
    with AgiPeer(server.port, "good") as asterisk:
        assert asterisk.command() == 'SET VARIABLE "CC_NEXT" "до свидания"'
        asterisk.say("200 result=1\n")
        asterisk.presses("5")
    assert dialogs.end() == "whole"
    assert heard == ["5"]


def test_numbers_are_written_nowhere(
    dialogs: Dialogs, server: IvrServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    typed: list[str] = []
    dialogs.talk = lambda line: typed.append(Caller(line, "ru").ask_number("type-number"))
    with caplog.at_level(logging.DEBUG), AgiPeer(server.port, "good") as asterisk:
        asterisk.presses("79161234567")
        assert dialogs.end() == "whole"
    assert typed == ["79161234567"]
    told = capfd.readouterr()
    assert "9161234567" not in told.out + told.err + caplog.text


def test_a_command_that_asterisk_does_not_know_is_told_in_the_log(
    dialogs: Dialogs, server: IvrServer, caplog: pytest.LogCaptureFixture
) -> None:
    dialogs.talk = lambda line: line.goes_on("bye")
    with caplog.at_level(logging.ERROR), AgiPeer(server.port, "good") as asterisk:
        asterisk.command()
        asterisk.say("510 Invalid or unknown command\n")
        assert isinstance(dialogs.end(), RuntimeError)
        assert asterisk.command() == ""
    assert "broke off" in caplog.text


# The server ------------------------------------------------------------------------------------------------------------


def test_a_stranger_is_cut_off(dialogs: Dialogs, server: IvrServer, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), AgiPeer(server.port, "forged") as asterisk:
        assert asterisk.command() == ""
    assert "without a ticket" in caplog.text


def test_no_more_dialogs_at_once_than_there_is_room_for(dialogs: Dialogs, server: IvrServer) -> None:
    dialogs.talk = ask
    with AgiPeer(server.port, "good") as first, AgiPeer(server.port, "good") as second:
        assert first.command().startswith("EXEC Read")
        assert second.command().startswith("EXEC Read")
        with AgiPeer(server.port, "good") as third:
            assert third.command() == ""
        second.close()
        assert isinstance(dialogs.end(), CallerGone)
        first.say("200 result=0\n")
        assert first.command() == 'GET VARIABLE "CC_KEYS"'
        with AgiPeer(server.port, "good") as fourth:  # the place is free again
            while not fourth.command():
                fourth.close()
                fourth = AgiPeer(server.port, "good")
            fourth.close()


def test_a_dialog_has_its_end(dialogs: Dialogs) -> None:
    server = IvrServer(SOUNDS, dialogs.of, longest_s=0.0)
    server.start()
    dialogs.talk = ask
    try:
        with AgiPeer(server.port, "good") as asterisk:
            assert asterisk.command() == ""
        assert isinstance(dialogs.end(), NoAnswer)
    finally:
        server.stop()


def test_a_stop_cuts_every_dialog_off(dialogs: Dialogs, server: IvrServer) -> None:
    dialogs.talk = ask
    with AgiPeer(server.port, "good") as asterisk:
        assert asterisk.command().startswith("EXEC Read")
        port = server.port
        server.stop()
        server.stop()
        assert asterisk.command() == ""
        assert isinstance(dialogs.end(), CallerGone)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
    assert server.port == 0


def test_only_this_file_knows_pyst2() -> None:
    knows = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("*/*.py")
        if any(line.startswith(("from asterisk", "import asterisk")) for line in path.read_text().splitlines())
    ]
    assert knows == ["telephony/ivr.py"]

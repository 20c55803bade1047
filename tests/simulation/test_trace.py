"""Recorded calls: every trace is whole, harmless, and becomes events that the engine's own reader takes."""

import re

import pytest

from cordboard.simulation.node import TRACES as PLAYED
from cordboard.simulation.trace import TRACES, BadTrace, load, sections
from cordboard.telephony.ami_events import AmiEvent
from cordboard.telephony.ami_frames import Framer, parse
from cordboard.telephony.ami_translate import translate

VALUES = {
    **{"customer.id": "cordboard-1.1", "customer.channel": "PJSIP/trunk-1", "agent.id": "cordboard-1.2"},
    **{"agent.channel": "PJSIP/agent-x-2", "agent": "agent-x", "bridge": "b", "person": "+79000000001", "name": "N"},
    **{
        "number": "74950000100",
        "began": "1",
        "at": "1795255200.5",
        "talked": "1.5",
        "recording": "",
        "action": "cb1-1",
    },
    **{"duration": "00:00:01", "state": "hold"},
}
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
FILES = sorted(path.stem for path in TRACES.glob("*.ami"))


def test_every_file_is_played_and_every_played_one_is_there() -> None:
    assert sorted(PLAYED) == FILES


@pytest.mark.parametrize("name", FILES)
def test_each_event_of_a_trace_is_one_that_the_engine_knows(name: str) -> None:
    for section in load(name).values():
        messages = Framer().feed(BANNER + section.rendered(VALUES))
        assert len(messages) == section.events
        for message in messages:
            assert isinstance(message, bytes)
            packet = parse(message)
            if packet.name != "CoreShowChannel":
                assert not isinstance(translate(packet, "n", "b"), AmiEvent), packet.name


@pytest.mark.parametrize("name", FILES)
def test_nothing_of_the_recording_machine_is_left(name: str) -> None:
    text = (TRACES / f"{name}.ami").read_text()
    assert re.findall(r"\d{7,}|/tmp|/home|/root|127\.0\.0\.1|trunk-\d|agent-\d", text) == []


def test_placeholders_are_filled_and_a_missing_one_is_an_error() -> None:
    one = sections("[a]\n\nEvent: Hello\nWho: {{name}}\n")["a"]
    assert one.rendered({"name": "Анна"}) == "Event: Hello\r\nWho: Анна\r\n\r\n".encode()
    with pytest.raises(KeyError):
        one.rendered({})


@pytest.mark.parametrize("text", ["", "Event: Hello\n", "[a]\n\n[b]\n\nEvent: Hello\n"])
def test_a_file_without_sections_or_with_an_empty_one_is_refused(text: str) -> None:
    with pytest.raises(BadTrace):
        sections(text)

"""Offers that are looked through before a library parses them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.web_call_offer import MAX_OFFER, OfferFault, OfferRefused, check_offer
from cordboard.telephony.web_call_wire import Answered, Close, Gone, Join, Open, Refused, Say, Up, line_of, message_of
from tests.fakes.offers import AUDIO, CHANNEL, HEAD, OFFER


def fault_of(sdp: str) -> OfferFault:
    with pytest.raises(OfferRefused) as refused:
        check_offer(sdp)
    return refused.value.fault


def test_a_browsers_offer_passes_with_or_without_channel_and_addresses() -> None:
    for sdp in (OFFER, HEAD + AUDIO, OFFER.replace("a=candidate:1 1 udp 1 192.0.2.7 5000 typ host\r\n", "")):
        check_offer(sdp)
    check_offer(OFFER.replace("\r\n", "\n"))


@pytest.mark.parametrize(
    ("sdp", "fault"),
    [
        ("", OfferFault.UNREADABLE),
        ("hello", OfferFault.UNREADABLE),
        ("v=0", OfferFault.NO_AUDIO),
        (HEAD + CHANNEL, OfferFault.NO_AUDIO),
        (HEAD + AUDIO.replace("m=audio", "m=video"), OfferFault.NO_AUDIO),
        (OFFER + AUDIO.replace("m=audio", "m=video"), OfferFault.EXTRA_MEDIA),
        (OFFER + AUDIO, OfferFault.EXTRA_MEDIA),
        (OFFER + CHANNEL, OfferFault.EXTRA_MEDIA),
        (OFFER.replace("PCMU", "PCMA"), OfferFault.NO_ULAW),
        (OFFER.replace("a=ice-ufrag:", "a=ice-ufrog:"), OfferFault.UNREADABLE),
        (OFFER.replace("a=ice-pwd:", "a=ice-pwt:"), OfferFault.UNREADABLE),
        (OFFER.replace("a=fingerprint:sha-256", "a=fingerprint:"), OfferFault.UNREADABLE),
        (OFFER + "\0", OfferFault.UNREADABLE),
        (OFFER + "a=" + "x" * 2000, OfferFault.UNREADABLE),
        (OFFER + "a=x\r\n" * MAX_OFFER, OfferFault.TOO_LONG),
        ("v=0\r\n" * MAX_OFFER, OfferFault.TOO_LONG),
    ],
)
def test_what_cannot_become_a_call_is_told_by_its_reason(sdp: str, fault: OfferFault) -> None:
    assert fault_of(sdp) is fault


@given(st.text(max_size=300))
def test_no_text_breaks_the_look(text: str) -> None:
    for sdp in (text, f"v=0\r\n{text}"):
        assert fault_of(sdp) in OfferFault


@pytest.mark.parametrize(
    "message",
    [
        Open("leg", OFFER),
        Join("leg", 4000),
        Say("leg", {"stage": "waiting", "position": 2}),
        Close("leg", {}),
        Answered("leg", OFFER, 4000),
        Refused("leg", "no_audio"),
        Up("leg"),
        Gone("leg", "left"),
    ],
)
def test_messages_between_the_processes_are_one_line_each(
    message: Open | Join | Say | Close | Answered | Refused | Up | Gone,
) -> None:
    line = line_of(message)
    assert line.count(b"\n") == 1
    assert message_of(line) == message


@pytest.mark.parametrize(
    "line", [b"", b"x", b"[]", b"{}", b'{"kind": "Up"}', b'{"kind": "Nobody"}', b'{"kind": "Up", "x": 1}']
)
def test_a_line_of_nobody_is_told_apart(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a message of ours"):
        message_of(line)

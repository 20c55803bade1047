"""The framer and the parser: any split gives the same messages, and no bytes can stop the stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.ami_frames import Framer, NotAmi, Overlong, Unparseable, parse

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"Event: Hangup", b"Response: Success", b"CallerIDName: \xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", b"X: "]
        ),
        st.sampled_from([b"", b"\r", b"\n", b"\xff\xfe", b"Name: " + b"y" * 60]),
    ),
    max_size=12,
)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[a:b] for a, b in zip(edges, edges[1:], strict=False)]


def frames(chunks: list[bytes], max_message: int = 64) -> list[bytes | str]:
    framer = Framer(max_message)
    out = [message for chunk in chunks for message in framer.feed(chunk)]
    return ["overlong" if isinstance(message, Overlong) else message for message in out]


@given(st.lists(LINES, max_size=6), st.lists(st.integers(0, 10_000), max_size=30))
def test_any_split_gives_the_same_messages(messages: list[list[bytes]], places: list[int]) -> None:
    stream = BANNER + b"".join(b"".join(line + b"\r\n" for line in lines) + b"\r\n" for lines in messages)
    whole = frames([stream])
    assert frames(cut(stream, places)) == whole
    assert frames([stream[i : i + 1] for i in range(len(stream))]) == whole


@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=10))
def test_any_bytes_split_anyhow_are_the_same_messages(noise: bytes, places: list[int]) -> None:
    stream = BANNER + noise + b"\r\n\r\nEvent: Last\r\n\r\n"
    whole = frames([stream])
    assert frames(cut(stream, places)) == whole
    assert len(whole) >= 1


@given(st.binary(max_size=2_000))
def test_no_bytes_make_the_parser_fail_otherwise(message: bytes) -> None:
    try:
        packet = parse(message, max_value=100)
    except Unparseable:
        return
    assert "Event" in packet.headers or "Response" in packet.headers


def test_the_stream_goes_on_after_an_overlong_message() -> None:
    framer = Framer(max_message=100)
    out: list[bytes | Overlong] = framer.feed(BANNER)
    for _ in range(50):
        out += framer.feed(b"X: " + b"y" * 97 + b"\r\n")
    out += framer.feed(b"\r\nEvent: After\r\n\r\n")
    assert [type(message) for message in out] == [Overlong, bytes]
    assert out[-1] == b"Event: After"


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n", b"SSH-2.0-OpenSSH\r\n", b"\x16\x03", b"Aster\r\n"]
)
def test_another_service_is_not_taken_for_asterisk(greeting: bytes) -> None:
    with pytest.raises(NotAmi):
        Framer().feed(greeting)


def test_a_banner_may_come_byte_by_byte() -> None:
    framer = Framer()
    for i in range(len(BANNER)):
        assert framer.feed(BANNER[i : i + 1]) == []
    assert framer.banner == "Asterisk Call Manager/11.0.0"


def test_the_first_copy_of_a_header_wins_and_variables_are_all_kept() -> None:
    packet = parse(
        b"Event: A\r\nUniqueid: 1\r\nChanVariable: CC_A=1\r\nChanVariable: CC_B=2\r\nUniqueid: 2\r\nEvent: B"
    )
    assert (packet.name, packet.get("Uniqueid"), packet.get("ChanVariable")) == ("A", "1", "CC_A=1\nCC_B=2")


@pytest.mark.parametrize(
    "message", [b"Hello", b"", b"Event: A\r\nName: " + b"x" * 9_000, b"Event: A\r\n" + b"H: 1\r\n" * 600]
)
def test_what_is_no_message_is_said_so(message: bytes) -> None:
    with pytest.raises(Unparseable) as caught:
        parse(message)
    assert "xxx" not in str(caught.value)

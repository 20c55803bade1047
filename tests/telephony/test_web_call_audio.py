"""The sound's packets: read, written, put in order, and given one timeline."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.web_call_audio import FRAME, InOrder, SoundPacket, Timeline, rtp_bytes, rtp_read


def packet(number: int) -> SoundPacket:
    return SoundPacket(number & 0xFFFF, (number * FRAME) & 0xFFFFFFFF, bytes([number % 251]) * FRAME)


def through(order: InOrder, *numbers: int) -> list[list[int]]:
    """What comes out after each packet that goes in."""
    return [[out.sequence for out in order.put(packet(number))] for number in numbers]


def test_packets_in_order_are_not_held_back() -> None:
    assert through(InOrder(), 7, 8, 9) == [[7], [8], [9]]


def test_a_lost_packet_costs_one_packets_time_once() -> None:
    order = InOrder()
    assert through(order, 1, 3, 4, 5) == [[1], [], [3, 4], [5]]
    assert (order.lost, order.late) == (1, 0)


def test_several_lost_packets_cost_no_more() -> None:
    order = InOrder()
    assert through(order, 1, 6, 7, 8) == [[1], [], [6, 7], [8]]
    assert order.lost == 4


def test_neighbours_that_changed_places_come_out_right() -> None:
    order = InOrder()
    assert through(order, 1, 3, 2, 4) == [[1], [], [2, 3], [4]]
    assert (order.lost, order.late) == (0, 0)


def test_what_comes_too_late_or_twice_is_dropped() -> None:
    order = InOrder()
    assert through(order, 1, 3, 3, 4, 2, 4) == [[1], [], [], [3, 4], [], []]
    assert (order.lost, order.late) == (1, 3)


def test_numbers_wrap() -> None:
    assert through(InOrder(), 65534, 0, 65535, 1) == [[65534], [], [65535, 0], [1]]


@pytest.mark.parametrize("begun_again", [30_000, 65_000])
def test_a_stream_that_begins_again_is_followed_at_once(begun_again: int) -> None:
    """What was held is not lost with it."""
    assert through(InOrder(), 10, 12, begun_again, begun_again + 1) == [[10], [], [12, begun_again], [begun_again + 1]]


@given(st.lists(st.integers(0, 40), max_size=80), st.integers(0, 3))
def test_whatever_comes_out_is_in_order_and_came_once(numbers: list[int], hold: int) -> None:
    order = InOrder(hold)
    out = [number for group in through(order, *numbers) for number in group]
    assert out == sorted(set(out))
    assert set(out) <= set(numbers)


@given(st.integers(0, 2**32))
def test_a_swarm_of_disorder_ends_without_delay(seed: int) -> None:
    """After the trouble the buffer is empty again: aiortc's stays full for the rest of the call."""
    random, order = Random(seed), InOrder()
    numbers = [number for number in range(1, 200) if random.random() > 0.1]
    for at in range(0, len(numbers) - 2, 3):
        numbers[at : at + 2] = random.sample(numbers[at : at + 2], 2)
    through(order, *numbers)
    assert through(order, *range(200, 220))[4:] == [[number] for number in range(204, 220)]


def test_rtp_is_written_as_it_is_read() -> None:
    sound = packet(3)
    assert rtp_read(rtp_bytes(sound, 0xCAFE, marker=True)) == sound
    assert rtp_bytes(sound, 0xCAFE)[:12].hex() == "80000003000001e00000cafe"
    assert rtp_bytes(sound, 0xCAFE, marker=True)[1] == 0x80


def test_extension_contributors_and_padding_are_no_sound() -> None:
    head = bytes([0x80 | 0x20 | 0x10 | 1, 0]) + bytes(10)
    assert rtp_read(head + bytes(4) + b"\xbe\xde\x00\x01" + bytes(4) + b"sound" + b"\0\0\3") == SoundPacket(
        0, 0, b"sound"
    )


@given(st.binary(max_size=64))
def test_no_datagram_breaks_the_reader(datagram: bytes) -> None:
    read = rtp_read(datagram)
    assert read is None or read.payload


def test_what_is_not_ulaw_is_no_sound() -> None:
    sound = rtp_bytes(packet(1), 1)
    assert rtp_read(bytes([sound[0], 8]) + sound[2:]) is None  # A-law
    assert rtp_read(bytes([0x40]) + sound[1:]) is None  # not RTP version 2
    assert rtp_read(sound[:12]) is None


def test_time_grows_with_the_sound_and_over_new_streams() -> None:
    timeline = Timeline()
    first, gap, restarted = packet(1), packet(4), SoundPacket(900, 4_000_000_000, bytes(FRAME))
    assert [timeline.at(one) for one in (first, packet(2), gap, restarted)] == [0, FRAME, 3 * FRAME, 4 * FRAME]
    assert timeline.at(SoundPacket(901, 4_000_000_000 + FRAME, bytes(FRAME))) == 5 * FRAME


def test_time_goes_on_over_the_end_of_its_numbers() -> None:
    timeline = Timeline()
    last = 2**32 - FRAME
    assert [timeline.at(SoundPacket(0, at, bytes(FRAME))) for at in (last, 0, FRAME)] == [0, FRAME, 2 * FRAME]

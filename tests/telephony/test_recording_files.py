from pathlib import Path

import numpy as np
import pytest

from cordboard.telephony.recording_files import UnreadableTake, blocks, look_at, sides_of
from tests.fakes.takes import CUSTOMER_HZ, OPERATOR_HZ, both_sides, loudest_hz, tone, wav


def _all(files: tuple[Path, ...], operator_first: bool = False, block_frames: int = 700) -> np.ndarray:
    return np.concatenate([*blocks(sides_of(files, 8000, operator_first), block_frames)])


def test_an_interleaved_file_is_read_with_the_operator_left(tmp_path: Path) -> None:
    file = tmp_path / "a-1.raw"
    file.write_bytes(both_sides(1.0))
    sound = _all((file,))
    assert sound.shape == (8000, 2)
    assert (loudest_hz(sound[:, 0]), loudest_hz(sound[:, 1])) == (OPERATOR_HZ, CUSTOMER_HZ)


def test_the_other_order_of_channels_is_a_setting(tmp_path: Path) -> None:
    file = tmp_path / "a-1.raw"
    file.write_bytes(both_sides(1.0))
    sound = _all((file,), operator_first=True)
    assert (loudest_hz(sound[:, 0]), loudest_hz(sound[:, 1])) == (CUSTOMER_HZ, OPERATOR_HZ)


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_a_cut_last_frame_is_left_out(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "a-1.raw"
    whole = both_sides(0.5)
    file.write_bytes(whole[: len(whole) - cut])
    assert len(_all((file,))) == (4000 if cut == 0 else 3999)


def test_the_shorter_of_two_sides_is_padded_with_silence(tmp_path: Path) -> None:
    customer, operator = tmp_path / "a-1-r.raw", tmp_path / "a-1-t.raw"
    customer.write_bytes(tone(CUSTOMER_HZ, 2.0).tobytes())
    operator.write_bytes(tone(OPERATOR_HZ, 1.25).tobytes() + b"\x01")
    sides = sides_of((customer, operator), 8000, False)
    sound = _all((customer, operator))
    assert sides.unequal_frames == 6000
    assert len(sound) == 16000
    assert not sound[10000:, 0].any()
    assert sound[10000:, 1].any()
    assert loudest_hz(sound[:10000, 0]) == pytest.approx(OPERATOR_HZ, abs=1)


def test_a_side_whose_file_is_gone_is_silent(tmp_path: Path) -> None:
    customer = tmp_path / "a-1-r.raw"
    customer.write_bytes(tone(CUSTOMER_HZ, 0.5).tobytes())
    sound = _all((customer, tmp_path / "a-1-t.raw"))
    assert len(sound) == 4000
    assert not sound[:, 0].any()


def test_a_message_that_a_customer_left_is_his_alone_and_lacks_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a-1.wav"
    file.write_bytes(wav(tone(CUSTOMER_HZ, 0.5).tobytes()))
    sound = _all((file,), operator_first=True)
    assert len(sound) == 4000
    assert not sound[:, 0].any()
    assert loudest_hz(sound[:, 1]) == CUSTOMER_HZ
    assert sides_of((file,), 8000, True).unequal_frames == 0


@pytest.mark.parametrize("said", [None, 0, 0xFFFFFFFF, 10**6, 1600])
def test_a_wav_is_read_by_its_sound_where_its_header_is_wrong(tmp_path: Path, said: int | None) -> None:
    file = tmp_path / "a-1.wav"
    file.write_bytes(wav(both_sides(1.0), channels=2, said=said))
    assert look_at(file, 2, 8000).frames == (400 if said == 1600 else 8000)


def test_a_wav_says_its_own_rate_and_may_hold_other_chunks(tmp_path: Path) -> None:
    file = tmp_path / "a-1.wav"
    file.write_bytes(wav(both_sides(1.0, 16000), channels=2, rate=16000, extra=b"LIST\x03\x00\x00\x00abc\x00"))
    sides = sides_of((file,), 8000, False)
    assert (sides.rate, sides.frames) == (16000, 16000)
    assert loudest_hz(_all((file,))[:, 0], 16000) == OPERATOR_HZ


@pytest.mark.parametrize("length", [0, 4, 11, 12, 20, 43, 44])
def test_a_wav_killed_in_its_header_is_empty(tmp_path: Path, length: int) -> None:
    file = tmp_path / "a-1.wav"
    file.write_bytes(wav(both_sides(1.0), channels=2, said=0)[:length])
    assert look_at(file, 2, 8000).frames == 0


def test_a_missing_file_has_no_frames(tmp_path: Path) -> None:
    assert sides_of((tmp_path / "a-1.raw",), 8000, False).frames == 0


def test_what_cannot_be_told_apart_is_refused(tmp_path: Path) -> None:
    mono, fast, compressed = tmp_path / "m.wav", tmp_path / "f.wav", tmp_path / "g.wav"
    mono.write_bytes(wav(tone(440, 0.1).tobytes()))
    fast.write_bytes(wav(tone(440, 0.1, 16000).tobytes(), rate=16000))
    compressed.write_bytes(wav(b"\0" * 800).replace(b"\x01\x00\x01\x00", b"\x31\x00\x01\x00", 1))
    for files in ((mono, fast), (compressed,), (), (mono, mono, mono)):
        with pytest.raises(UnreadableTake):
            sides_of(files, 8000, False)


def test_no_block_is_longer_than_asked(tmp_path: Path) -> None:
    file = tmp_path / "a-1.raw"
    file.write_bytes(both_sides(1.0))
    assert [len(block) for block in blocks(sides_of((file,), 8000, False), 3000)] == [3000, 3000, 2000]

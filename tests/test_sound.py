"""G.711 and recordings: what comes out is what the telephone carried."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from audio import g711, wav
from audio.stream import Media
from audio.track import Track
from audio.wav import AudioError
from tests.lines import SPEECH


def test_g711_agrees_with_libsndfile_on_every_code(tmp_path: Path) -> None:
    codes = bytes(range(256))
    raw = tmp_path / "codes.raw"
    raw.write_bytes(codes)
    theirs, _ = soundfile.read(raw, dtype="int16", format="RAW", subtype="ULAW", samplerate=8000, channels=1)
    assert g711.decode(codes).tolist() == theirs.tolist()


@given(st.binary(max_size=400))
def test_codes_survive_decoding_and_encoding(codes: bytes) -> None:
    # 0x7F is a second code for zero; it comes back as the first.
    assert g711.encode(g711.decode(codes)) == codes.replace(b"\x7f", b"\xff")


@pytest.mark.parametrize("subtype", ["PCM_16", "ULAW"])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_recordings_of_each_kind_become_8_khz_samples(tmp_path: Path, rate: int, subtype: str) -> None:
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.int16)
    soundfile.write(tmp_path / "tone.wav", tone, rate, subtype=subtype)
    samples = wav.read(tmp_path / "tone.wav")
    assert len(samples) == 8000
    spectrum = np.abs(np.fft.rfft(samples))
    assert int(np.argmax(spectrum)) == 440


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(b"not a recording"), "cannot be read as WAV"),
        (lambda path: soundfile.write(path, np.zeros(0, np.int16), 8000), "no sound"),
        (lambda path: soundfile.write(path, np.zeros(99, np.int16), 44100), "44100 samples a second"),
        (lambda path: soundfile.write(path, np.zeros((99, 2), np.int16), 8000), "2 channels"),
    ],
)
def test_an_unusable_recording_is_named_with_what_is_wrong(tmp_path: Path, make, words: str) -> None:
    path = tmp_path / "answer.wav"
    make(path)
    with pytest.raises(AudioError, match=words) as caught:
        wav.read(path)
    assert str(path) in str(caught.value)


def media(chunk: int, timestamp: int, code: int = 0x80) -> Media:
    return Media("MZ1", bytes([code]) * 160, "inbound", chunk, timestamp)


def test_lost_audio_becomes_silence_of_its_length() -> None:
    track = Track()
    track.place(media(1, 0))
    filled = track.place(media(4, 60))
    assert len(filled) == 3 * 160
    assert not filled[: 2 * 160].any()
    assert filled[2 * 160 :].all()


def test_late_and_double_audio_is_left_out() -> None:
    track = Track()
    for chunk in (1, 2, 3):
        track.place(media(chunk, (chunk - 1) * 20))
    assert len(track.place(media(2, 20))) == 0
    assert len(track.place(media(4, 60))) == 160


@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), max_size=30))
def test_no_timestamp_makes_more_than_a_minute_of_silence(stamps: list[tuple[int, int]]) -> None:
    track = Track()
    for chunk, timestamp in stamps:
        assert len(track.place(media(chunk, timestamp))) <= 60 * 8000 + 160


def test_the_recordings_of_the_tests_are_telephone_band() -> None:
    for path in SPEECH.glob("*.wav"):
        assert soundfile.info(path).samplerate == 8000

"""Speech is found whole, in quiet and in noise; silence is not taken for it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import wav
from audio.voice import FRAME, Piece, Voice
from tests.lines import SPEECH

RECORDINGS = sorted(SPEECH.glob("*.wav"))


def pieces(samples: np.ndarray, pause: float = 0.9, step: int = FRAME) -> list[Piece]:
    voice = Voice()
    found = [piece for at in range(0, len(samples), step) for piece in voice.push(samples[at : at + step], pause)]
    return found + voice.flush()


def utterances(found: list[Piece]) -> list[tuple[float, float]]:
    """(beginning, end of the voice) of each in seconds."""
    firsts = [piece.start / wav.RATE for piece in found if piece.first]
    lasts = [piece.start / wav.RATE for piece in found if piece.last]
    return list(zip(firsts, lasts, strict=True))


def pink(samples: int) -> np.ndarray:
    """Noise with as much power in each octave, as streets and rooms have it."""
    spectrum = np.fft.rfft(np.random.default_rng(2).standard_normal(samples))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), samples)
    return noise / np.sqrt((noise**2).mean())


def mixed(speech: np.ndarray, below_db: float) -> np.ndarray:
    """The recording with noise so far below the voice."""
    loud = speech[np.abs(speech.astype(int)) > 300].astype(float)
    level = np.sqrt((loud**2).mean()) * 10 ** (-below_db / 20)
    return np.clip(speech + level * pink(len(speech)), -32768, 32767).astype(np.int16)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recorded_answer_is_one_utterance(path) -> None:
    assert len(utterances(pieces(wav.read(path)))) == 1


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("below_db", [5, 10, 20])
def test_noise_hides_neither_the_voice_nor_its_end(path, below_db: float) -> None:
    speech = np.concatenate([wav.read(path), np.zeros(3 * wav.RATE, np.int16)])
    (clean,) = utterances(pieces(speech))
    noisy = utterances(pieces(mixed(speech, below_db)))
    # The last syllable is a weak one; the recogniser is given 0.3 s more than the detector has found.
    assert min(start for start, _ in noisy) < clean[0] + 0.4
    # In noise of nearly its own strength more of it drowns.
    lost = 0.8 if below_db == 5 else 0.6
    assert clean[1] - lost < max(end for _, end in noisy) < clean[1] + 1.0


@pytest.mark.parametrize("level", [0, 10, 300, 3000])
def test_steady_noise_is_left_out_after_a_moment(level: int) -> None:
    noise = (level * pink(30 * wav.RATE)).astype(np.int16)
    assert sum(len(piece.samples) for piece in pieces(noise)) < 3 * wav.RATE


@settings(deadline=None, max_examples=20)
@given(step=st.integers(1, 5000), path=st.sampled_from(RECORDINGS))
def test_the_length_of_the_blocks_changes_nothing(step: int, path) -> None:
    speech = wav.read(path)

    def flat(found: list[Piece]) -> list[tuple]:
        return [(piece.start, piece.first, piece.last, piece.samples.tobytes()) for piece in found]

    assert flat(pieces(speech, step=step)) == flat(pieces(speech))


@pytest.mark.parametrize("pause", [0.3, 0.9, 3.0])
def test_the_pieces_of_an_utterance_follow_each_other_without_a_gap(pause: float) -> None:
    speech = np.concatenate([wav.read(path) for path in RECORDINGS[:3]])
    place = None
    for piece in pieces(speech, pause):
        if not (piece.first or piece.last):
            assert piece.start == place
        assert np.array_equal(piece.samples, speech[piece.start : piece.start + len(piece.samples)])
        place = piece.start + len(piece.samples)


def test_long_silence_inside_a_long_pause_is_held_back() -> None:
    speech = wav.read(SPEECH / "d07-3-evidence.wav")
    silence = np.zeros(20 * wav.RATE, np.int16)
    found = pieces(np.concatenate([speech, silence]), pause=30.0)
    assert sum(len(piece.samples) for piece in found) < len(speech)


def test_speech_without_a_pause_is_cut_in_time_and_loses_nothing() -> None:
    voiced = wav.read(SPEECH / "d07-1-problem.wav")[int(0.6 * wav.RATE) : int(7.6 * wav.RATE)]
    speech = np.concatenate([voiced] * 9)
    found = pieces(speech, pause=3.0)
    spans = utterances(found)
    assert len(spans) >= 2
    assert all(end - start <= 30.1 for start, end in spans)
    given_s = sum(len(piece.samples) for piece in found) / wav.RATE
    assert given_s == pytest.approx(len(speech) / wav.RATE, abs=1.0)

"""What a caller hears on hold: a quiet tune of our own, made once, as a recording for the carrier. Pure."""

from __future__ import annotations

import io
import wave
from functools import cache

import numpy as np

RATE = 8000
NOTE_S = 0.75
LOUDNESS = 0.12
"""Of full scale: a caller listens for a voice, not to the tune."""

# Semitones from a' in the pentatonic scale; None is a rest.
TUNE = (3, 5, 7, 10, 12, 10, 7, None, 5, 7, 10, 7, 5, 3, 0, None)
_SLOPE_S = 0.04


@cache
def on_hold() -> bytes:
    """The tune once, as WAV: 8 kHz, 16 bit, one channel."""
    notes = [_note(semitones) for semitones in TUNE]
    samples = (np.concatenate(notes) * LOUDNESS * 32767).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(samples.tobytes())
    return out.getvalue()


def _note(semitones: int | None) -> np.ndarray:
    """One note that swells and fades, with a little of its octave."""
    time = np.arange(round(NOTE_S * RATE)) / RATE
    if semitones is None:
        return np.zeros(len(time))
    angle = 2 * np.pi * 440 * 2 ** (semitones / 12) * time
    swell = np.minimum(time / _SLOPE_S, 1) * np.exp(-2.5 * time) * np.minimum((NOTE_S - time) / _SLOPE_S, 1)
    return swell * (0.8 * np.sin(angle) + 0.2 * np.sin(2 * angle))

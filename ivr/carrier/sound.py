"""Telephone sound: μ-law bytes at 8 kHz, one channel, in frames of 20 ms.

G.711 is libsndfile's, tabulated once: 65,536 samples to bytes and 256 bytes to
samples. Recordings of any kind that libsndfile reads become telephone sound here.
"""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import soundfile
import soxr

RATE = 8000
"""Samples (and bytes) a second."""
FRAME = 160
"""Bytes of one frame."""
FRAME_S = 0.02
SILENCE = b"\xff" * FRAME
LONGEST_S = 600
"""Longest recording taken, seconds."""


class SoundError(Exception):
    """A recording cannot be used; the text says why, without naming the file."""


@cache
def _to_law() -> np.ndarray:
    samples = np.arange(-32768, 32768).astype(np.int16)
    raw = io.BytesIO()
    soundfile.write(raw, samples, RATE, format="RAW", subtype="ULAW")
    return np.frombuffer(raw.getvalue(), np.uint8)


@cache
def _from_law() -> np.ndarray:
    raw = io.BytesIO(bytes(range(256)))
    return soundfile.read(raw, samplerate=RATE, channels=1, format="RAW", subtype="ULAW", dtype="int16")[0]


def encode(samples: np.ndarray) -> bytes:
    """16-bit samples to μ-law."""
    return _to_law()[samples.astype(np.int32) + 32768].tobytes()


def decode(law: bytes) -> np.ndarray:
    """μ-law to 16-bit samples."""
    return _from_law()[np.frombuffer(law, np.uint8)]


def read(data: bytes) -> bytes:
    """A recording (WAV or another format of libsndfile; any rate, any channels) as μ-law.

    The end is filled up with silence to a whole frame. Raises ``SoundError``.
    """
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate = file.samplerate
            if file.frames == 0:
                raise SoundError("it holds no sound")
            if file.frames > LONGEST_S * rate:
                raise SoundError(f"it is longer than {LONGEST_S // 60} minutes")
            # Read as numbers from -1 to 1: as integers, libsndfile would not scale a recording of floats.
            samples = file.read(dtype="float64", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise SoundError(f"it is not a recording that can be read: {error.error_string}") from None
    if not len(samples):
        raise SoundError("it holds no sound")
    mono = samples.mean(axis=1)
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE)
    law = encode(np.clip(np.rint(np.nan_to_num(mono) * 32768), -32768, 32767).astype(np.int16))
    return law + SILENCE[: -len(law) % FRAME]

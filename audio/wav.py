"""Recordings: WAV files of 8 or 16 kHz as the telephone's 8 kHz samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

RATE = 8000
"""Samples a second on the telephone, everywhere in this package."""

_REMEDY = "save it as WAV with one channel and 8 or 16 kHz, PCM or μ-law"


class AudioError(Exception):
    """A recording that cannot be used: names the file, what is wrong and what to do."""


def read(path: str | Path) -> NDArray[np.int16]:
    """The samples of the recording at ``path``, 8 kHz int16.

    PCM, float and G.711 WAV of one channel; 16 kHz is resampled.

    Raises:
        AudioError: the file is missing, is no such WAV, or is empty.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise AudioError(f"{path}: there is no such file; check the name")
        with soundfile.SoundFile(path) as file:
            if not file.format.startswith(("WAV", "RF64")):
                raise AudioError(f"{path}: {file.format_info}, not WAV; {_REMEDY}")
            if file.channels != 1:
                raise AudioError(f"{path}: {file.channels} channels; keep the caller's alone: {_REMEDY}")
            rate = file.samplerate
            if rate not in (RATE, 2 * RATE):
                raise AudioError(f"{path}: {rate} samples a second; {_REMEDY}")
            samples = file.read(dtype="int16")
    except (soundfile.LibsndfileError, OSError) as error:
        raise AudioError(f"{path}: cannot be read as WAV ({_cause(error)}); {_REMEDY}") from None
    if not len(samples):
        raise AudioError(f"{path}: holds no sound; record it again")
    if rate == RATE:
        return samples
    return soxr.resample(samples, rate, RATE)


def _cause(error: Exception) -> str:
    if isinstance(error, soundfile.LibsndfileError):
        return error.error_string.strip().rstrip(".")
    return getattr(error, "strerror", None) or type(error).__name__

"""One side of a stream put in order: lost audio becomes silence, what comes late or twice is dropped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audio import g711
from audio.stream import RATE, Media

# Timestamps jitter by some milliseconds; less than this is no loss.
_TOLERANCE = RATE * 20 // 1000
# A timestamp further ahead than this is taken for broken and not for a minute of loss.
_LONGEST_GAP = 60 * RATE


class Track:
    """Places pieces of audio by their chunk number and timestamp.

    ``lost`` and ``dropped`` count samples filled with silence and pieces left out.
    """

    def __init__(self) -> None:
        self.lost = 0
        self.dropped = 0
        self._chunk = 0
        self._end: int | None = None

    def place(self, media: Media) -> NDArray[np.int16]:
        """The samples, 8 kHz int16, that follow what was placed before; empty for a late or double piece."""
        if media.chunk is not None and media.chunk <= self._chunk:
            self.dropped += 1
            return np.empty(0, np.int16)
        self._chunk = media.chunk or self._chunk
        samples = g711.decode(media.payload)
        start = self._end if media.timestamp is None else media.timestamp * RATE // 1000
        if self._end is None or start is None:
            self._end = (start or 0) + len(samples)
            return samples
        gap = start - self._end
        if not _TOLERANCE <= gap <= _LONGEST_GAP:
            # Early (a clock that drifts) or absurd: it follows what is there; an absurd one sets the clock anew.
            self._end = (self._end if gap < _TOLERANCE else start) + len(samples)
            return samples
        self.lost += gap
        self._end = start + len(samples)
        return np.concatenate([np.zeros(gap, np.int16), samples])

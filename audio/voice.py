"""Voice activity: where in the audio somebody speaks, cut into utterances.

WebRTC's detector (``webrtcvad``) judges frames of 20 ms; around it stands what
telephones need: audio from before the onset, so that no first syllable is lost,
silence that is held back and never reaches a recogniser, and a cut at a quiet
place when somebody talks on without a pause.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import webrtcvad
from numpy.typing import NDArray

from audio.wav import RATE

FRAME = RATE * 20 // 1000
"""Samples in a frame of 20 ms."""

_MODE = 2  # of 0 to 3; 0 takes most for speech
# The detector takes steady noise above -35 dB for speech and would never see an answer end. So a voiced
# frame must also stand out from the quieter tenth of the last seconds. Measured on the 59 recorded answers:
# every one is one utterance, and so are all 59 with noise (pink) only 5 dB below the voice.
_FLOOR_WINDOW = 200  # frames
_FLOOR_LEAST = 10  # frames before there is a floor
_FLOOR_SHARE = 0.1
_FLOOR_ABOVE = 1.4  # 3 dB; with 1.6 three answers in noise fall apart
_ONSET = 4  # voiced frames …
_ONSET_WINDOW = 6  # … among so many that begin an utterance
_BEFORE = 20  # frames given from before the onset
_AFTER = 15  # frames given after the last voiced one; the silence that follows is held back
_LONG_S, _LONGEST_S = 20.0, 30.0
_LOUDNESS_WINDOW = 500  # frames that "quiet" is judged by
_LOUDNESS_SPAN = 4  # frames that a quiet place is long


@dataclass(frozen=True)
class Piece:
    """Audio of an utterance. ``first`` and ``last`` mark its ends; the ending piece is empty."""

    samples: NDArray[np.int16]
    start: int
    """Place of its first sample in samples from the start of the stream; of the ending piece: where the voice ended."""
    first: bool = False
    last: bool = False


class Voice:
    """Finds the utterances in a stream of samples. Not thread-safe."""

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(_MODE)
        self._rest = np.empty(0, np.int16)
        self._place = 0  # of the next frame, in samples
        self._pause = 0
        self._speaking = False
        self._began = 0
        self._recent: deque[NDArray[np.int16]] = deque(maxlen=_BEFORE)
        self._votes: deque[bool] = deque(maxlen=_ONSET_WINDOW)
        self._held: list[NDArray[np.int16]] = []  # silence inside an utterance that may yet be its end
        self._quiet = 0  # frames since the last voiced one
        self._levels = np.zeros(_FLOOR_WINDOW)
        self._frames = 0
        self._floor = 0.0
        self._loudness: deque[float] = deque(maxlen=_LOUDNESS_WINDOW)

    @property
    def speaking(self) -> bool:
        """True inside an utterance, its closing pause included."""
        return self._speaking

    def push(self, samples: NDArray[np.int16], pause: float) -> list[Piece]:
        """The pieces of utterances that these samples complete.

        ``pause`` is the silence in seconds that ends an utterance; the one given
        when an utterance begins counts for it.
        """
        audio = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        whole = len(audio) // FRAME * FRAME
        self._rest = audio[whole:].copy()
        pieces: list[Piece] = []
        for at in range(0, whole, FRAME):
            self._take(audio[at : at + FRAME], pause, pieces)
        return pieces

    def flush(self) -> list[Piece]:
        """Ends the utterance that is going on, if any."""
        if not self._speaking:
            return []
        return [self._end()]

    def _take(self, frame: NDArray[np.int16], pause: float, pieces: list[Piece]) -> None:
        # Of differences, which leaves rumble out.
        level = float(np.abs(np.diff(frame.astype(np.int32))).mean())
        voiced = self._vad.is_speech(frame.tobytes(), RATE) and level > _FLOOR_ABOVE * self._noise(level)
        self._place += FRAME
        if not self._speaking:
            self._recent.append(frame)
            self._votes.append(voiced)
            if sum(self._votes) >= _ONSET:
                pieces.append(self._begin(pause))
            return
        self._loudness.append(level)
        if voiced:
            pieces.extend(self._release())
            self._quiet = 0
            pieces.append(Piece(frame, self._place - FRAME))
        else:
            self._quiet += 1
            if self._quiet <= _AFTER:
                pieces.append(Piece(frame, self._place - FRAME))
            else:
                self._held.append(frame)
            if self._quiet * FRAME >= self._pause:
                pieces.append(self._end())
                return
        if self._long_enough():
            pieces.append(self._end())
            # What follows belongs to the next utterance without a gap.
            pieces.append(self._begin(pause))

    def _noise(self, level: float) -> float:
        """The level of the noise behind the speech, ``level`` being that of the newest frame."""
        self._levels[self._frames % _FLOOR_WINDOW] = level
        self._frames += 1
        if self._frames >= _FLOOR_LEAST and self._frames % _FLOOR_LEAST == 0:  # it changes slowly
            self._floor = float(np.quantile(self._levels[: self._frames], _FLOOR_SHARE))
        return self._floor

    def _begin(self, pause: float) -> Piece:
        samples = np.concatenate([*self._recent]) if self._recent else np.empty(0, np.int16)
        self._speaking = True
        self._pause = round(pause * RATE)
        self._began = self._place - len(samples)
        self._quiet = 0
        self._loudness.clear()
        self._recent.clear()
        self._votes.clear()
        return Piece(samples, self._began, first=True)

    def _release(self) -> list[Piece]:
        """The silence that was held back, now that speech goes on after it."""
        if not self._held:
            return []
        samples = np.concatenate(self._held)
        self._held = []
        return [Piece(samples, self._place - FRAME - len(samples))]

    def _end(self) -> Piece:
        # Held silence may hold the next onset's first breath.
        self._recent.extend(self._held)
        self._held = []
        self._speaking = False
        return Piece(np.empty(0, np.int16), self._place - self._quiet * FRAME, last=True)

    def _long_enough(self) -> bool:
        """True at a quiet place of a long utterance; the longer it is, the less quiet it need be."""
        length = (self._place - self._began) / RATE
        if length < _LONG_S:
            return False
        if length >= _LONGEST_S:
            return True
        loudness = np.convolve(self._loudness, np.ones(_LOUDNESS_SPAN), "valid")
        share = 0.05 + 0.9 * ((length - _LONG_S) / (_LONGEST_S - _LONG_S)) ** 2
        return bool(loudness[-1] <= np.quantile(loudness, share))

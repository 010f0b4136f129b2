"""The ear for one utterance: the recognisers that what is expected calls for, in step on the same audio."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from audio import models
from audio.recogniser import Dictation, Digits, Heard, Upsampler


class Ear(Protocol):
    """One utterance, recognised while it is spoken."""

    def accept(self, samples: NDArray[np.int16]) -> str:
        """Take 8 kHz samples; returns the words so far, '' when only numbers are heard."""
        ...

    def finish(self) -> Heard:
        """What the utterance came to."""
        ...


class VoskEar:
    """Vosk's recognisers: dictation, digits or both."""

    def __init__(self, lang: str, *, dictation: bool, digits: bool) -> None:
        model = models.load(lang)
        self._upsampler = Upsampler()
        self._dictation = Dictation(model) if dictation else None
        self._digits = Digits(model, lang) if digits else None

    def accept(self, samples: NDArray[np.int16]) -> str:
        """Take 8 kHz samples; returns the words so far."""
        return self._take(self._upsampler.take(samples))

    def finish(self) -> Heard:
        """What the utterance came to."""
        self._take(self._upsampler.take(np.empty(0, np.int16), last=True))
        heard = Heard()
        for recogniser in (self._dictation, self._digits):
            if recogniser is not None:
                recogniser.finish(heard)
        return heard

    def _take(self, sound: bytes) -> str:
        if self._digits is not None:
            self._digits.accept(sound)
        return self._dictation.accept(sound) if self._dictation is not None else ""

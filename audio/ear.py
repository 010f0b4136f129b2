"""The ear for one utterance: the recognisers that what is expected calls for, in step on the same audio."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import vosk
from numpy.typing import NDArray

from audio import models
from audio.choice import Choice, named
from audio.recogniser import Dictation, Digits, Recognisers, Word
from audio.whisper import Transcription

if TYPE_CHECKING:
    from faster_whisper import WhisperModel


@dataclass(frozen=True)
class Heard:
    """What one utterance came to; word times in seconds from its first sample."""

    text: str = ""
    words: tuple[Word, ...] = ()
    digits: tuple[str, ...] = ()
    choice: str = ""


class Ear(Protocol):
    """One utterance, recognised while it is spoken."""

    def accept(self, samples: NDArray[np.int16]) -> str:
        """Take 8 kHz samples; returns the words so far, '' when there are none to tell."""
        ...

    def finish(self) -> Heard:
        """What the utterance came to; the ear is of no use afterwards."""
        ...


class VoskEar:
    """Vosk's recognisers: dictation, digits, phrases, or any of them together."""

    def __init__(self, dictation: Dictation | None, digits: Digits | None, choice: Choice | None = None) -> None:
        self._dictation = dictation
        self._digits = digits
        self._choice = choice

    def accept(self, samples: NDArray[np.int16]) -> str:
        """Take 8 kHz samples; returns the words so far."""
        if self._digits is not None:
            self._digits.accept(samples)
        if self._choice is not None:
            self._choice.accept(samples)
        return self._dictation.accept(samples) if self._dictation is not None else ""

    def finish(self) -> Heard:
        """What the utterance came to."""
        words = self._dictation.finish() if self._dictation is not None else ()
        digits = self._digits.finish() if self._digits is not None else ()
        choice = self._choice.finish() if self._choice is not None else ""
        return Heard(" ".join(word.text for word in words), words, digits, choice)


class WhisperEar:
    """Whisper, which hears an utterance when it has ended."""

    def __init__(
        self, model: WhisperModel, *, dictation: bool, digits: bool, phrases: tuple[str, ...] = ()
    ) -> None:
        self._phrases = phrases
        self._transcription = Transcription(model)
        self._dictation = dictation
        self._digits = digits

    def accept(self, samples: NDArray[np.int16]) -> str:
        """Take 8 kHz samples; there are no words before the end."""
        self._transcription.accept(samples)
        return ""

    def finish(self) -> Heard:
        """What the utterance came to."""
        words = self._transcription.words() if self._dictation else ()
        digits = self._transcription.digits() if self._digits else ()
        choice = ""
        if self._phrases:
            choice = named(" ".join(word.text for word in self._transcription.words()), self._phrases)
        return Heard(" ".join(word.text for word in words), words, digits, choice)


def open_ear(lang: str, *, dictation: bool, digits: bool, phrases: tuple[str, ...] = ()) -> Ear:
    """An ear for one utterance in this language. Raises ``audio.models.ModelError``."""
    model = models.load(lang)
    if not isinstance(model, vosk.Model):
        return WhisperEar(model, dictation=dictation, digits=digits, phrases=phrases)
    return VoskEar(
        Dictation(_recognisers(lang)) if dictation else None,
        Digits(models.load_digits(lang), lang) if digits else None,
        Choice(model, lang, phrases) if phrases else None,
    )


@functools.cache
def _recognisers(lang: str) -> Recognisers:
    # As many people at once as a core keeps up with; each that is in use takes up to 250 MB.
    return Recognisers(models.load(lang), keep=6 * (os.cpu_count() or 1))

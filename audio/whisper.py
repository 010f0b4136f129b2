"""English where Vosk's own site is out of reach: Whisper tiny.en, one utterance at a time.

Whisper hears only what has ended, so there are no partials. Through
``faster-whisper`` on CTranslate2; 18 % word error on 15 telephone-band sentences by
real people at 0.22 s of work per second of audio on one core.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soxr
from numpy.typing import NDArray

from audio.grammar import spelled
from audio.recogniser import Word
from audio.wav import RATE

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

MODEL_RATE = 2 * RATE

_TOKEN = re.compile(r"[a-z]+|[0-9]")


def load(folder: Path) -> WhisperModel:
    """The model in this folder."""
    # Here, because it is slow to import and most lines have Vosk's English model.
    from faster_whisper import WhisperModel

    # Parallel work comes from the decoder threads.
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=os.cpu_count() or 1)


class Transcription:
    """One utterance, recognised when it has ended: its words, its digits or both."""

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._blocks: list[NDArray[np.int16]] = []
        self._words: tuple[Word, ...] | None = None

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Take 8 kHz samples."""
        self._blocks.append(samples)

    def words(self) -> tuple[Word, ...]:
        """The words with their punctuation; times count from the first sample."""
        if self._words is None:
            self._words = self._transcribe()
        return self._words

    def digits(self) -> tuple[str, ...]:
        """Distinct digit strings, the best first: with figures forbidden Whisper keeps more of a long number."""
        readings = self._transcribe(figures=False), self.words()
        texts = (spelled(_TOKEN.findall(" ".join(word.text for word in words).lower()), "en") for words in readings)
        return tuple(dict.fromkeys(text for text in texts if text))

    def _transcribe(self, *, figures: bool = True) -> tuple[Word, ...]:
        if not self._blocks:
            return ()
        sound = soxr.resample(np.concatenate(self._blocks).astype(np.float32) / 32768, RATE, MODEL_RATE)
        segments, _ = self._model.transcribe(
            sound,
            language="en",
            condition_on_previous_text=False,
            word_timestamps=True,
            suppress_tokens=[-1] if figures else [-1, *_figures(self._model)],
        )
        words: list[Word] = []
        for part in (part for segment in segments for part in segment.words or ()):
            if words and not part.word.startswith(" "):  # 1 -38 -0 is one word
                words[-1] = Word(words[-1].text + part.word, words[-1].start, float(part.end))
            elif part.word.strip():
                words.append(Word(part.word.strip(), float(part.start), float(part.end)))
        return tuple(words)


@functools.cache
def _figures(model: WhisperModel) -> tuple[int, ...]:
    """The tokens with a figure in them."""
    vocabulary = model.hf_tokenizer.get_vocab()
    return tuple(number for token, number in vocabulary.items() if any(map(str.isdigit, token)) and token[0] != "<")

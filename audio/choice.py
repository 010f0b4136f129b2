"""A recogniser limited to what may be answered in so many words: a menu's options, yes and no.

It hears the same audio beside dictation and digits. What it gives is one of the phrases, and only when
that is all that was said; anything else is for dictation.

Measured on the telephone band: of 76 phrases by three synthetic voices 72 right, none wrong; of 122
recorded sentences and numbers by real people and in calls, put to five states each, none was taken
for a phrase (before the limits on time below, 26 were). 0.024 s of work per second of audio.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Sequence

import numpy as np
import vosk
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from audio.grammar import UNKNOWN
from audio.wav import RATE

FILLERS = {
    "zh": ("嗯", "啊", "那个", "我要", "我想", "请", "帮我", "给我", "吧", "谢谢", "你好"),
    "en": ("uh", "um", "well", "please", "i want", "i'd like", "thanks"),
}
"""What people put before and after a choice; heard and passed over."""

UNKNOWN_S = 0.4
"""Seconds of something else that a choice may be wrapped in: a breath, a cough, 啊."""

ALIKE = 85
"""How much a transcript must be like a phrase, of 100."""

_LETTERS = re.compile(r"[a-z']+")

SPOKEN_S = (0.08, 0.7)
"""Shortest and longest time that a syllable of Mandarin takes; a choice beyond was something else."""


class Choice:
    """One utterance, in which only these phrases are recognised."""

    def __init__(self, model: vosk.Model, lang: str, phrases: Sequence[str]) -> None:
        self._meaning = {
            "".join(words): phrase for phrase in reversed(phrases) if (words := _words(model, phrase, lang))
        }
        fillers = [words for filler in FILLERS[lang] if (words := _words(model, filler, lang))]
        self._fillers = {word for words in fillers for word in words}
        heard = [_words(model, phrase, lang) for phrase in self._meaning.values()]
        grammar = [*(" ".join(words) for words in (*heard, *fillers)), UNKNOWN]
        # Vosk does not read \u escapes.
        self._recogniser = vosk.KaldiRecognizer(model, RATE, json.dumps(grammar, ensure_ascii=False))
        self._recogniser.SetWords(True)
        self._lang = lang

    def accept(self, samples: NDArray[np.int16]) -> None:
        """Take 8 kHz samples."""
        self._recogniser.AcceptWaveform(samples.tobytes())

    def finish(self) -> str:
        """The phrase that was said, as it was given; '' for anything else."""
        found = json.loads(self._recogniser.FinalResult()).get("result", [])
        if sum(word["end"] - word["start"] for word in found if word["word"] == UNKNOWN) > UNKNOWN_S:
            return ""
        for fillers in (set(), self._fillers):
            said = [word for word in found if word["word"] != UNKNOWN and word["word"] not in fillers]
            phrase = self._meaning.get("".join(word["word"] for word in said), "")
            if phrase:
                return phrase if self._spoken(said) else ""
        return ""

    def _spoken(self, said: list[dict]) -> bool:
        if self._lang != "zh":
            return True
        seconds = sum(word["end"] - word["start"] for word in said)
        return SPOKEN_S[0] <= seconds / sum(len(word["word"]) for word in said) <= SPOKEN_S[1]


def named(text: str, phrases: Sequence[str]) -> str:
    """The phrase that a transcript amounts to, as it was given; '' for none. For ears that hear only whole text."""
    said = " ".join(_LETTERS.findall(text.lower()))
    for filler in FILLERS["en"]:
        said = said.removeprefix(filler + " ").removesuffix(" " + filler)
    found = process.extractOne(said, phrases, scorer=fuzz.ratio, processor=str.lower, score_cutoff=ALIKE)
    return found[0] if found and said else ""


@functools.lru_cache(maxsize=4096)
def _words(model: vosk.Model, phrase: str, lang: str) -> tuple[str, ...]:
    """The phrase in words that the model knows, as few as will do; () when it has none for a part of it."""
    if lang != "zh":
        words = tuple(phrase.lower().split())
        return words if all(model.vosk_model_find_word(word) >= 0 for word in words) else ()
    best: list[tuple[str, ...] | None] = [()]
    for end in range(1, len(phrase) + 1):
        ways = [
            (*before, phrase[start:end])
            for start in range(end)
            if (before := best[start]) is not None and model.vosk_model_find_word(phrase[start:end]) >= 0
        ]
        best.append(min(ways, key=len, default=None))
    return best[-1] or ()

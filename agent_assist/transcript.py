"""How far a transcript is from what was said: characters in Mandarin, words in English, figures and digit words alike."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from .digits import ZH, runs

UNIT = {"zh": "character", "en": "word"}
"""What is counted in each language."""


@dataclass(frozen=True)
class Error:
    """Units that must be put in, taken out or exchanged, of the units that were said."""

    units: int = 0
    of: int = 0

    def __add__(self, other: Error) -> Error:
        return Error(self.units + other.units, self.of + other.of)

    @property
    def rate(self) -> float | None:
        """Errors per unit said, None when nothing was said; above 1 where much was heard that nobody said."""
        return self.units / self.of if self.of else None


def units(text: str, lang: str) -> list[str]:
    """The characters (``zh``) or words (``en``) of a text, without marks; 零, 〇, "zero" and "oh" are all 0."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if lang == "zh":
        return [ZH.get(char, char) for char in plain if char.isalnum()]
    plain = _apart(plain)
    return "".join(char if char.isalnum() else "" if char in "'’" else " " for char in plain).split()


def _apart(text: str) -> str:
    """English text with its numbers digit by digit: whoever writes "138" and "one three eight" wrote the same."""
    parts, end = [], 0
    for run in runs(text, "en"):
        parts += [text[end : run.start], " ", " ".join(run.digits), " "]
        end = run.end
    return "".join([*parts, text[end:]])


def error(said: str, heard: str, lang: str) -> Error:
    """The distance between what was said and what was heard."""
    reference = units(said, lang)
    return Error(Levenshtein.distance(reference, units(heard, lang)), len(reference))

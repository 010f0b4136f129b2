"""Which category a sentence is most like, learned from the sentences in `words/complaints-*.tsv` (kernel ridge)."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from .form import Heard
from .line import Line
from .sound import spell

_FOLDER = Path(__file__).parent / "words"
_RIDGE = 0.5
"""How much a fit to single sentences is held back; from 0.1 to 1 it matters little."""
_OFFSET = 0.02
"""Added to each product of two sentences: the part of a label that depends on no word."""
_LEAST_SEEN = 2
"""Features seen in fewer sentences than this say nothing."""

NOTHING = "none"
"""Label of the sentences that are no complaint about the line: greetings, questions, other firms."""

_ENDINGS = re.compile(r"(?<=[a-z]{3})(?:ings?|ed|es|ly|s|e|y)$")


def features(chars: str, lang: str) -> frozenset[str]:
    """Character (or sound) 1- to 3-grams of Chinese; of other languages stems, pairs of them and parts of words."""
    if lang == "zh":
        plain = re.sub(r"[^0-9a-z㐀-鿿\ue000-\uf8ff]+", "", chars)
        return frozenset(plain[at:at + size] for size in (1, 2, 3) for at in range(len(plain) - size + 1))
    words = re.findall(r"[a-z0-9']+", chars)
    stems = [_stem(word) for word in words]
    # Parts of words bring together what the stem does not (subscribe, subscription; bill, billing).
    parts = {f"#{whole[at:at + size]}" for whole in (f"^{word}$" for word in set(words))
             for size in (4, 5) for at in range(len(whole) - size + 1)}
    return frozenset(stems) | frozenset(f"{a} {b}" for a, b in zip(stems, stems[1:], strict=False)) | parts


def _stem(word: str) -> str:
    """A word without its commonest endings."""
    bare = _ENDINGS.sub("", re.sub(r"n't$|'(?:s|ve|re|ll|d|m)$", "", word))
    return bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] else bare


@dataclass(frozen=True)
class _Model:
    """What was learned of a language."""

    labels: tuple[str, ...]
    place: dict[str, int]
    """Row of each useful feature."""
    rarity: np.ndarray
    """Weight of each feature: the rarer, the more it says."""
    weights: np.ndarray
    """For each feature what it adds to each label."""
    offset: np.ndarray

    def vector(self, said: frozenset[str]) -> tuple[list[int], np.ndarray]:
        """The rows of the features said, and their weights scaled to length 1."""
        rows = sorted(self.place[feature] for feature in said if feature in self.place)
        values = self.rarity[rows]
        return rows, values / max(1e-9, float(np.linalg.norm(values)))


@cache
def _model(lang: str, heard: bool) -> _Model:
    """Ridge regression of the labels on the features of the sentences.

    Solved by way of the products of the sentences with each other (about a thousand equations), which takes
    a fraction of a second and has one answer, so that nothing trained need be kept in a file.
    """
    rows = [row.split("\t") for row in (_FOLDER / f"complaints-{lang}.tsv").read_text("utf-8").splitlines()
            if row and not row.startswith("#")]
    texts = [Line(Heard(text, "problem", lang)).chars for _, text in rows]
    said = [features(spell(text) if heard else text, lang) for text in texts]
    seen = Counter(feature for one in said for feature in one)
    useful = sorted(feature for feature, count in seen.items() if count >= _LEAST_SEEN)
    rarity = np.array([math.log((len(rows) + 1) / (seen[feature] + 0.5)) for feature in useful], np.float32)
    labels = tuple(sorted({label for label, _ in rows}))
    untaught = _Model(labels, {feature: at for at, feature in enumerate(useful)}, rarity, np.empty(0), np.empty(0))
    matrix = np.zeros((len(rows), len(useful)), np.float32)
    for at, one in enumerate(said):
        places, values = untaught.vector(one)
        matrix[at, places] = values
    right = np.array([[label == one for one in labels] for label, _ in rows], float)
    share = np.linalg.solve(matrix @ matrix.T + _OFFSET + _RIDGE * np.eye(len(rows)), right)
    return replace(untaught, weights=matrix.T @ share.astype(np.float32), offset=_OFFSET * share.sum(axis=0))


def likeness(line: Line) -> list[tuple[str, float]]:
    """Categories (and `NOTHING`) with how like them a line is, best first; empty when no feature is known.

    About 1 for a sentence that is all one category, about 0 for the others. Dictated Chinese is compared by
    sound, so that homophones do not matter.
    """
    lang = "zh" if line.heard.lang == "zh" else "en"
    model = _model(lang, line.dictated)
    rows, values = model.vector(features(line.sound if line.dictated else line.chars, lang))
    if not rows:
        return []
    totals = values @ model.weights[rows] + model.offset
    return sorted(((label, float(total)) for label, total in zip(model.labels, totals, strict=True)),
                  key=lambda item: -item[1])

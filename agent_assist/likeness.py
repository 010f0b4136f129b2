"""Which category a sentence is most like, learned from the sentences in `words/complaints-*.tsv` (naive Bayes)."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

from .line import Line
from .sound import spell

_FOLDER = Path(__file__).parent / "words"
_SMOOTHING = 0.5
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


@cache
def _model(lang: str, heard: bool) -> dict[str, dict[str, float]]:
    """For each useful feature the log odds of its appearance, by category."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    sentences: Counter[str] = Counter()
    for row in (_FOLDER / f"complaints-{lang}.tsv").read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            label, text = row.split("\t")
            sentences[label] += 1
            text = spell(text.lower()) if heard else text.lower()
            for feature in features(text, lang):
                seen[feature][label] += 1
    everything = sum(sentences.values())
    model = {}
    for feature, counts in seen.items():
        total = sum(counts.values())
        if total < _LEAST_SEEN:
            continue
        background = (total + _SMOOTHING) / (everything + 2 * _SMOOTHING)
        model[feature] = {
            label: math.log((counts[label] + _SMOOTHING) / (number + 2 * _SMOOTHING) / background)
            for label, number in sentences.items()
        }
    return model


def likeness(line: Line) -> list[tuple[str, float]]:
    """Categories (and `NOTHING`) with their odds for a line, best first; empty when nothing is known.

    The log odds of the features are added and divided by the square root of their number: features overlap,
    so that a long story would otherwise be surer than it is. Dictated Chinese is compared by sound, so that
    homophones do not matter.
    """
    lang = "zh" if line.heard.lang == "zh" else "en"
    model = _model(lang, line.dictated)
    said = features(line.sound if line.dictated else line.chars, lang)
    known = [model[feature] for feature in sorted(said) if feature in model]
    if not known:
        return []
    totals = {label: sum(odds[label] for odds in known) / math.sqrt(len(known)) for label in known[0]}
    return sorted(totals.items(), key=lambda item: -item[1])

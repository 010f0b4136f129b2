"""What a complaint is about: weighted words and likeness to known complaints; None rather than a guess."""

from __future__ import annotations

import re
from collections import defaultdict

from .focus import focus
from .form import Value
from .lexicon import Hit, lexicon, table
from .likeness import NOTHING, likeness
from .line import Line

ASKED = ("problem", "category", "what")
"""Questions whose answer tells the category."""

NEEDED = {True: 0.8, False: 1.9}
"""The least evidence for a category, asked for it or not."""
NEEDED_UNNAMED = 1.0
"""The same when no word names it and only the likeness speaks for it."""
NEEDED_BY_SOUND = 1.35
"""The same when its words were only heard alike."""
CLEAR = {True: 0.2, False: 0.5}
"""By how much it must lead the next one."""

_QUESTION = {
    "zh": re.compile(r"[?？]|怎么样|天气|[吗呢嘛]\W*$|什么时候|几[点号]|星期几|[谁哪]"),
    "en": re.compile(r"\?|\bweather\b|^\W*(?:what|who|when|where|which|how|is|are|was|were|do|does|did|can|could|will|would|may)\b"),
}
_KIN = {"billing_anomaly", "wrong_charge"}
"""Money taken wrongly is often either: a small lead decides, since to ask would help nobody."""
NEAR = 0.5
"""The least evidence for a category that is offered as a choice."""

LIKENESS_WEIGHT = 4.0
"""Evidence per unit of `likeness`. It, `NOTHING_MORE` and the asked bars were chosen by leaving out each
sentence of `words/complaints-*.tsv` in turn: most right less wrong less half of what is made of a sentence
that is no complaint. The words' weights are set by hand and were not part of that."""
NOTHING_MORE = 0.5
"""Evidence that a sentence is no complaint to begin with."""


def scores(line: Line) -> tuple[dict[str, float], dict[str, list[Hit]]]:
    """The weight of words for each category, and the words that make it up."""
    grouped: dict[str, list[Hit]] = defaultdict(list)
    for hit in lexicon("category", line.heard.lang).find(line):
        grouped[hit.label].append(hit)
    total: dict[str, float] = {}
    used: dict[str, list[Hit]] = {}
    for label, hits in grouped.items():
        kept: dict[str, Hit] = {}
        for hit in sorted(hits, key=lambda h: -h.weight):
            kept.setdefault(hit.pattern, hit)
        ranked = sorted(kept.values(), key=lambda h: -h.weight)
        # Each further word for the same thing says less that is new.
        total[label] = sum(hit.weight * 0.6 ** place for place, hit in enumerate(ranked))
        used[label] = ranked
    return _explained(total), used


def _explained(total: dict[str, float]) -> dict[str, float]:
    """The weights with general categories cut where a more particular one explains the words."""
    over = table("category")["over"]
    cut = {general for label, generals in over.items() if label in total and total[label] >= over["strong"]
           for general in generals if total.get(general, 0.0) < 2 * total[label]}
    return {label: weight * (over["share"] if label in cut else 1.0) for label, weight in total.items()}


def beside_the_point(line: Line) -> bool:
    """True for a question that is no complaint (明天天气怎么样): what it mentions belongs on no form."""
    if line.heard.ask not in ASKED or not _QUESTION["zh" if line.heard.lang == "zh" else "en"].search(line.heard.text.lower()):
        return False
    ranked = _ranked(line)[0]
    return bool(ranked) and ranked[0][0] == NOTHING


def close(line: Line) -> tuple[str, ...]:
    """The categories that the words point to without deciding, likeliest first; () when to none."""
    if line.heard.ask not in ASKED or category(line) is not None:
        return ()
    ranked = _ranked(line)[0]
    return tuple(label for label, weight in ranked if label != NOTHING and weight >= max(NEAR, ranked[0][1] / 2))


def _ranked(line: Line) -> tuple[list[tuple[str, float]], dict[str, list[Hit]]]:
    """Categories by weight, and the words that speak for each."""
    line = focus(line)
    total, used = scores(line)
    if line.heard.ask in ASKED:
        for label, odds in likeness(line):
            more = NOTHING_MORE if label == NOTHING else 0.0
            total[label] = total.get(label, 0.0) + LIKENESS_WEIGHT * odds + more
    return sorted(total.items(), key=lambda item: -item[1]), used


def category(line: Line) -> Value | None:
    """The category that the words speak for, with the words as its source; None when unsure.

    Asked for it, the likeness to the sentences of `words/complaints-*.tsv` counts as well; elsewhere only
    plain words do.
    """
    asked = line.heard.ask in ASKED
    if not asked and line.heard.ask:
        return None
    ranked, used = _ranked(line)
    if not ranked:
        return None
    label, best = ranked[0]
    if label == NOTHING:
        return None
    lead = best - (ranked[1][1] if len(ranked) > 1 else 0.0)
    kin = len(ranked) > 1 and {label, ranked[1][0]} == _KIN and len(ranked) > 2 and best - ranked[2][1] >= 2 * CLEAR[asked]
    plain = any(hit.how == "text" for hit in used.get(label, ()))
    needed = NEEDED[asked] if plain else max(NEEDED[asked], NEEDED_UNNAMED if label not in used else NEEDED_BY_SOUND)
    if best < needed or lead < (CLEAR[asked] / 4 if kin else CLEAR[asked]):
        return None
    score = min(1.0, 0.4 + 0.15 * best + 0.2 * lead)
    others = tuple(name for name, weight in ranked[1:3] if weight >= best / 2 and name != NOTHING)
    start, end, how = (used[label][0].start, used[label][0].end, used[label][0].how) if label in used else (
        0, len(line.chars), "text")
    return Value("category", label, source=line.source(start, end, how, score, others))

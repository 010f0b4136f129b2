"""What a complaint is about, from weighted words; None rather than a guess."""

from __future__ import annotations

from collections import defaultdict

from .form import Value
from .lexicon import Hit, lexicon, table
from .line import Line

ASKED = ("problem", "category", "what")
"""Questions whose answer tells the category."""

NEEDED = {True: 1.0, False: 1.9}
"""The least evidence for a category, asked for it or not."""
CLEAR = {True: 0.15, False: 0.5}
"""By how much it must lead the next one."""


def scores(line: Line) -> tuple[dict[str, float], dict[str, list[Hit]]]:
    """The weight of evidence for each category, and the words that make it up (overlaps count once)."""
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


def category(line: Line) -> Value | None:
    """The category that the words speak for, with the words as its source; None when unsure."""
    asked = line.heard.ask in ASKED
    if not asked and line.heard.ask:
        return None
    total, used = scores(line)
    if not total:
        return None
    ranked = sorted(total.items(), key=lambda item: -item[1])
    label, best = ranked[0]
    lead = best - (ranked[1][1] if len(ranked) > 1 else 0.0)
    if best < NEEDED[asked] or lead < CLEAR[asked]:
        return None
    hit = used[label][0]
    score = min(1.0, 0.4 + 0.15 * best + 0.2 * lead)
    others = tuple(name for name, weight in ranked[1:3] if weight >= best / 2)
    return Value("category", label, source=line.source(hit.start, hit.end, hit.how, score, others))

"""What the call is for: complain, status, escalate, agent; None when nothing says so."""

from __future__ import annotations

from collections import defaultdict

from .lexicon import lexicon
from .line import Line

NEEDED = 1.0
_QUIET = ("phone", "number", "id_number", "amount", "name", "evidence", "location", "occurred", "resolution")
"""Questions whose answers change the intent only when they say so plainly."""
_PLAIN = 1.5


def intent(line: Line) -> str | None:
    """The intent that the words speak for."""
    best: dict[str, dict[str, float]] = defaultdict(dict)
    for hit in lexicon("intent", line.heard.lang).find(line):
        seen = best[hit.label]
        seen[hit.pattern] = max(hit.weight, seen.get(hit.pattern, 0.0))
    total = {label: sum(weights.values()) for label, weights in best.items()}
    if not total:
        return None
    label = max(total, key=lambda name: total[name])
    quiet = line.heard.ask in _QUIET
    if total[label] < (_PLAIN if quiet else NEEDED) or (quiet and label in ("complain", "status", "escalate")):
        return None
    return label

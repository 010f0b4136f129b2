"""The page of an evaluation: one HTML file with every miss, its words and its sound, that needs no network."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .evaluation import KINDS, Caller, Either, Judgement, share

SOUND_LIMIT = 64_000_000
"""Bytes of sound in a page, as text; browsers open a page with more of it slowly or not at all."""

KIND_LABELS = {
    "wrong": ("错误 wrong", "≠"),
    "missing": ("缺失 missing", "−"),
    "invented": ("臆造 invented", "+"),
    "right": ("正确 right", "✓"),
}
"""What each kind is called and the sign it bears, so that colour is not the only one."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a transcript; ``kind`` is '' where no value came from it."""

    text: str
    kind: str
    fields: str


def html(
    result: Mapping[str, Any],
    callers: Sequence[Caller],
    labels: Mapping[str, str],
    notes: Sequence[str],
    sound: Callable[[int, int], bytes],
    limit: int = SOUND_LIMIT,
) -> str:
    """The page of a ``result`` of ``evaluate``, callers with misses first.

    ``labels``: what fields are called; ``notes``: lines below the summary; ``sound(line, place)``: the
    recording of a caller's answer as a WAV that browsers play (PCM). Sound beyond ``limit`` is left out,
    and the page says so.
    """
    room, silent, shown = limit, False, []
    for caller in sorted(callers, key=lambda caller: (not caller.misses, caller.line)):
        turns = []
        for place, turn in enumerate(caller.turns):
            data = base64.b64encode(sound(caller.line, place)).decode() if not silent else ""
            # Once one is left out all that follow are, so that the page says plainly where it stops.
            silent = silent or len(data) > room
            room -= len(data)
            turns.append({"turn": turn, "sound": "" if silent else data, "heard": list(_pieces(caller, place, labels))})
        shown.append({"caller": caller, "turns": turns, "rows": [_row(caller, one, labels) for one in _ordered(caller)]})
    return (
        _templates()
        .get_template("evaluation.html")
        .render(
            result=result, score=result["score"], callers=shown, labels=labels, notes=notes, kinds=KIND_LABELS,
            silent=silent, share=share, voices=sorted({caller.voice for caller in callers}),
            fields=[name for name in labels if any(one.field == name for caller in callers for one in caller.judgements)],
        )
    )  # fmt: skip


@lru_cache
def _templates() -> Environment:
    # What manifests and recognisers wrote is text and never markup.
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _ordered(caller: Caller) -> list[Judgement]:
    return sorted(caller.judgements, key=lambda one: one.kind == "right")


def _row(caller: Caller, one: Judgement, labels: Mapping[str, str]) -> dict[str, Any]:
    place = caller.turn(one)
    label, sign = KIND_LABELS[one.kind]
    return {
        "field": one.field, "kind": one.kind, "label": labels[one.field], "kind_label": label, "sign": sign,
        "expected": _shown(one.field, one.expected), "got": _shown(one.field, one.got),
        "ask": caller.turns[place].ask if place is not None else "",
        "how": one.source.how if one.source else "", "words": one.source.raw if one.source else "",
    }  # fmt: skip


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, Either):
        return " | ".join(_shown(name, one) for one in value)
    if name == "amount":
        return f"¥{value:g}" if value < 1e6 else f"¥{value:.2f}"
    return " + ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _pieces(caller: Caller, place: int, labels: Mapping[str, str]) -> Iterable[Piece]:
    """What was heard of an answer, cut where the words of values begin and end."""
    turn = caller.turns[place]
    for number, text in enumerate(turn.heard, start=turn.first):
        if number > turn.first:
            yield Piece(" ‖ ", "", "")
        marked = [
            (one.source.span, one)
            for one in caller.judgements
            if one.source is not None and one.source.utterance == number and one.source.span is not None
        ]
        cuts = sorted({0, len(text), *(cut for span, _ in marked for cut in span if cut <= len(text))})
        for low, high in zip(cuts, cuts[1:], strict=False):
            here = [one for span, one in marked if span[0] <= low and high <= span[1]]
            # The kind that matters most wins where the words of several values overlap.
            kind = max((one.kind for one in here), key=lambda kind: (kind != "right", KINDS.index(kind)), default="")
            yield Piece(text[low:high], kind, ", ".join(labels[one.field] for one in here))

"""Reads the sentences of tests/data/sentences and counts how the form does on them."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from agent_assist.evaluation import FIELDS, UNJUDGED, facts, judge
from agent_assist.extract import extract
from agent_assist.form import Form, Heard

FOLDER = Path(__file__).parent / "data" / "sentences"
ON = datetime.date(2026, 11, 23)


@dataclass(frozen=True)
class Sentence:
    """A sentence, the question it answers, and the values it holds ('?': may be either; 'a|b': one of them)."""

    ask: str
    text: str
    lang: str
    expected: dict[str, str]


def sentences(name: str) -> list[Sentence]:
    """The sentences of one file, e.g. 'zh'."""
    found = []
    for row in (FOLDER / f"{name}.tsv").read_text("utf-8").splitlines():
        if not row or row.startswith("#"):
            continue
        ask, text, *rest = row.split("\t")
        expected = dict(re.findall(r"(\w+)=(.*?)(?=\s\w+=|\s*$)", rest[0])) if rest else {}
        found.append(Sentence(ask, text, name[:2], expected))
    return found


def count(names: list[str]) -> tuple[dict[str, Counter], list[str]]:
    """For each field how often it was right, wrong, missing, invented; and a line for each miss."""
    table: dict[str, Counter] = {name: Counter() for name in FIELDS}
    misses = []
    for sentence in [s for name in names for s in sentences(name)]:
        found = extract(Heard(sentence.text, sentence.ask, sentence.lang), ON)
        # That a complaint was understood as one counts here, where a form takes it for granted.
        form, _ = Form(intent=found.intent or "nothing").take(found.values)
        expected = facts({"intent": UNJUDGED, **sentence.expected})
        for one in judge(expected, form, ON, sentence.lang):
            table[one.field][one.kind] += 1
            if one.kind != "right":
                misses.append(f"{one.kind} {one.field}: {one.expected} {one.got} | {sentence.text}")
    return table, misses

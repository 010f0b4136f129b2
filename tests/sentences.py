"""Reads the sentences of tests/data/sentences and counts how the form does on them."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from agent_assist.extract import extract
from agent_assist.form import FIELDS, Heard

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


def plain(value) -> str:
    """A value as the files write it."""
    return "+".join(sorted(value)) if isinstance(value, list) else str(value)


def outcome(expected: str | None, got: str | None) -> str | None:
    """right, wrong, missing or invented; None when there was nothing and nothing was found."""
    if expected is None:
        return None if got is None else "invented"
    if got is None:
        return "missing"
    fine = [option if "+" not in option else "+".join(sorted(option.split("+"))) for option in expected.split("|")]
    return "right" if got in fine else "wrong"


def count(names: list[str]) -> tuple[dict[str, Counter], list[str]]:
    """For each field how often it was right, wrong, missing, invented; and a line for each miss."""
    table: dict[str, Counter] = {name: Counter() for name in FIELDS}
    misses = []
    for sentence in [s for name in names for s in sentences(name)]:
        found = extract(Heard(sentence.text, sentence.ask, sentence.lang), ON)
        got = {value.field: plain(value.value) for value in found.values}
        for name in FIELDS:
            expected = sentence.expected.get(name)
            if expected == "?":
                continue
            result = outcome(expected, got.get(name))
            if result:
                table[name][result] += 1
            if result not in (None, "right"):
                misses.append(f"{result} {name}: {expected} {got.get(name)} | {sentence.text}")
        expected = sentence.expected.get("intent")
        if expected not in (None, "?") and found.intent != expected:
            misses.append(f"intent: {expected} {found.intent} | {sentence.text}")
    return table, misses

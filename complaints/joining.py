"""The same complaint by two channels: how alike two complaints are, and why. Pure.

A caller who writes in the app and then calls the line has one trouble, not two. What is alike is offered for
joining with its reasons; people decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from agent_assist.occurred import resolve
from agent_assist.sound import spell

NEEDED = 5.0
"""The least evidence for an offer; the same phone and category alone are not enough."""
APART = timedelta(days=30)
"""Complaints filed further apart are not compared."""
_DAYS_NEAR = 3
_ALIKE = 0.25
"""Likeness of two stories from which it speaks for one trouble; stories of different troubles stay below 0.1."""
_FEWEST = 4
"""Pairs of a story that is too short to be compared."""
_WEIGHT = {"phone": 3.0, "category": 1.0, "amount": 2.0, "occurred": 1.5, "location": 0.5, "words": 2.5, "filed": 0.5}
_AGAINST = {"category": 1.5, "amount": 2.0, "occurred": 2.5}
_KIN = frozenset({"billing_anomaly", "wrong_charge"})
_KIN_NETWORK = frozenset({"service_outage", "slow_network"})


@dataclass(frozen=True)
class Facts:
    """What is compared of a complaint: ``filed`` is the day it was filed, ``words`` the story, ``channel`` where it came from."""

    number: str
    channel: str
    filed: date
    phones: frozenset[str]
    category: str | None
    amount: float | None
    occurred: tuple[date, date] | None
    location: str | None
    words: str

    @classmethod
    def of(cls, number: str, channel: str, filed: date, form: dict[str, Any], also: Iterable[str] = ()) -> Facts:
        """From an intake form; ``also`` are phone numbers besides the one in it."""
        fields = {name: entry.get("value") for name, entry in form.get("fields", {}).items()}
        when, amount = fields.get("occurred"), fields.get("amount")
        phones = frozenset(_bare(str(one)) for one in (fields.get("phone"), *also) if one)
        return cls(
            number, channel, filed, phones, fields.get("category"), float(amount) if isinstance(amount, int | float) else None,
            resolve(str(when), filed) if when else None, fields.get("location"), form.get("description") or "",
        )


@dataclass(frozen=True)
class Candidate:
    """A complaint that may be the same: how strongly, and why (words of ``join.<reason>``, strongest first)."""

    number: str
    channel: str
    score: float
    reasons: tuple[str, ...]


def candidates(one: Facts, others: Iterable[Facts]) -> list[Candidate]:
    """Those of ``others`` that may be the same trouble, likeliest first."""
    found = []
    for other in others:
        if other.number == one.number or abs(other.filed - one.filed) > APART:
            continue
        score, reasons = likeness(one, other)
        if score >= NEEDED:
            found.append(Candidate(other.number, other.channel, score, reasons))
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.number))


def likeness(one: Facts, other: Facts) -> tuple[float, tuple[str, ...]]:
    """How much speaks for one trouble, and what does; what speaks against it counts too."""
    held: dict[str, float] = {}
    against = 0.0
    if one.phones & other.phones:
        held["phone"] = _WEIGHT["phone"]
    if one.category and other.category:
        pair = {one.category, other.category}
        if len(pair) == 1 or pair == _KIN or pair == _KIN_NETWORK:
            held["category"] = _WEIGHT["category"]
        else:
            against += _AGAINST["category"]
    if one.amount is not None and other.amount is not None:
        if abs(one.amount - other.amount) <= 0.01 * max(one.amount, other.amount):
            held["amount"] = _WEIGHT["amount"]
        else:
            against += _AGAINST["amount"]
    if one.occurred and other.occurred:
        gap = max(one.occurred[0], other.occurred[0]) - min(one.occurred[1], other.occurred[1])
        if gap <= timedelta(days=_DAYS_NEAR):
            held["occurred"] = _WEIGHT["occurred"]
        else:
            against += _AGAINST["occurred"]
    if one.location and other.location and (one.location in other.location or other.location in one.location):
        held["location"] = _WEIGHT["location"]
    alike = words_alike(one.words, other.words)
    if alike >= _ALIKE:
        held["words"] = _WEIGHT["words"] * min(1.0, 2 * alike)
    if abs(one.filed - other.filed) <= timedelta(days=7):
        held["filed"] = _WEIGHT["filed"]
    reasons = tuple(sorted(held, key=lambda name: -held[name]))
    return sum(held.values()) - against, reasons


def words_alike(one: str, other: str) -> float:
    """Likeness of two stories, 0 to 1: how much of the shorter one's pairs of words (or sounds) the other has too.

    Mandarin is compared as it sounds, so that a recogniser's homophones differ from no typed word.
    """
    first, second = _pairs(one), _pairs(other)
    return len(first & second) / min(len(first), len(second)) if min(len(first), len(second)) >= _FEWEST else 0.0


def _pairs(text: str) -> frozenset[str]:
    plain = text.casefold()
    if any("㐀" <= char <= "鿿" for char in plain):
        sounds = spell("".join(char for char in plain if char.isalnum()))
        return frozenset(sounds[at : at + 2] for at in range(len(sounds) - 1))
    words = re.findall(r"\w+", plain)
    return frozenset(words) | frozenset(f"{a} {b}" for a, b in pairwise(words))


def _bare(phone: str) -> str:
    return phone.removeprefix("+86").removeprefix("0086")

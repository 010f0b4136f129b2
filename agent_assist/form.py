"""The intake form of one call: its fields, where each value came from, and how later speech changes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FIELDS = (
    "category", "phone", "name", "id_number", "amount",
    "occurred", "location", "evidence", "resolution", "complaint_number",
)
"""Names of the form's fields, in the order in which they are shown."""

LISTS = frozenset({"evidence", "resolution"})
"""Fields that hold several values; what is said later is added."""

STATES = ("heard", "confirmed", "edited")
"""How sure a value is: heard by the recogniser, confirmed by the caller, written by an agent."""

INTENTS = ("complain", "status", "escalate", "agent")
"""What a call is for."""


@dataclass(frozen=True)
class Heard:
    """One utterance as it reaches extraction."""

    text: str
    """Words as recognised or typed; raw, never changed."""
    ask: str = ""
    """What was asked: problem, phone, resolution, evidence, number, ... or '' when nothing was."""
    lang: str = "zh"
    digits: tuple[str, ...] = ()
    """Digit strings of the digit-limited recogniser, best first; empty when it did not run."""
    start: float = 0.0
    """Audio time in seconds at which the utterance starts."""
    end: float = 0.0
    utterance: int = 0
    """Index of the utterance in the call."""
    words: tuple = ()
    """Words with `text`, `start`, `end` (seconds), as the recogniser gave them; empty for typed text."""
    hints: tuple[str, ...] = ()
    """Numbers known to exist (the caller's own number, complaint numbers on file): preferred when they
    were heard or nearly heard (two digits off and no other so near), used for "this number", never
    filled in by themselves."""
    keyed: bool = False
    """True when `digits` holds telephone keys and nothing was spoken."""


@dataclass(frozen=True)
class Source:
    """Where a value came from."""

    utterance: int
    raw: str
    """The words themselves, cut from the utterance's text (the digits heard when `how` is 'digits')."""
    span: tuple[int, int] | None
    """Character span in the utterance's text; None when only the digit recogniser heard it."""
    start: float
    """Audio time in seconds."""
    end: float
    how: str
    """'text' (as written), 'sound' (matched by pronunciation), 'digits' (digit recogniser), 'keyed'
    (telephone keys), 'hint' (a number already known that the caller pointed to)."""
    score: float = 1.0
    """0..1, how well it fits; comparable within one field only."""
    alternatives: tuple = ()
    """Other readings that were nearly as good, best first."""

    def to_json(self) -> dict:
        """The source as JSON's types."""
        return {
            "utterance": self.utterance, "raw": self.raw,
            "span": None if self.span is None else list(self.span),
            "start": self.start, "end": self.end, "how": self.how,
            "score": self.score, "alternatives": list(self.alternatives),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Source:
        """The opposite of `to_json`; KeyError when a part without default is absent."""
        span = data["span"]
        return cls(
            utterance=data["utterance"], raw=data["raw"],
            span=None if span is None else (span[0], span[1]),
            start=data["start"], end=data["end"], how=data["how"],
            score=data.get("score", 1.0), alternatives=tuple(data.get("alternatives", ())),
        )


@dataclass(frozen=True)
class Value:
    """One filled field (for `evidence` and `resolution`, `value` is a list of names)."""

    field: str
    value: Any
    state: str = "heard"
    source: Source | None = None

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise ValueError(f"no such field: {self.field!r}")
        if self.state not in STATES:
            raise ValueError(f"no such state: {self.state!r}")

    def to_json(self) -> dict:
        """{"value", "state", "source"}, without the field's name."""
        return {
            "value": self.value, "state": self.state,
            "source": None if self.source is None else self.source.to_json(),
        }

    @classmethod
    def from_json(cls, name: str, data: Mapping[str, Any]) -> Value:
        """The opposite of `to_json`; ValueError on a field or state that does not exist."""
        source = data.get("source")
        return cls(name, data["value"], data["state"], None if source is None else Source.from_json(source))


@dataclass(frozen=True)
class Form:
    """What is known of a complaint. Immutable: every change gives a new form."""

    values: Mapping[str, Value] = field(default_factory=dict)
    intent: str = "complain"
    description: str = ""
    """What happened, in one or two sentences (`description.describe`)."""

    def take(self, found: Iterable[Value]) -> tuple[Form, list[Value]]:
        """The form after `found`, and the values that changed it (lists: as united).

        What is said later fills or corrects what was only heard, unless it was heard much less well;
        a confirmed value is changed only by an edit or a new confirmation, an edited one only by an edit.
        """
        values = dict(self.values)
        changed: list[Value] = []
        for new in found:
            old = values.get(new.field)
            merged = new if old is None else _merge(old, new)
            if merged is not None and merged != old:
                values[new.field] = merged
                changed.append(merged)
        return (replace(self, values=values), changed) if changed else (self, [])

    def without(self, name: str, *, by_agent: bool = False) -> Form:
        """The form without this value: the caller says that it is wrong. What an agent wrote only an agent takes back."""
        if name not in self.values or (self.values[name].state == "edited" and not by_agent):
            return self
        return replace(self, values={other: value for other, value in self.values.items() if other != name})

    def contradicts(self, found: Iterable[Value]) -> list[Value]:
        """Values that say something else than what an agent wrote: they do not change it, but they were said."""
        return [
            new
            for new in found
            if (old := self.values.get(new.field)) is not None and old.state == "edited" != new.state
            and (set(new.value) - set(old.value) if new.field in LISTS else new.value != old.value)
        ]

    def get(self, name: str) -> Any:
        """The value of a field, None when it is missing."""
        value = self.values.get(name)
        return None if value is None else value.value

    def missing(self) -> tuple[str, ...]:
        """Fields without a value, in the form's order."""
        return tuple(name for name in FIELDS if name not in self.values)

    def to_json(self) -> dict:
        """{"intent", "fields": {name: {"value", "state", "source"}}} with every field in it."""
        empty = {"value": None, "state": "missing", "source": None}
        return {
            "intent": self.intent,
            "description": self.description,
            "fields": {
                name: self.values[name].to_json() if name in self.values else dict(empty)
                for name in FIELDS
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Form:
        """The opposite of `to_json`; ValueError on an unknown field, state or intent."""
        intent = data.get("intent", "complain")
        if intent not in INTENTS:
            raise ValueError(f"no such intent: {intent!r}")
        values = {
            name: Value.from_json(name, entry)
            for name, entry in data.get("fields", {}).items()
            if entry.get("state") != "missing"
        }
        return cls(values, intent, data.get("description", ""))


_RANK = {state: rank for rank, state in enumerate(STATES)}
_MUCH = 0.25
"""A later value replaces an earlier one unless its score is lower by more than this."""


def _merge(old: Value, new: Value) -> Value | None:
    """What stands in the field when `new` meets `old`; None when `old` stays."""
    if _RANK[new.state] < _RANK[old.state]:
        return None
    if new.state != "heard":
        return new
    if new.field in LISTS:
        added = [item for item in new.value if item not in old.value]
        return replace(new, value=[*old.value, *added]) if added else None
    if new.value == old.value:
        return None
    if new.field == "location" and str(new.value) in str(old.value):
        return None  # "北京" after "北京朝阳区" says less, not something else
    old_score = 1.0 if old.source is None else old.source.score
    new_score = 1.0 if new.source is None else new.source.score
    return None if new_score < old_score - _MUCH else new

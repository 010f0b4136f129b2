"""How well forms agree with what callers are known to have said: right, wrong, missing, invented, field by field."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from .digits import runs
from .form import INTENTS, LISTS, Form, Heard, Source
from .form import FIELDS as FORM_FIELDS
from .lexicon import table
from .line import Line
from .occurred import occurred, resolve
from .place import register
from .transcript import UNIT, Error, error

FIELDS = (*(name for name in FORM_FIELDS if name != "complaint_number"), "intent", "number")
"""What is judged, by the names that a manifest uses (``number`` is the form's ``complaint_number``)."""

KINDS = ("right", "wrong", "missing", "invented")
"""Right: as said. Wrong: said otherwise. Missing: said and not in the form. Invented: in the form and never said."""

UNJUDGED = "?"
"""An expected value that says: whatever the form holds here, it is not counted."""


class Either(tuple):
    """Expected values of which any is right (written "wrong_charge|billing_anomaly")."""


_TABLES = {"category": "category", "evidence": "evidence", "resolution": "outcome"}
_DIGITS = ("phone", "number", "id_number")
_Z = 1.959964
"""Of the normal distribution, for 95 %."""


def facts(expected: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest expects, as the form would hold it; fields that must stay empty are left out.

    Raises ValueError that names the field, what is wrong with it and what there is instead. The message
    holds no number of a person.
    """
    found = {}
    for given, value in expected.items():
        name = "number" if given == "complaint_number" else given
        if name not in FIELDS:
            raise ValueError(f"no field is called {given!r}; there are {', '.join(FIELDS)}")
        if value is None or value == "" or value == []:
            continue
        if isinstance(value, str) and "|" in value:
            options = [one.strip() for one in value.split("|") if one.strip()]
            if not options:
                raise ValueError(f"{name}: nothing beside the |; write a|b where either is right")
            found[name] = Either(_fact(name, one) for one in options)
        else:
            found[name] = value if value == UNJUDGED else _fact(name, value)
    return found


def _fact(name: str, value: Any) -> Any:
    if name == "amount":
        try:
            amount = float(str(value).strip())
        except ValueError:
            amount = math.nan
        if isinstance(value, bool) or not math.isfinite(amount):
            raise ValueError("amount: this is no sum of money; write it in yuan as a number, such as 50 or 12.5")
        return amount
    if name in LISTS:
        parts = value if isinstance(value, list) else str(value).split("+")
        return tuple(dict.fromkeys(_known(name, str(part).strip()) for part in parts))
    if name in ("category", "intent"):
        return _known(name, str(value))
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(f"{name}: a text is needed, not {type(value).__name__}")
    if name in _DIGITS and not _digits(str(value)):
        raise ValueError(f"{name}: there is no digit in it; write it as digits")
    return str(value)


def _known(name: str, value: str) -> str:
    names = INTENTS if name == "intent" else tuple(table(_TABLES[name])["zh"])
    if value not in names:
        raise ValueError(f"{name}: {value!r} is none; there are {', '.join(names)}")
    return value


@dataclass(frozen=True)
class Judgement:
    """One field of one caller's form held against what the caller said."""

    field: str
    kind: str
    """One of ``KINDS``."""
    expected: Any
    got: Any
    source: Source | None = None
    """Where the form's value came from."""
    parts: tuple[tuple[str, str], ...] = ()
    """For fields with several values: each value and its kind (right, missing or invented)."""


def judge(expected: Mapping[str, Any], form: Form, on: datetime.date, lang: str) -> tuple[Judgement, ...]:
    """The judgements of a form by what ``facts`` gave; fields in which there was and is nothing have none.

    ``on`` is the day of the call, against which times are resolved.
    """
    found = []
    for name in FIELDS:
        want = expected.get(name)
        got, source = _held(form, name, want)
        if want == UNJUDGED or (want is None and got is None):
            continue
        options = want if isinstance(want, Either) else (want,)
        judged = [_judgement(name, one, got, source, on, lang) for one in options]
        best = min(judged, key=lambda one: KINDS.index(one.kind))
        found.append(replace(best, expected=want))
    return tuple(found)


def _judgement(name: str, want: Any, got: Any, source: Source | None, on: datetime.date, lang: str) -> Judgement:
    parts = tuple(_parts(want or (), got or ())) if name in LISTS else ()
    if want is None or got is None:
        kind = "invented" if want is None else "missing"
    else:
        same = all(kind == "right" for _, kind in parts) if parts else _same(name, want, got, on, lang)
        kind = "right" if same else "wrong"
    return Judgement(name, kind, want, got, source, parts)


def _held(form: Form, name: str, want: Any) -> tuple[Any, Source | None]:
    if name == "intent":
        # Every form is a complaint until something else is heard: that it is one says nothing of the hearing.
        return (None if form.intent == "complain" and want != "complain" else form.intent), None
    value = form.values.get("complaint_number" if name == "number" else name)
    return (None, None) if value is None or value.value in ("", [], ()) else (value.value, value.source)


def _parts(want: Iterable[str], got: Iterable[str]) -> Iterator[tuple[str, str]]:
    want, got = list(want), list(got)
    yield from ((one, "right" if one in got else "missing") for one in want)
    yield from ((one, "invented") for one in got if one not in want)


def _same(name: str, want: Any, got: Any, on: datetime.date, lang: str) -> bool:
    if name == "amount":
        return abs(float(want) - float(got)) < 0.005
    if name in _DIGITS:
        return _digits(want) == _digits(str(got))
    if name == "occurred":
        return _when(want, on, lang) == _when(str(got), on, lang)
    if name == "location":
        return _covers(str(got), want)
    return _folded(str(want)) == _folded(str(got))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _digits(text: str) -> str:
    """The digits (and a final X) of a number however it is written, without the country code 86."""
    plain = unicodedata.normalize("NFKC", text).lower()
    said = "".join(run.digits for run in runs(plain, "zh"))
    return re.sub(r"^(?:00)?86(?=1\d{10}$)", "", said)


def _when(text: str, on: datetime.date, lang: str) -> tuple[datetime.date, datetime.date] | str:
    """The days that are meant; the words themselves where they name none."""
    span = resolve(text, on)
    if span is None:
        told = occurred(Line(Heard(text, "occurred", lang)), on)
        span = None if told is None else resolve(told.value, on)
    return span or _folded(text)


_EN_PLACE_WORDS = frozenset("the of in at and city province district county area new".split())


def _covers(got: str, want: str) -> bool:
    """True for a place that says all of another: it may say a word more, never less."""
    got, want = _folded(got), _folded(want)
    if got == want:
        return True
    if re.search(r"[a-z]", want):
        words = set(re.findall(r"[a-z']+", want))
        return (words - _EN_PLACE_WORDS or words) <= set(re.findall(r"[a-z']+", got))
    return bool(_short(want)) and _short(want) in _short(got)


def _short(text: str) -> str:
    """Chinese places by the register's short names: 上海市浦东新区 and 上海浦东 are the same."""
    compact = re.sub(r"[\W_]", "", text)
    for name, short in _short_names():
        compact = compact.replace(name, short)
    return compact


@cache
def _short_names() -> tuple[tuple[str, str], ...]:
    names = {(place.name, place.short) for place in register() if place.name != place.short}
    return tuple(sorted(names, key=lambda pair: (-len(pair[0]), pair)))


@dataclass(frozen=True)
class Turn:
    """One answer of a caller: what was asked, what was said (if the manifest tells), what was heard."""

    ask: str
    said: str | None
    heard: tuple[str, ...]
    """The text of each utterance in it."""
    first: int = 1
    """Number in the call of its first utterance, as sources count them."""
    dictated: bool = True
    """False where nothing but digits was listened for: there is no transcript to judge then."""
    readings: tuple[str, ...] = ()
    """What the digit recogniser made of it, best first."""


@dataclass(frozen=True)
class Caller:
    """One caller of a manifest, heard and judged."""

    id: str
    line: int
    """In the manifest."""
    lang: str
    voice: str
    judgements: tuple[Judgement, ...]
    turns: tuple[Turn, ...]

    @property
    def misses(self) -> tuple[Judgement, ...]:
        """What is not right."""
        return tuple(one for one in self.judgements if one.kind != "right")

    def turn(self, judgement: Judgement) -> int | None:
        """The place in ``turns`` of the answer that a value came from, or in which it was to be expected."""
        if judgement.source is not None:
            for place, turn in enumerate(self.turns):
                if 0 <= judgement.source.utterance - turn.first < len(turn.heard):
                    return place
        asks = [turn.ask for turn in self.turns]
        return next((asks.index(ask) for ask in (judgement.field, "problem") if ask in asks), 0 if asks else None)


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share (Wilson's score interval); 0 to 1 when nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    share, spread = count / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / of + spread / of / 4) / (1 + spread)
    # Exact at the ends, where the formula is so but for rounding.
    return (0.0 if count == 0 else max(0.0, middle - half)), (1.0 if count == of else min(1.0, middle + half))


def share(value: float | None, interval: Sequence[float] | None) -> str:
    """A share with its confidence interval, as per cent."""
    if value is None or interval is None:
        return "—"
    return f"{100 * value:.1f} % [{100 * interval[0]:.0f}–{100 * interval[1]:.0f}]"


@dataclass
class Tally:
    """How often each kind came; shares with their confidence intervals."""

    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def told(self) -> int:
        """Values that callers told: right, wrong and missing."""
        return self.kinds["right"] + self.kinds["wrong"] + self.kinds["missing"]

    @property
    def filled(self) -> int:
        """Values that the forms hold: right, wrong and invented."""
        return self.kinds["right"] + self.kinds["wrong"] + self.kinds["invented"]

    @property
    def rate(self) -> float | None:
        """Right, of what was told; None when nothing was."""
        return self.kinds["right"] / self.told if self.told else None

    @property
    def invention(self) -> float | None:
        """Invented, of what the forms hold; None when they hold nothing."""
        return self.kinds["invented"] / self.filled if self.filled else None

    def to_dict(self) -> dict[str, Any]:
        """Counts, shares and intervals as JSON's types."""
        return {
            **{kind: self.kinds[kind] for kind in KINDS},
            "told": self.told,
            "rate": self.rate,
            "rate_interval": list(wilson(self.kinds["right"], self.told)) if self.told else None,
            "filled": self.filled,
            "invention": self.invention,
            "invention_interval": list(wilson(self.kinds["invented"], self.filled)) if self.filled else None,
        }


@dataclass
class Score:
    """The tallies of some callers: of every field, of every value of fields with several, and the transcript's error."""

    callers: int = 0
    fields: dict[str, Tally] = field(default_factory=dict)
    values: dict[str, dict[str, Tally]] = field(default_factory=dict)
    transcripts: dict[str, Error] = field(default_factory=dict)
    """By language."""

    def add(self, caller: Caller) -> None:
        """Count one more caller."""
        self.callers += 1
        for one in caller.judgements:
            self.fields.setdefault(one.field, Tally()).kinds[one.kind] += 1
            for value, kind in one.parts:
                self.values.setdefault(one.field, {}).setdefault(value, Tally()).kinds[kind] += 1
        for turn in caller.turns:
            if turn.said and turn.dictated:
                before = self.transcripts.get(caller.lang, Error())
                self.transcripts[caller.lang] = before + error(turn.said, " ".join(turn.heard), caller.lang)

    @property
    def all(self) -> Tally:
        """All fields together."""
        return Tally(sum((tally.kinds for tally in self.fields.values()), Counter()))

    def of_values(self, name: str) -> Tally:
        """All values of a field with several together, each counted by itself."""
        return Tally(sum((tally.kinds for tally in self.values.get(name, {}).values()), Counter()))

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON's types; fields in the form's order."""
        return {
            "callers": self.callers,
            "all": self.all.to_dict(),
            "fields": {name: self.fields[name].to_dict() for name in FIELDS if name in self.fields},
            "values": {
                name: {"all": self.of_values(name).to_dict(), **{one: tally.to_dict() for one, tally in sorted(tallies.items())}}
                for name, tallies in self.values.items()
            },
            "transcript": {
                lang: {"unit": UNIT[lang], "errors": one.units, "of": one.of, "rate": one.rate}
                for lang, one in self.transcripts.items()
            },
        }


def score(callers: Iterable[Caller]) -> Score:
    """The tallies of these callers."""
    found = Score()
    for caller in callers:
        found.add(caller)
    return found


def by_voice(callers: Iterable[Caller]) -> dict[str, Score]:
    """The tallies of each voice: what was tuned on a voice must be judged by another."""
    found: dict[str, Score] = {}
    for caller in callers:
        found.setdefault(caller.voice, Score()).add(caller)
    return dict(sorted(found.items()))

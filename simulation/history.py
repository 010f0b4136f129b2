"""The history: past calls as one clean table in memory, and the report of how it came to be.

A call is a row of equally long NumPy columns. Moments are seconds since 1970-01-01 00:00 by the line's own
clock (local time, no zone), lengths are seconds. Who called is kept only as a running number, never as given.
`simulation.record_reader` makes a history from call-record files; whoever has calls already uses `Builder`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, timedelta

import numpy as np

from simulation.quantity import DAY

ANSWERED, ABANDONED, LEFT_MENU, CONTAINED, BLOCKED = range(5)
OUTCOMES = ("answered", "abandoned", "left_menu", "contained", "blocked")
EPOCH = date(1970, 1, 1)
EXAMPLES = 5
NAN = float("nan")
Progress = Callable[[int, int, str], None]
"""Called as progress(done, of, what) by all long work of the planner; may raise to stop it."""


@dataclass(frozen=True)
class History:
    """Past calls in the order in which they were offered; arrays of one length."""

    offered: np.ndarray
    """Moment at which the call asked for an agent (in the menu: at which it dialled)."""
    menu: np.ndarray
    """Seconds in the menu before; nan: not recorded."""
    wait: np.ndarray
    """Seconds from being offered to the agent, or to giving up; nan for calls that never asked for an agent."""
    talk: np.ndarray
    """Seconds of talk with hold; nan unless answered."""
    wrap: np.ndarray
    """Seconds of wrap-up; 0 where not recorded; nan unless answered."""
    outcome: np.ndarray
    """int8: index into OUTCOMES."""
    type: np.ndarray
    """int: index into `types`."""
    priority: np.ndarray
    """int: index into `priorities`; −1: not recorded."""
    agent: np.ndarray
    """int: index into `agents`; −1: none or not named."""
    caller: np.ndarray
    """int: number of the caller; −1: not known."""
    queued: np.ndarray
    """bool: the record shows that the call stood in the queue."""
    types: tuple[str, ...]
    agents: tuple[str, ...]
    priorities: tuple[str, ...] = ("regular",)
    head_starts: tuple[float, ...] = (0.0,)
    """Seconds that each priority counts as waited already."""
    artefact_under: float = 0.0
    """Answered calls with less talk than this were no service; left out of handling times. 0: none are."""

    def __len__(self) -> int:
        return len(self.offered)

    def where(self, which: np.ndarray) -> History:
        """The calls that `which` (bool or indices) picks; names keep their numbers."""
        return replace(self, **{name: getattr(self, name)[which] for name in COLUMNS})

    @property
    def day(self) -> np.ndarray:
        """int: day number (since 1970-01-01) on which each call was offered."""
        return np.floor(self.offered / DAY).astype(int)

    @property
    def asked(self) -> np.ndarray:
        """bool: the call asked for an agent and was answered or given up (what service level and ASA count)."""
        return (self.outcome == ANSWERED) | (self.outcome == ABANDONED)

    @property
    def served(self) -> np.ndarray:
        """bool: answered and no artefact."""
        return (self.outcome == ANSWERED) & (self.talk >= self.artefact_under)

    def days(self) -> list[date]:
        """The days on which there are calls, ascending."""
        return [date_of(d) for d in np.unique(self.day)]

    def between(self, first: date, last: date) -> History:
        """Calls offered from `first` to `last`, both included."""
        day = self.day
        return self.where((day >= day_number(first)) & (day <= day_number(last)))

    def of_days(self, days: Sequence[date]) -> History:
        """Calls offered on these days."""
        return self.where(np.isin(self.day, [day_number(d) for d in days]))


COLUMNS = ("offered", "menu", "wait", "talk", "wrap", "outcome", "type", "priority", "agent", "caller", "queued")


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def date_of(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=int(number))


def moment(at: datetime) -> float:
    """Seconds of a local time without zone, as the columns hold it."""
    return (at.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()


@dataclass(frozen=True)
class Refusal:
    """A line that could not be read."""

    file: str
    line: int
    reason: str


@dataclass
class Oddity:
    """Something that was read but is not as it should be: how often, and where first."""

    kind: str
    meaning: str
    done: str
    """What was done about it."""
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def see(self, where: str, times: int = 1) -> None:
        """Count it; the first few places are kept."""
        self.count += times
        if where and len(self.examples) < EXAMPLES:
            self.examples.append(where)


@dataclass
class Report:
    """What was read, refused and odd."""

    files: list[str] = field(default_factory=list)
    lines: int = 0
    read: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    """The first `most` of them; `refused` counts all."""
    left_out: int = 0
    """Lines that the mapping says are no calls."""
    odd: dict[str, Oddity] = field(default_factory=dict)
    most: int = 100

    def refuse(self, file: str, line: int, reason: str) -> None:
        """Count a line that could not be read."""
        self.refused += 1
        if len(self.refusals) < self.most:
            self.refusals.append(Refusal(file, line, reason))

    def note(self, kind: str, meaning: str, done: str, where: str = "", times: int = 1) -> None:
        """Count an oddity of this kind."""
        self.odd.setdefault(kind, Oddity(kind, meaning, done)).see(where, times)

    def to_dict(self) -> dict:
        """JSON-ready."""
        return {**asdict(self), "odd": [asdict(o) for o in self.odd.values()]}


@dataclass
class Call:
    """One call on its way into a `Builder`; times as in `History`, names as they stand in the record."""

    offered: float
    outcome: int
    type: str
    menu: float = NAN
    wait: float = NAN
    talk: float = NAN
    wrap: float = 0.0
    priority: int = -1
    agent: str = ""
    caller: str = ""
    queued: bool = False


class Builder:
    """Collects calls and gives the `History`; names become numbers."""

    def __init__(self, priorities: Sequence[tuple[str, float]] = (("regular", 0.0),), artefact_under: float = 0.0):
        self._rows: list[tuple] = []
        self._names: dict[str, dict[str, int]] = {"type": {}, "agent": {}, "caller": {}}
        self._priorities, self._artefact_under = tuple(priorities), artefact_under

    def add(self, call: Call) -> None:
        """Add a call."""
        spoken, answered = call.outcome in (ANSWERED, ABANDONED), call.outcome == ANSWERED
        self._rows.append((
            call.offered, call.menu, call.wait if spoken else NAN, call.talk if answered else NAN, call.wrap if answered else NAN,
            call.outcome, self._number("type", call.type or "all"), call.priority, self._number("agent", call.agent),
            self._number("caller", call.caller), call.queued,
        ))  # fmt: skip

    def _number(self, kind: str, name: str) -> int:
        known = self._names[kind]
        return known.setdefault(name, len(known)) if name else -1

    def __len__(self) -> int:
        return len(self._rows)

    def history(self) -> History:
        """The table, by moment of being offered."""
        kinds = (float,) * 5 + (np.int8,) + (int,) * 4 + (bool,)
        columns = list(zip(*self._rows)) or [()] * len(COLUMNS)
        table = {name: np.asarray(column, kind) for name, column, kind in zip(COLUMNS, columns, kinds, strict=True)}
        order = np.argsort(table["offered"], kind="stable")
        assert {f.name for f in fields(History)} >= set(table)
        return History(
            **{name: column[order] for name, column in table.items()},
            types=tuple(self._names["type"]), agents=tuple(self._names["agent"]),
            priorities=tuple(name for name, _ in self._priorities), head_starts=tuple(start for _, start in self._priorities),
            artefact_under=self._artefact_under,
        )  # fmt: skip

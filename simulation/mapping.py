"""The mapping file: which column of a call-record file means what. `simulation/RECORDS.md` explains every key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from simulation.distribution import Seconds
from simulation.load import problems_of
from simulation.problem import ModelError, Problem
from simulation.table import Table, trouble

Words = list[str]
Column = Annotated[str, Field(min_length=1, max_length=200)]


class Columns(Table):
    """`[columns]`: the column's name in the first line of the file, for what it has."""

    id: Column | None = None
    caller: Column | None = None
    type: Column | None = None
    priority: Column | None = None
    outcome: Column | None = None
    agent: Column | None = None
    date: Column | None = None
    """The day, where the moments below are only times of day."""
    dialled: Column | None = None
    offered: Column | list[Column] | None = None
    """When the call asked for an agent: the first of several columns that is not empty; dialling where left out."""
    answered: Column | None = None
    ended: Column | None = None
    menu: Column | None = None
    wait: Column | None = None
    talk: Column | None = None
    wrap: Column | None = None

    @model_validator(mode="after")
    def _enough(self):
        if self.dialled is None and self.offered is None:
            raise trouble("name the column of the moment of the call: offered, or dialled")
        if self.outcome is None and self.answered is None and self.talk is None:
            raise trouble("name a column that tells whether a call was answered: outcome, answered or talk")
        if self.talk is None and (self.answered is None or self.ended is None):
            raise trouble("name the column of the talk, or both answered and ended")
        if self.wait is None and self.answered is None:
            raise trouble("name the column of the wait, or answered")
        return self


class Format(Table):
    """`[format]`: how moments and lengths are written."""

    date: str = "%Y-%m-%d"
    moment: str = "iso"
    """"iso" (2026-11-23T09:05:00), "unix" (seconds), "clock" (h:mm:ss of the day in columns.date), or a strptime format."""
    length: Literal["s", "min", "ms", "clock"] = "s"
    """Unit of menu, wait, talk and wrap; "clock": h:mm:ss or m:ss."""
    decimal: Literal[".", ","] = "."
    empty: dict[str, Words] = {}
    """Words that stand for nothing, by column; an empty field always does."""


class Outcomes(Table):
    """`[outcomes]`: the words of columns.outcome."""

    answered: Words = []
    abandoned: Words = []
    contained: Words = []
    blocked: Words = []
    left_menu: Words = []
    left_out: Words = []
    """Lines that are no calls."""
    menu_without: Column | None = None
    """An abandoned call in which this column is empty hung up in the menu."""


class Callers(Table):
    nobody: Words = []


class Agents(Table):
    nobody: Words = []
    same: dict[str, str] = {}
    """Other spelling = name."""


class Handling(Table):
    artefact_under: Seconds = 0.0
    """Answered calls with less talk are no service and count in no handling time."""


class Priority(Table):
    name: Column
    words: Words
    head_start: Seconds = 0.0


class Mapping(Table):
    """The whole file."""

    name: Column
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Found from the first line when left out."""
    encoding: Literal["utf-8", "gb18030", "latin-1", "utf-16"] = "utf-8"
    country: str | None = None
    """Two letters, for its holidays in forecasts."""
    columns: Columns
    format: Format = Format()
    outcomes: Outcomes = Outcomes()
    callers: Callers = Callers()
    agents: Agents = Agents()
    handling: Handling = Handling()
    priorities: list[Priority] = []

    @model_validator(mode="after")
    def _fits(self):
        c = self.columns
        if self.format.moment == "clock" and c.date is None:
            raise trouble('format.moment = "clock" needs columns.date, the column of the day')
        if c.outcome is not None and not self.outcomes.answered:
            raise trouble("outcomes.answered: say which words of the outcome column mean answered")
        if (c.priority is None) != (not self.priorities):
            raise trouble("columns.priority and [[priorities]] go together; give both or neither")
        return self


def load(path: str | Path) -> Mapping:
    """The mapping of a TOML file. Raises ModelError with every mistake (key, value, remedy)."""
    try:
        data = tomllib.loads(Path(path).read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise ModelError([Problem("mapping", str(path), "there is no such file; check the path")]) from None
    except OSError as e:
        raise ModelError([Problem("mapping", str(path), f"cannot be read ({e.strerror or 'error'})")]) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as e:
        raise ModelError([Problem("mapping", str(path), f"is not valid TOML: {e}")]) from None
    try:
        return Mapping.model_validate(data)
    except ValidationError as e:
        raise ModelError(problems_of(e)) from None

"""What is wrong with a model file, so that the person who wrote it can put it right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake: the key (dotted path), the value that stands there ("" for none) and what to do."""

    key: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}{f' = {self.value}' if self.value else ''}: {self.remedy}"


class ModelError(Exception):
    """A model file that cannot be run. `problems` lists every mistake found."""

    def __init__(self, problems: list[Problem]):
        # Members of a union report the same place several times; the first says it.
        seen: dict[tuple[str, str], Problem] = {}
        for p in problems:
            seen.setdefault((p.key, p.remedy), p)
        self.problems = list(seen.values())
        super().__init__("\n".join(map(str, self.problems)))

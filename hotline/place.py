"""Where in a TOML file a setting stands: its line, found by the setting's dotted name."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*\[(\[?)\s*([\w.\"'-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([\w\"'-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=")


def line_of(text: str, name: str) -> int | None:
    """The line (from 1) of the setting, else of the nearest table around it; None when nothing of it is there.

    ``name`` is as errors give it: ``menu.options.charges.skill``, ``escalation[1].skill``. An entry of
    an array of tables is named by its place from 0 or by its own ``name``.
    """
    parts = re.sub(r"\[(\d+)\]", r".\1", name).split(".")
    best, found = 0, None
    for path, number in _settings(text.splitlines()):
        shared = _shared(path, parts)
        if shared > best:
            best, found = shared, number
    return found


def _settings(lines: Sequence[str]) -> list[tuple[list[set[str]], int]]:
    """Each header and key: its path, as what each part may be called, and its line."""
    found: list[tuple[list[set[str]], int]] = []
    table: list[set[str]] = []
    counts: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if header := _HEADER.match(line):
            names = [part.strip("\"'") for part in header[2].split(".")]
            table = [{part} for part in names]
            if header[1]:
                place = counts.get(header[2], 0)
                counts[header[2]] = place + 1
                table.append({str(place)})
            found.append((list(table), number))
        elif key := _KEY.match(line):
            names = [part.strip().strip("\"'") for part in key[1].split(".")]
            if names == ["name"] and table and all(one.isdigit() for one in table[-1]):
                table[-1].add(line.partition("=")[2].partition("#")[0].strip().strip("\"'"))
            found.append(([*table, *({part} for part in names)], number))
    return found


def _shared(path: list[set[str]], parts: Sequence[str]) -> int:
    """How many parts of the path agree from the left; 0 for a path that leads elsewhere."""
    for place, names in enumerate(path):
        if place >= len(parts) or parts[place] not in names:
            return 0
    return len(path)

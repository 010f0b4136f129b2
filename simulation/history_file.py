"""A history kept in a file: what was read once, without the records themselves (nobody's number is in it)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from simulation.history import COLUMNS, History

_NAMES = ("types", "agents", "priorities", "head_starts", "artefact_under")


def save(history: History, path: str | Path) -> None:
    """Write it. OSError."""
    names = json.dumps({name: getattr(history, name) for name in _NAMES})
    with Path(path).open("wb") as file:
        np.savez_compressed(file, names=np.array(names), **{name: getattr(history, name) for name in COLUMNS})


def load(path: str | Path) -> History:
    """Read it again. OSError; ValueError where it is no such file."""
    with np.load(path, allow_pickle=False) as found:
        names = json.loads(str(found["names"]))
        lists = {name: tuple(v) if isinstance(v, list) else v for name, v in names.items()}
        return History(**{name: found[name] for name in COLUMNS}, **lists)

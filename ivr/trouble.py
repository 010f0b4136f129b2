"""Errors of our own, as they may be logged."""

from __future__ import annotations

import traceback
from pathlib import Path

_HOUSE = Path(__file__).resolve().parent.parent


def where(error: BaseException) -> str:
    """An error's kind and place in our code, without its text, which may hold what a caller said."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _ours(Path(frame.filename))]
    places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in (ours or frames)[-2:]]
    return " ".join([type(error).__name__, *(["at", " > ".join(places)] if places else [])])


def _ours(path: Path) -> bool:
    return _HOUSE in path.parents and "site-packages" not in path.parts

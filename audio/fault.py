"""Errors of our own as a log may tell them: their text is left out, for it may quote what somebody said."""

from __future__ import annotations

import os
import traceback


def place(error: Exception) -> str:
    """The kind of error and the line of code it comes from."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {os.path.basename(frame.filename)}:{frame.lineno}"

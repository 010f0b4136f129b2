"""What happened in one replication: one row for each attempt to be served, as arrays.

The engine writes only codes and moments; every statistic is computed from these rows afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# How an attempt that was not answered ended (0: not, or it was answered).
UNDECIDED, ABANDONED, NO_LINE, NO_PLACE, CLOSED, CUT_OFF, MESSAGE, CALL_BACK_LOST, CONTAINED, IVR_LEFT = range(10)
BLOCKED_CODES = (NO_LINE, NO_PLACE, CLOSED, CUT_OFF, MESSAGE)

# What a row is. RETURNED: the rest of a call whose agent's shift ended; RING: an agent's vain call-back try.
FOREVER = float("inf")

FIRST, REDIALLED, TRANSFERRED, RETURNED, RING = range(5)


@dataclass(frozen=True)
class Record:
    """Rows of one replication. Times in seconds; nan where a thing did not happen."""

    type: np.ndarray
    kind: np.ndarray
    """FIRST, REDIALLED, TRANSFERRED, RETURNED or RING."""
    parent: np.ndarray
    """Row that this one follows from; −1 for none."""
    dial: np.ndarray
    """Moment of dialling (of transfer, of return)."""
    at: np.ndarray
    """Moment of being offered to agents; nan when blocked at the door or settled in the menu."""
    left_menu: np.ndarray
    """Moment of leaving the menu."""
    start: np.ndarray
    """Moment of answer."""
    talked: np.ndarray
    """End of the talk."""
    end: np.ndarray
    """Agent free again (end of wrap-up, or of the shift when the call was returned)."""
    group: np.ndarray
    """Group that answered, −1."""
    gone: np.ndarray
    """Moment at which a caller who was not answered left the queue."""
    promised: np.ndarray
    """Moment at which a call-back was accepted."""
    outcome: np.ndarray
    """Code; UNDECIDED with a `start`: answered, without: still in progress when the run ended."""
    returned: np.ndarray
    """bool: the call went back to the queue at `end`."""
    staff: tuple[tuple[np.ndarray, np.ndarray], ...]
    """For each group: moments, and agents from each moment on who are at work or finishing a call."""
    scheduled: tuple[tuple[np.ndarray, np.ndarray], ...]
    """For each group: moments, and agents from each moment on by schedule, after shrinkage."""
    finished: float
    """Moment at which the replication ended."""
    events: int
    """Scheduled events, for the benchmark."""

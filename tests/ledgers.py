"""A ledger over the records of a test, with the rules of the line as they come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from complaints.clocks import Clocks
from complaints.ledger import Ledger
from hotline.records import Records


def ledger_of(records: Records, now: Callable[[], datetime], **more) -> Ledger:
    """Fifteen days, two levels above the first."""
    return Ledger(records, Clocks(15, **more), ladder=2, now=now)

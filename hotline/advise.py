"""What to do now, found by a process of its own that steps back for the phone: ``python -m hotline.advise``.

The first line of standard input is the question as JSON, the answer goes to standard output; the process ends with the
one that started it.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from simulation.actions import Means, what_to_do
from simulation.rest_of_day import Busy, Now, Waiting
from simulation.today import day_of, outlook

log = logging.getLogger(__name__)

NICE = 15
MEMORY = 4 << 30
LONGEST_S = 180.0
FRESH_S = 60.0
"""Advice older than this is found anew while somebody looks."""


def question(folder: Path, day: date, now: Now, counts: dict[str, np.ndarray], on_break: dict[str, int]) -> dict[str, Any]:
    """What the process is asked, JSON-ready: a plan's folder, the day, the line as it is."""
    return {"folder": str(folder), "day": day.isoformat(), "now": {**asdict(now), "agents": dict(now.agents)},
            "counts": {name: row.tolist() for name, row in counts.items()}, "on_break": on_break}  # fmt: skip


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The advice. ValueError and ModelError where the plan does not fit the line."""
    from planner.day import planned_day

    planned = planned_day(Path(asked["folder"]), date.fromisoformat(asked["day"]))
    line = asked["now"]
    now = Now(line["at"], line["agents"], [Waiting(**one) for one in line["waiting"]], [Busy(**one) for one in line["busy"]])
    day = day_of(planned.model, planned.weekday, planned.interval_cv)
    found = outlook(day, now, {name: np.array(row) for name, row in asked["counts"].items()})
    return {} if found.rest is None else what_to_do(found.rest, planned.aim, Means(on_break=asked["on_break"])).to_dict()


class Adviser:
    """Keeps the newest advice of each plan; one process at a time."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._busy = ""
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def advice(self, plan: str, asked: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The newest advice for this plan (``at`` None: none yet); what is too old is found anew in the background."""
        with self._lock:
            at, found = self._kept.get(plan, (None, {}))
            if not self._busy and (at is None or self._now() - at > FRESH_S):
                self._busy = plan
                threading.Thread(target=self._find, args=(plan, asked()), name="adviser", daemon=True).start()
            return {"at": at, "finding": self._busy == plan, **found}

    def _find(self, plan: str, asked: dict[str, Any]) -> None:
        environment = {**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")}
        command = [sys.executable, "-m", "hotline.advise"]
        found: dict[str, Any] = {"error": "fault"}
        try:
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=Path(__file__).resolve().parent.parent, text=True
            ) as process:
                ending = threading.Timer(LONGEST_S, process.kill)
                ending.start()
                try:
                    process.stdin.write(json.dumps(asked) + "\n")
                    process.stdin.flush()
                    found = json.loads(process.stdout.read())
                finally:
                    ending.cancel()
        except (OSError, ValueError) as error:
            log.error("what to do now could not be found: %s", type(error).__name__)
        finally:
            with self._lock:
                self._kept[plan] = (self._now(), found)
                self._busy = ""


def main() -> int:
    """Answer the question on standard input."""
    from hotline.server import end_with_parent
    from simulation.problem import ModelError

    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    asked = json.loads(sys.stdin.readline())
    end_with_parent()
    try:
        print(json.dumps({"advice": answer(asked)}, ensure_ascii=False), flush=True)
    except ModelError as error:
        print(json.dumps({"error": "; ".join(str(problem) for problem in error.problems)}, ensure_ascii=False), flush=True)
    except ValueError as error:
        print(json.dumps({"error": str(error)}, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

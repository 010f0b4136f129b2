"""The workshop: does queued runs one at a time, each in a process of its own that steps back for everything else."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from planner.plans import Plans, Run

log = logging.getLogger(__name__)

LOOK_S = 1.0
PATIENCE_S = 5.0
"""From the wish to stop to the end by force."""


class Workshop:
    """A thread that starts and watches the processes. ``database_url`` and ``folder`` are handed to them."""

    def __init__(self, plans: Plans, *, database_url: str, folder: Path, timezone: str, currency: str = "CNY") -> None:
        self._plans = plans
        self._environment = {**os.environ, "DATABASE_URL": database_url, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LOKY_MAX_CPU_COUNT"), "1")}
        self._place = {"folder": str(folder), "timezone": timezone, "currency": currency}
        self._wake = threading.Event()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work, for as long as the process lives or until ``stop``."""
        self._thread = threading.Thread(target=self._work, name="workshop", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let go of what is being done (it will be done again) and end."""
        self._over.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """Something was queued: look now."""
        self._wake.set()

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                run = self._plans.claim()
                if run is not None:
                    self._do(run)
                    continue
            except Exception:  # the database may be away for a moment; plans wait
                log.exception("the workshop stumbled")
            self._wake.wait(LOOK_S)
            self._wake.clear()

    def _do(self, run: Run) -> None:
        command = [sys.executable, "-m", "planner.process", json.dumps({**self._place, "run": run.id})]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=self._environment, cwd=Path(__file__).resolve().parent.parent)
        wanted, left = False, PATIENCE_S
        while True:
            try:
                process.wait(LOOK_S)
                break
            except subprocess.TimeoutExpired:
                pass
            if self._over.is_set():
                process.kill()
                process.wait()
                return
            if self._plans.beat(run.id):
                if not wanted:
                    process.terminate()
                    wanted = True
                left -= LOOK_S
                if left < 0:
                    process.kill()
        if process.stdin:
            process.stdin.close()
        if wanted:
            self._plans.end(run.id, "cancelled")
        else:
            # What ended well has said so itself; this changes nothing then.
            self._plans.end(run.id, "failed", f"ended {process.returncode}")

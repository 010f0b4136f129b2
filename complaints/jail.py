"""The room in which strangers' files are opened: a process of its own with little memory, little time, no secrets.

Run as ``python -m complaints.jail``: one JSON line in, ``{"path", "out", "pixels", "seconds"}``; one out,
``{"kind", "size"}`` or ``{"refused"}``.
"""

from __future__ import annotations

import json
import os
import resource
import selectors
import subprocess
import sys
import threading
from pathlib import Path

from complaints.filekind import Limits, inspect
from complaints.refusal import Refused

HOUSE = Path(__file__).resolve().parent.parent
MEMORY = 1 << 30
LONGEST_S = 15.0
"""For one file; a parser that needs longer is being led in circles."""
PATIENCE_S = 30.0
"""How long one waits for the files before."""
FILES = 500
"""After so many a fresh process: what leaked is gone."""


class Jail:
    """One inspecting process, begun when it is needed and anew when it died. Safe to share between threads."""

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._done = 0

    def inspect(self, path: Path, out: Path) -> str:
        """Write to ``out`` what is kept of the file at ``path``; returns its kind. Raises ``Refused``."""
        if not self._turn.acquire(timeout=PATIENCE_S):
            raise Refused("busy")
        try:
            answer = self._asked(path, out)
        finally:
            self._turn.release()
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["kind"]

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()

    def _asked(self, path: Path, out: Path) -> dict[str, str]:
        if self._process is None or self._process.poll() is not None or self._done >= FILES:
            self._end()
            self._begin()
        process = self._process
        assert process is not None and process.stdin is not None and process.stdout is not None
        asked = {"path": str(path), "out": str(out), "pixels": self._limits.pixels, "seconds": self._limits.seconds}
        self._done += 1
        try:
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            with selectors.DefaultSelector() as ready:
                ready.register(process.stdout, selectors.EVENT_READ)
                answer = process.stdout.readline() if ready.select(LONGEST_S) else b""
        except OSError:
            answer = b""
        if not answer:  # it died, or goes in circles: the file is not one that we open
            self._end()
            return {"refused": "broken"}
        return json.loads(answer)

    def _begin(self) -> None:
        environment = {"PATH": os.environ.get("PATH", ""), "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "complaints.jail"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=HOUSE, env=environment,
        )
        self._done = 0

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def main() -> None:
    """Answer until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            kept = inspect(Path(asked["path"]).read_bytes(), Limits(asked["pixels"], asked["seconds"]))
            Path(asked["out"]).write_bytes(kept.data)
            answer = {"kind": kept.kind}
        except Refused as refused:
            answer = {"refused": refused.reason}
        except (MemoryError, RecursionError):
            answer = {"refused": "broken"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

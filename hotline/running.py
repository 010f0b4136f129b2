"""A running line on this machine: find it, or start one and wait until it answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

# Loading the model takes under a second; a slow disk or a busy machine takes longer.
START_S = 90.0
POLL_S = 0.1


class NotRunning(Exception):
    """The line could not be started; its own message is already on the terminal."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the line ended while starting (exit code {code})")
        self.code = code


@dataclass(frozen=True)
class RunningLine:
    """How to reach a running line, as it wrote it down itself (see ``Settings.runtime_file``)."""

    pid: int
    url: str
    carrier_url: str
    account_sid: str
    auth_token: str
    number: str
    database_url: str

    def write(self, path: Path) -> None:
        """Write it where only this user can read: the token opens the webhooks."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)

    def answers(self) -> bool:
        """True when the line and its carrier answer."""
        try:
            return all(requests.get(f"{url}/health", timeout=2).ok for url in (self.url, self.carrier_url))
        except requests.RequestException:
            return False


def find(runtime_file: Path) -> RunningLine | None:
    """The line that wrote this file, if it still answers."""
    try:
        line = RunningLine(**json.loads(runtime_file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return line if line.answers() else None


@contextmanager
def started(runtime_file: Path, **environment: str) -> Iterator[tuple[RunningLine, subprocess.Popen]]:
    """A line of our own, ended with the block. Raises ``NotRunning`` when it does not come up."""
    runtime_file.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-m", "hotline", "serve"], env={**os.environ, **environment})
    try:
        yield wait(process, runtime_file), process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait(process: subprocess.Popen, runtime_file: Path) -> RunningLine:
    """The line that this process becomes. Raises ``NotRunning`` when it ends or never answers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            raise NotRunning(process.wait(timeout=POLL_S))
        except subprocess.TimeoutExpired:
            line = find(runtime_file)
            if line is not None:
                return line
    raise NotRunning(-1)

"""Whole lines for tests: real processes, real sockets, prompts spoken fast."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hotline import running
from hotline.running import RunningLine
from hotline.server import free_port
from hotline.settings import HOUSE

ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "a token for tests"}
SPEECH = Path(__file__).parent / "data" / "speech"


def place_of(folder: Path, port: int | None = None) -> dict[str, str]:
    """The environment of a line that lives in ``folder`` alone.

    Its prompts are 20 times as fast as speech, and it waits two seconds for an answer, not five.
    """
    config = folder / "hotline.toml"
    text = (HOUSE / "hotline.toml").read_text(encoding="utf-8")
    text = text.replace("speech_rate = 2.0", "speech_rate = 20.0")
    text = text.replace('answers = "answers"', f'answers = "{HOUSE / "answers"}"')
    text = re.sub(r"(?m)^silence_s = \d+\n", "", text)
    text = re.sub(r"(?m)^(\[questions\.\w+\])$", r"\1\nsilence_s = 2", text)
    config.write_text(text, encoding="utf-8")
    return {
        "HOTLINE_CONFIG": str(config),
        "HOTLINE_VAR": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(port or free_port()),
        "DATABASE_URL": f"sqlite:///{folder / 'hotline.db'}",
        "CARRIER_URL": "",
        "HOTLINE_PUBLIC_URL": "",
        **ACCOUNT,
    }


@contextmanager
def line_in(folder: Path, **environment: str) -> Iterator[RunningLine]:
    """A line of its own with its local carrier."""
    with running.started(folder / "line.json", **{**place_of(folder), **environment}) as (line, _):
        yield line


class KillableLine:
    """A line whose carrier is another process, so that the line can die in mid-call and come back."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "line.json"
        self._carrier_port = free_port()
        self._environment = {**os.environ, **place_of(folder)}
        self._line: subprocess.Popen | None = None
        url = f"http://127.0.0.1:{self._environment['PORT']}"
        self._carrier = self._run("carrier", "--port", str(self._carrier_port), "--line", url)

    def start(self) -> RunningLine:
        """Start the line (again, on the same port) and wait until it answers."""
        self._file.unlink(missing_ok=True)
        self._line = self._run("serve", "--carrier", f"http://127.0.0.1:{self._carrier_port}")
        return running.wait(self._line, self._file)

    def kill(self) -> None:
        """kill -9 to every process of the line; returns when they are gone."""
        os.killpg(self._line.pid, signal.SIGKILL)
        self._line.wait()

    def close(self) -> None:
        """End line and carrier."""
        for process in (self._line, self._carrier):
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _run(self, *command: str) -> subprocess.Popen:
        # A group of its own: the server's worker must die with its master, as in a real kill.
        return subprocess.Popen(
            [sys.executable, "-m", "hotline", *command], env=self._environment, start_new_session=True
        )

"""Recordings of callers: μ-law files, one a stream, written as the sound comes and readable by their owner alone."""

from __future__ import annotations

import io
import os
import re
import shutil
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audio import g711

RATE = 8000
# The most that a kill loses: what is not yet handed to the system, one second.
BUFFER = RATE
LONGEST_S = 3600.0
_NAME = re.compile(r"[A-Za-z0-9]{2,64}")


class Recording:
    """One stream being written. Thread-safe; after ``close`` or ``erase`` writing does nothing."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()
        # No os.O_TRUNC: a stream that is opened again after a restart goes on.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file: Any = os.fdopen(handle, "ab", buffering=BUFFER)

    def write(self, pcm: Any) -> None:
        """Samples, int16 at 8 kHz."""
        with self._lock:
            if self._file is not None:
                self._file.write(g711.encode(pcm))

    def flush(self) -> None:
        """What came so far can be read."""
        with self._lock:
            if self._file is not None:
                self._file.flush()

    def close(self) -> None:
        """The stream is over."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


class Recordings:
    """All recordings, below one folder that no page is served from. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], Recording] = {}

    def begin(self, call: str, stream: int) -> Recording:
        """Write the call's stream of this number (from 1). ``ValueError`` for a call id that is none."""
        with self._lock:
            recording = self._open[call, stream] = Recording(self._path(call, stream))
            return recording

    def end(self, call: str, stream: int) -> None:
        """The stream is over."""
        with self._lock:
            recording = self._open.pop((call, stream), None)
        if recording is not None:
            recording.close()

    def wav(self, call: str, stream: int, start: float, end: float) -> bytes | None:
        """From ``start`` to ``end`` (seconds of the stream) as WAV; None when nothing of it was kept."""
        start, end = max(0.0, start), min(end, start + LONGEST_S)
        with self._lock:
            recording = self._open.get((call, stream))
        if recording is not None:
            recording.flush()
        try:
            with self._path(call, stream).open("rb") as file:
                file.seek(int(start * RATE))
                codes = file.read(max(0, int((end - start) * RATE)))
        except FileNotFoundError:
            return None
        if not codes:
            return None
        out = io.BytesIO()
        with wave.open(out, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(RATE)
            wav.writeframes(g711.decode(codes).astype("<i2").tobytes())
        return out.getvalue()

    def streams(self, call: str) -> list[int]:
        """Numbers of the streams kept of a call; what was written (its name is no call's) has none."""
        if not _NAME.fullmatch(call):
            return []
        return sorted(int(path.stem) for path in self._home(call).glob("*.ulaw"))

    def delete(self, call: str) -> int:
        """Delete all of a call, also while it is written; returns the bytes."""
        if not _NAME.fullmatch(call):
            return 0
        with self._lock:
            for key in [key for key in self._open if key[0] == call]:
                self._open.pop(key).close()
            home = self._home(call)
            size = sum(path.stat().st_size for path in home.glob("*.ulaw"))
            shutil.rmtree(home, ignore_errors=True)
        return size

    def older_than(self, at: float) -> Iterator[str]:
        """Calls whose newest sound was written before this moment (Unix seconds)."""
        if not self._folder.exists():
            return
        for home in sorted(self._folder.iterdir()):
            newest = max((path.stat().st_mtime for path in home.glob("*.ulaw")), default=None)
            if newest is not None and newest < at:
                yield home.name

    def _home(self, call: str) -> Path:
        if not _NAME.fullmatch(call):
            raise ValueError("no call id")
        return self._folder / call

    def _path(self, call: str, stream: int) -> Path:
        return self._home(call) / f"{stream}.ulaw"

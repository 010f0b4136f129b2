"""The line under load: webhook time with 100 calls at once, and how late a word reaches the desk.

Everything is real: the line and its carrier are processes of their own, the
calls send audio at real-time pace. On a machine with too few cores for 100
recognisers the words come late, and that is printed; the webhooks must not.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import requests
from twilio.request_validator import RequestValidator

from hotline.records import Records
from hotline.running import RunningLine, started
from hotline.server import free_port
from ivr.carrier.client import place_call
from tests.signed_in import session_at, user_of

SPEECH = Path(__file__).parent.parent / "hotline" / "demo"
ANSWERS = [str(SPEECH / f"{step}.wav") for step in ("problem", "phone", "resolution")]
CALLS = 100
DESKS = 20
PROBES = 100


def main() -> None:
    """Print both measurements."""
    with _line() as line:
        for calls in (1, 4):
            _print_delay(calls, *_delays(line, calls))
        _print_delay(1, *_delays(line, 1, desks=DESKS), desks=DESKS)
        _webhooks(line)


@contextmanager
def _line() -> Iterator[RunningLine]:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        place = {
            "HOTLINE_VAR": folder,
            "PORT": str(free_port()),
            "HOST": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{folder}/hotline.db",
            "CARRIER_URL": "",
        }
        with started(Path(folder) / "line.json", **place) as (line, _):
            yield line


def _call(line: RunningLine) -> str:
    """Place one recorded call and return its id when it is over."""
    call_id = ""
    for happening in place_call(
        line.carrier_url, (line.account_sid, line.auth_token), ANSWERS, from_="+8613700001111", to=line.number
    ):
        call_id = happening.get("call_sid", call_id)
    return call_id


# -- words to the desk ---------------------------------------------------------


def _delays(line: RunningLine, calls: int, desks: int = 1) -> tuple[list[float], list[float]]:
    """Seconds from the end of each word in the audio until a partial with it reached the last of the desks,
    and from each utterance's arrival there until the fields that it gave arrived.
    """
    watched = [Desk() for _ in range(desks)]
    for desk in watched:
        threading.Thread(target=_watch, args=(line, desk), daemon=True).start()
    for desk in watched:
        desk.open.wait(30)
    with ThreadPoolExecutor(calls) as pool:
        ids = list(pool.map(lambda _: _call(line), range(calls)))
    records = Records(line.database_url)
    words = [
        delay for desk in watched for call_id in ids for delay in _of_call(records, call_id, desk.partials.get(call_id, []))
    ]
    records.close()
    return words, [delay for desk in watched for delay in desk.fields]


class Desk:
    """What reached one desk: partials (time, words) by call, and how long fields came after their utterance, seconds."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.partials: dict[str, list[tuple[float, str]]] = {}
        self.fields: list[float] = []
        self._said: dict[str, float] = {}

    def take(self, kind: str, data: dict[str, Any]) -> None:
        """One message of the event stream."""
        now = time.time()
        if kind == "partial":
            self.partials.setdefault(data["call"], []).append((now, data["text"].replace(" ", "")))
        elif data.get("kind") == "utterance":
            self._said[data["call"]] = now
        elif data.get("kind") == "field_heard" and data["call"] in self._said:
            self.fields.append(now - self._said[data["call"]])


def _desk(line: RunningLine) -> requests.Session:
    user_of(line.database_url)
    return session_at(line.url)


def _watch(line: RunningLine, desk: Desk) -> None:
    session = _desk(line)
    after = session.get(f"{line.url}/desk/calls", timeout=30).json()["after"]
    with session.get(f"{line.url}/desk/events", params={"after": after}, stream=True, timeout=None) as stream:
        desk.open.set()
        kind = ""
        for raw in stream.iter_lines(chunk_size=1):
            text = raw.decode()
            if text.startswith("event: "):
                kind = text.removeprefix("event: ")
            elif text.startswith("data: "):
                desk.take(kind, json.loads(text.removeprefix("data: ")))
            elif not text:
                kind = ""


def _of_call(records: Records, call_id: str, partials: list[tuple[float, str]]) -> Iterator[float]:
    events = records.events(call_id)
    began = next((event.at for event in events if event.kind == "stream_started"), None)
    if began is None:
        return
    previous = 0.0
    for event in events:
        if event.kind != "utterance" or not event.data["words"]:
            continue
        spoken = ""
        for word in event.data["words"]:
            spoken += word["text"].replace(" ", "")
            said = began + word["end"]
            # The first partial of this utterance that already holds everything up to this word.
            shown = next((at for at, text in partials if previous < at and text.startswith(spoken)), None)
            if shown is not None:
                yield shown - said
        previous = event.at


def _print_delay(calls: int, words: list[float], fields: list[float], desks: int = 1) -> None:
    for what, delays in (("word to desk", words), ("field after its utterance", fields)):
        if delays:
            p50, p95 = np.percentile(delays, [50, 95])
            told = f"p50 {p50:.2f} s, p95 {p95:.2f} s ({len(delays)} seen)"
        else:
            told = "none arrived"
        print(f"{what}, {calls} calls at once, {desks} desks open: {told}")


# -- webhooks ------------------------------------------------------------------


def _webhooks(line: RunningLine) -> None:
    with ThreadPoolExecutor(CALLS) as pool:
        calls = [pool.submit(_call, line) for _ in range(CALLS)]
        _wait_for(line, CALLS)
        before = _in_progress(line)
        times = [_probe(line) for _ in range(PROBES)]
        print(f"calls in progress while probing: {before} to {_in_progress(line)}, on {os.cpu_count()} cores")
        for call in calls:
            call.result()
    for name, column in zip(("call comes in", "a key is pressed"), np.array(times).T, strict=True):
        p50, p95, most = np.percentile(column, [50, 95, 100]) * 1000
        print(f"webhook, {name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, longest {most:.0f} ms (carrier gives up at 15 s)")


def _probe(line: RunningLine) -> tuple[float, float]:
    """Seconds that a new call's first webhook and its first key take."""
    sid = "CA" + secrets.token_hex(16)
    caller = {"CallSid": sid, "AccountSid": line.account_sid, "From": "+8613700002222", "To": line.number}
    first = _timed(line, "/voice/incoming", {**caller, "CallStatus": "ringing"})
    key = _timed(line, "/voice/answer?step=language&turn=1", {**caller, "Digits": "1"})
    _timed(line, "/voice/status", {**caller, "CallStatus": "completed"})
    return first, key


def _timed(line: RunningLine, path: str, form: dict[str, Any]) -> float:
    url = line.url + path
    headers = {"X-Twilio-Signature": RequestValidator(line.auth_token).compute_signature(url, form)}
    began = time.perf_counter()
    requests.post(url, data=form, headers=headers, timeout=30).raise_for_status()
    return time.perf_counter() - began


def _in_progress(line: RunningLine) -> int:
    return len(_desk(line).get(f"{line.url}/desk/calls", timeout=30).json()["calls"])


def _wait_for(line: RunningLine, calls: int) -> None:
    until = time.monotonic() + 60
    while _in_progress(line) < calls and time.monotonic() < until:
        time.sleep(0.5)

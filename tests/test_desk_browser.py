"""The desk in a real Chromium, on a real server: it fills while events come, and survives what a day brings.

Run as a program this file is that server: ``python test_desk_browser.py PORT DATABASE_URL``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from playwright.sync_api import Page, expect

from agent_assist.desk import desk_blueprint
from hotline.hub import Hub
from hotline.records import Records, migrate
from hotline.server import free_port, serve

ROOT = Path(__file__).resolve().parent.parent
CALLER = "+8613800138000"


def build(url: str) -> Flask:
    """The desk with two extra doors by which a test makes things happen inside the server."""
    hub = Hub()
    records = Records(url, grew=hub.grew)
    app = Flask(__name__)
    app.register_blueprint(desk_blueprint(records, hub, name="10086"))

    @app.post("/test/append/<call_id>")
    def append(call_id: str) -> dict:
        return {"ids": [event.id for event in records.append(call_id, *map(tuple, request.json))]}

    @app.post("/test/partial/<call_id>")
    def partial(call_id: str) -> dict:
        hub.partial(call_id, request.json)
        return {}

    @app.post("/test/file/<call_id>")
    def file(call_id: str) -> dict:
        return {"number": records.file_complaint(call_id, request.json)}

    @app.post("/test/draft/<call_id>")
    def draft(call_id: str) -> dict:
        records.save_draft(call_id, request.json)
        return {}

    return app


class Line:
    """The server as its own process, with a way to stop it and start it again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'hotline.db'}"
        migrate(self.url)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [sys.executable, __file__, str(self.port), self.url]
        environ = os.environ | {"PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, env=environ)
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{self.address}/desk/calls", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                assert self.process.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)

    def kill(self) -> None:
        if self.process:
            # gunicorn's worker ends itself when its master is gone; the test does not wait for that.
            for child in _children(self.process.pid):
                os.kill(child, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
            self.process = None

    def post(self, path: str, body: object) -> dict:
        data = json.dumps(body).encode()
        asked = urllib.request.Request(
            self.address + path, data, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return json.load(answer)

    def happens(self, call_id: str, *events: tuple[str, dict]) -> list[int]:
        return self.post(f"/test/append/{call_id}", events)["ids"]

    def partial(self, call_id: str, text: str, end: float = 1.0) -> None:
        self.post(f"/test/partial/{call_id}", {"text": text, "who": "caller", "end": end})


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path)
    line.start()
    yield line
    line.kill()


if __name__ == "__main__":
    serve(lambda: build(sys.argv[2]), "127.0.0.1", int(sys.argv[1]), threads=32)

"""The whole application in this process, for tests that need all of its pages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.serving import make_server

from hotline import settings
from hotline.app import create_app
from hotline.database import migrate
from hotline.records import Records
from hotline.users import Users


@dataclass
class House:
    """The application, its users and its records."""

    app: Flask
    users: Users
    records: Records


@contextmanager
def house_in(folder: Path) -> Iterator[House]:
    """The line with its data in ``folder``; nobody answers at its carrier."""
    environ = {"HOTLINE_VAR": str(folder), "CARRIER_URL": "http://127.0.0.1:9"}
    config = settings.load(environ | {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t"})
    migrate(config.database_url)
    records = Records(config.database_url)
    yield House(create_app(config, local_carrier=True), Users(records), records)
    records.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The application on a port of its own; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

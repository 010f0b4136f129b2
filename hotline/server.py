"""The web server that carries the line and the local carrier: gunicorn, one process, many threads.

One thread serves one open stream (a call's audio, a desk's events), so threads
and not workers are what there must be enough of; the decoder pool, the live
news and the calls' state are shared by living in one process.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable

from flask import Flask
from gunicorn.app.base import BaseApplication


class ServerError(Exception):
    """The server cannot start; the text says why and what to do."""


class _Server(BaseApplication):
    def __init__(self, factory: Callable[[], Flask], options: dict[str, object]) -> None:
        self._factory = factory
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        return self._factory()


def check_free(host: str, port: int) -> None:
    """Raise ``ServerError`` when nobody could listen at this place now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServerError(
                f"port {port} on {host} cannot be used ({error.strerror}); "
                f"stop what listens there or choose another: PORT={port + 1} make run"
            ) from None


def free_port() -> int:
    """A port on this machine that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(factory: Callable[[], Flask], host: str, port: int, threads: int) -> None:
    """Serve the application until a signal ends it; does not return.

    ``factory`` runs in the worker process, so that threads and database
    connections are made where they are used.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for chatty in ("alembic", "twilio", "werkzeug", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    options = {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": 1,
        "worker_class": "gthread",
        "threads": threads,
        "worker_connections": threads * 2,
        "timeout": 120,  # a slow disk may take its time over the model
        "keepalive": 75,  # longer than the carrier keeps an idle connection, so that none breaks in its hands
        "graceful_timeout": 2,  # open streams never end by themselves
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    _Server(factory, options).run()


def end_with_parent() -> None:
    """End this process when the one that started it is gone (its end of our standard input closes)."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()

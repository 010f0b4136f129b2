"""A line written for the carrier's tests: webhooks that answer fixed TwiML and a socket that keeps what it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from flask_sock import Sock
from twilio.request_validator import RequestValidator
from werkzeug.serving import make_server

from ivr.carrier.app import create_app
from ivr.carrier.settings import CarrierSettings

ACCOUNT = "AC" + "0" * 32
TOKEN = "12345"
NUMBER = "+861080000000"
CALLER = "+8613700001111"
PUBLIC = "https://line.example.org"
PATIENCE_S = 20.0


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a free port of this machine; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Hook:
    """One request to a webhook, as it came."""

    path: str
    url: str
    method: str
    params: dict[str, str]
    headers: dict[str, str]

    @property
    def signed(self) -> bool:
        """True when Twilio's own validator accepts the signature for the public address."""
        form = self.params if self.method == "POST" else {}
        return RequestValidator(TOKEN).validate(self.url, form, self.headers["X-Twilio-Signature"])


@dataclass
class Socket:
    """One Media Stream, as it came."""

    headers: dict[str, str]
    messages: list[dict[str, Any]] = field(default_factory=list)
    closed: bool = False

    def of(self, event: str) -> list[dict[str, Any]]:
        """The messages of one kind."""
        return [message for message in self.messages if message["event"] == event]


class ToyLine:
    """``answers`` maps a path to its TwiML, a Flask response, or a callable of the parameters that gives one."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"/voice/status": "", "/voice/stream": ""}
        self.hooks: list[Hook] = []
        self.sockets: list[Socket] = []
        self.refuse_sockets = False
        self.close_sockets_after: int | None = None
        self._changed = threading.Condition()
        self.app = Flask("toy_line")
        self.app.add_url_rule("/voice/<path:name>", view_func=self._hook, methods=["GET", "POST"])
        self.app.add_url_rule("/sms", "sms", lambda: self._hook("sms"), methods=["POST"])
        self.app.before_request(self._handshake)
        Sock(self.app).route("/media")(self._media)

    def says(self, path: str, *verbs: str) -> None:
        """Answer this path with a document of these verbs."""
        self.answers[path] = f"<Response>{''.join(verbs)}</Response>"

    def at(self, path: str) -> list[Hook]:
        """The requests to this path so far."""
        return [hook for hook in self.hooks if hook.path == path]

    def wait(self, until: Callable[[], Any]) -> Any:
        """Wait until something came that makes this true; returns it."""
        with self._changed:
            result = self._changed.wait_for(until, PATIENCE_S)
        assert result, f"nothing came; requests: {[hook.path for hook in self.hooks]}"
        return result

    def _note(self, add: Callable[[], None]) -> None:
        with self._changed:
            add()
            self._changed.notify_all()

    def _hook(self, name: str) -> Any:
        path = request.path
        url = PUBLIC + request.full_path.removesuffix("?")
        params = request.form.to_dict() if request.method == "POST" else request.args.to_dict()
        hook = Hook(path, url, request.method, params, dict(request.headers))
        self._note(lambda: self.hooks.append(hook))
        answer = self.answers[path]
        if callable(answer):
            answer = answer(params)
        return answer if not isinstance(answer, str) else Response(answer, content_type="text/xml; charset=utf-8")

    def _handshake(self) -> Any:
        return ("no", 403) if request.path == "/media" and self.refuse_sockets else None

    def _media(self, socket: Any) -> None:
        mine = Socket(dict(request.headers))
        self._note(lambda: self.sockets.append(mine))
        try:
            while self.close_sockets_after is None or len(mine.messages) < self.close_sockets_after:
                message = json.loads(socket.receive())
                self._note(lambda message=message: mine.messages.append(message))
        finally:
            self._note(lambda: setattr(mine, "closed", True))


@contextmanager
def carried(line: ToyLine, **settings: Any) -> Iterator[tuple[str, Any]]:
    """A local carrier for this line; yields its address and its exchange."""
    with served(line.app) as line_url:
        chosen = {
            "account_sid": ACCOUNT,
            "auth_token": TOKEN,
            "line_url": line_url,
            "public_url": PUBLIC,
            "number": NUMBER,
            "speech_rate": 100,
            **settings,
        }
        app = create_app(CarrierSettings(**chosen))
        exchange = app.extensions["exchange"]
        try:
            with served(app) as carrier_url:
                yield carrier_url, exchange
        finally:
            exchange.close()

"""The local carrier as a web application."""

from __future__ import annotations

from flask import Flask, Response, jsonify, render_template, request

from ivr.carrier.control import control_blueprint
from ivr.carrier.credentials import checked
from ivr.carrier.exchange import Exchange
from ivr.carrier.outbox import masked
from ivr.carrier.rest import rest_blueprint
from ivr.carrier.settings import CarrierSettings


def create_app(settings: CarrierSettings) -> Flask:
    """Twilio's REST calls, recorded calls, the browser phone and the outbox.

    The exchange is ``app.extensions["exchange"]``; ``close`` it to end its threads.
    """
    app = Flask(__name__)
    app.json.ensure_ascii = False
    exchange = Exchange(settings)
    app.extensions["exchange"] = exchange
    app.register_blueprint(rest_blueprint(exchange))
    app.register_blueprint(control_blueprint(exchange))

    @app.get("/health")
    def health() -> dict[str, object]:
        return {"ok": True, "calls": len(exchange.live())}

    @app.get("/outbox")
    def outbox() -> Response | str:
        messages = exchange.outbox.messages()
        shown = [{**message, "to": masked(message["to"])} for message in messages]
        if request.accept_mimetypes.best_match(["application/json", "text/html"], "application/json") == "text/html":
            return render_template("outbox.html", messages=shown)
        return jsonify(messages if checked(settings, request.authorization) else shown)

    @app.after_request
    def no_outside_hosts(response: Response) -> Response:
        response.headers.setdefault(
            "Content-Security-Policy", "default-src 'self'; connect-src 'self'; frame-ancestors 'self'"
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    return app

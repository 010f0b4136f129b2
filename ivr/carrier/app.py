"""The local carrier as a web application."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_sock import Sock

from ivr.carrier.control import control_blueprint
from ivr.carrier.exchange import Exchange
from ivr.carrier.phone import LARGEST, phone_blueprint, phone_socket, refuse_other_pages
from ivr.carrier.rest import rest_blueprint
from ivr.carrier.settings import CarrierSettings


def create_app(settings: CarrierSettings) -> Flask:
    """Twilio's REST calls, recorded calls and the browser phone.

    The exchange is ``app.extensions["exchange"]``; ``close`` it to end its threads.
    """
    app = Flask(__name__)
    app.json.ensure_ascii = False
    exchange = Exchange(settings)
    app.extensions["exchange"] = exchange
    app.register_blueprint(rest_blueprint(exchange))
    app.register_blueprint(control_blueprint(exchange))
    app.register_blueprint(phone_blueprint(exchange))
    app.config["SOCK_SERVER_OPTIONS"] = {"max_message_size": LARGEST, "ping_interval": 20}
    phone_socket(Sock(app), exchange)
    app.before_request(refuse_other_pages)

    @app.get("/health")
    def health() -> dict[str, object]:
        return {"ok": True, "calls": len(exchange.live())}

    @app.after_request
    def no_outside_hosts(response: Response) -> Response:
        # Not every browser takes 'self' to mean the WebSocket of the same host.
        connect = f"'self' ws://{request.host} wss://{request.host}"
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; img-src 'self' data:; connect-src {connect}; frame-ancestors 'self'"
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response

    return app

"""What all pages share: their frame, style, words and the headers of every answer."""

from __future__ import annotations

import secrets

from flask import Blueprint, Flask, Response, current_app, request

from hotline.access import CARRIER, allowed
from hotline.language import languages

POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'"
)
# Page in the bar's menu → endpoint; who may not use it is not shown it.
MENU = ("desk.page", "cases.page", "wallboard.page", "today.page", "planner.page", "reports.page", "privacy.page", "outbox")


def furnish(app: Flask, *, name: str, zone: str, default: str = "zh") -> None:
    """The frame of the pages: layout, ``/static``, both languages, headers. ``zone`` is the operator's."""
    hall = Blueprint("hall", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
    app.register_blueprint(hall)
    languages(app, zone=zone, default=default)
    app.after_request(protect)

    @app.context_processor
    def frame() -> dict[str, object]:
        return {"line_name": name, "menu": _menu, "once": lambda: secrets.token_hex(8)}


def protect(response: Response) -> Response:
    """Nothing from elsewhere, nothing guessed, nothing kept."""
    if request.endpoint and request.endpoint.startswith(CARRIER):
        return response
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if not (request.endpoint or "").endswith("static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _menu(role: str) -> list[str]:
    return [one for one in MENU if one in current_app.view_functions and allowed(one, role)]

"""A post that arrives twice (a double click, a retry after a lost answer) is done once.

Forms carry the field ``once``, scripts the header ``Idempotency-Key``; the first arrival of a key
claims it. Answers are not kept: what was answered may have been somebody's number.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, abort, g, request
from flask_babel import gettext
from flask_login import current_user

from hotline.access import ACCESS
from hotline.repeats import Repeats
from hotline.users import Users

LONGEST = 64


def once(app: Flask, users: Users) -> None:
    """Refuse with 409 a post whose key was used by this user before; a post that failed may be sent again."""
    repeats = Repeats(users.records)

    @app.before_request
    def claim() -> Any:
        if request.method != "POST" or request.endpoint not in ACCESS or not current_user.is_authenticated:
            return None
        given = request.headers.get("Idempotency-Key") or request.form.get("once", "")
        if not given:
            return None
        if len(given) > LONGEST or not given.isascii() or not given.isprintable():
            abort(400)
        key = f"once {current_user.user.id} {given}"
        if not repeats.claim(key):
            abort(409, gettext("error.doubled"))
        g.claimed = key
        return None

    @app.after_request
    def release(response: Response) -> Response:
        if response.status_code >= 400 and (key := g.pop("claimed", None)):
            repeats.release(key)
        return response

    @app.teardown_request
    def failed(error: BaseException | None) -> None:
        if error is not None and (key := g.pop("claimed", None)):
            repeats.release(key)

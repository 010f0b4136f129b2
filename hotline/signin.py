"""Signing in and out: the door of every page, and what it says to whom it lets in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, session
from flask_babel import gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException
from wtforms import PasswordField, StringField

from hotline.access import ACCESS, ASKING, CARRIER, HOMES, OPEN, allowed
from hotline.language import LANGS
from hotline.once import once
from hotline.users import User, Users

TRIES = "5 per 15 minutes"
"""Wrong passwords for one name from one address."""
TRIES_FROM_ONE_PLACE = "30 per 15 minutes"


class Present(UserMixin):
    """The user of this request, as Flask-Login wants it; ``token`` is the session's."""

    def __init__(self, user: User, token: str) -> None:
        self.user, self.token = user, token
        self.name, self.role, self.lang = user.name, user.role, user.lang

    def get_id(self) -> str:
        """What Flask-Login keeps in the cookie: the session, not the person."""
        return self.token


class SignIn(FlaskForm):
    """Name and password."""

    name = StringField(render_kw={"autocomplete": "username", "required": True, "maxlength": 32})
    password = PasswordField(render_kw={"autocomplete": "current-password", "required": True, "maxlength": 200})


def signed_in() -> str:
    """Name of the user of this request; '' when nobody is signed in."""
    return current_user.name if current_user.is_authenticated else ""


def guard(app: Flask, users: Users) -> CSRFProtect:
    """Close the application: sign-in, roles (``hotline.access``), CSRF on every form, no post done twice."""
    manager = LoginManager(app)
    csrf = CSRFProtect(app)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    # A forged post is refused for as long as its session lives; a page may be open for a whole shift.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"

    @manager.user_loader
    def load(token: str) -> Present | None:
        user = users.session(token)
        return Present(user, token) if user else None

    @app.before_request
    def check() -> Response | tuple[Any, int] | None:
        endpoint = request.endpoint
        if endpoint is None or endpoint in OPEN or endpoint.startswith(CARRIER):
            return None
        if not current_user.is_authenticated:
            return _to_the_door()
        if not allowed(endpoint, current_user.role):
            abort(403)
        return None

    once(app, users)

    @app.after_request
    def seen(response: Response) -> Response:
        # What a page asks for by itself does not keep it open; what a person does, does.
        if request.endpoint in ACCESS and current_user.is_authenticated:
            posted = request.method != "GET" and request.endpoint not in ASKING
            if posted or response.mimetype == "text/html":
                users.touch(current_user.token)
        return response

    app.register_blueprint(_blueprint(users, limiter))
    app.register_error_handler(CSRFError, lambda error: _refused(400, "error.csrf"))
    for status in (400, 403, 404, 409, 413, 429):
        app.register_error_handler(status, _told)
    return csrf


def may_speak_for(agent: str) -> bool:
    """An agent for himself, a supervisor for everybody."""
    return current_user.name == agent or current_user.role == "supervisor"


def session_check(users: Users) -> Callable[[], bool]:
    """A check that can be asked later on: is the session of this request still open?"""
    token = current_user.token if current_user.is_authenticated else ""
    return lambda: not token or users.session(token) is not None


def _blueprint(users: Users, limiter: Limiter) -> Blueprint:
    signin = Blueprint("signin", __name__)

    @signin.get("/sign-in")
    def page() -> str | Response:
        if current_user.is_authenticated:
            return redirect(_next())
        return render_template("sign_in.html", form=SignIn(), wrong=False, first=users.count() == 0)

    def name() -> str:
        return f"{get_remote_address()} {request.form.get('name', '').casefold()[:64]}"

    def wrong(response: Response) -> bool:
        return response.status_code == 401

    @signin.post("/sign-in")
    @limiter.limit(TRIES, key_func=name, deduct_when=wrong)
    @limiter.limit(TRIES_FROM_ONE_PLACE, deduct_when=wrong)
    def enter() -> Response | tuple[str, int]:
        form = SignIn()
        user = users.check((form.name.data or "").strip()[:64], (form.password.data or "")[:200])
        if user is None:
            return render_template("sign_in.html", form=form, wrong=True, first=False), 401
        lang = session.get("lang")
        session.clear()  # nothing that was there before sign-in outlives it, the CSRF token least of all
        login_user(Present(user, users.open_session(user)))
        if lang in LANGS and not user.lang:
            users.set_lang(user.name, lang)
        return redirect(_next(user.role))

    @signin.post("/sign-out")
    def leave() -> Response:
        users.end_session(current_user.token)
        session.clear()
        return redirect("/sign-in")

    @signin.post("/session/alive")
    def alive() -> dict[str, bool]:
        return {"ok": True}

    @signin.post("/language")
    def language() -> Response:
        lang = request.form.get("lang")
        if lang not in LANGS:
            abort(400)
        session["lang"] = lang
        if current_user.is_authenticated:
            users.set_lang(current_user.name, lang)
        return redirect(_inside(request.form.get("next")) or "/")

    return signin


def _inside(place: str | None) -> str:
    """``place`` when it is a path of this line, else ''."""
    plain = place or ""
    ours = plain.startswith("/") and not plain.startswith(("//", "/\\")) and plain.isprintable()
    return plain if ours else ""


def _next(role: str | None = None) -> str:
    role = role or current_user.role
    return _inside(request.args.get("next")) or HOMES[role]


def _wants_page() -> bool:
    kinds = ("application/json", "text/html")
    return request.accept_mimetypes.best_match(kinds, kinds[0]) == "text/html"


def _to_the_door() -> Response | tuple[Any, int]:
    if request.method == "GET" and _wants_page():
        place = request.full_path.rstrip("?")
        return redirect("/sign-in" + ("" if place == "/" else "?" + urlencode({"next": place})))
    return {"error": gettext("error.signed_out")}, 401


def _told(error: HTTPException) -> tuple[Any, int]:
    return _refused(error.code or 500, f"error.{error.code}", error.description if error.code == 409 else None)


def _refused(status: int, key: str, text: str | None = None) -> tuple[Any, int]:
    text = text or gettext(key)
    if request.endpoint and request.endpoint.startswith(CARRIER):
        return text, status
    if _wants_page():
        return render_template("refused.html", text=text, status=status), status
    return {"error": text}, status


"""Users for tests: made in the database, signed in through the real door."""

from __future__ import annotations

import re

import requests
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from playwright.sync_api import Page

from hotline.hall import furnish
from hotline.records import Records
from hotline.signin import guard
from hotline.users import User, UserError, Users

PASSWORD = "correct horse 42"


def closed(app: Flask, records: Records, *, csrf: bool = False) -> tuple[Users, CSRFProtect]:
    """Frame and door for an application made by a test; forged posts are the business of ``test_signin`` alone."""
    app.secret_key = "for tests"
    app.config["WTF_CSRF_ENABLED"] = csrf
    users = Users(records)
    furnish(app, name="10086", zone="Asia/Shanghai")
    return users, guard(app, users)


def account(users: Users, name: str = "wang", role: str = "agent") -> User:
    """The user with this name, made when there is none."""
    try:
        return users.add(name, role, PASSWORD)
    except UserError:
        found = users.named(name)
        assert found is not None
        return found


def client_of(app: Flask, users: Users, name: str = "wang", role: str = "agent") -> FlaskClient:
    """A client whose session is open (without the cost of a password)."""
    client = app.test_client()
    token = users.open_session(account(users, name, role))
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return client


def user_of(database_url: str, name: str = "wang", role: str = "agent") -> None:
    """A user in the database of a running line."""
    records = Records(database_url)
    account(Users(records), name, role)
    records.close()


def session_at(url: str, name: str = "wang") -> requests.Session:
    """A session signed in at a running line, whose posts carry the token."""
    session = requests.Session()
    page = session.get(f"{url}/sign-in", timeout=10).text
    form = {"csrf_token": csrf_in(page), "name": name, "password": PASSWORD}
    answer = session.post(f"{url}/sign-in", data=form, timeout=10, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    page = session.get(f"{url}{answer.headers['Location']}", headers={"Accept": "text/html"}, timeout=10).text
    session.headers["X-CSRFToken"] = csrf_in(page)
    session.headers["Referer"] = f"{url}/"
    return session


def csrf_in(page: str) -> str:
    """The token that stands in a page."""
    found = re.search(r'name="csrf" content="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def enter(page: Page, url: str, name: str = "wang", to: str = "/desk") -> None:
    """Sign a browser page in by the form and go on to ``to``."""
    page.goto(f"{url}/sign-in?next={to}")
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(f"{url}{to}")

"""The agents' states at the desk: told without numbers, chosen only from our own page, shown as they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from agent_assist.agents import agents_blueprint
from agent_assist.desk import desk_blueprint
from hotline.hub import Hub
from hotline.records import Records, migrate
from hotline.roster import Roster
from ivr.floor import Floor
from ivr.legs import LegUrls
from tests.phone import BASE, SCRIPT, AtOnce, Requests

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Flask, Floor, Records]]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    hub = Hub()
    records = Records(url, grew=hub.grew)
    floor = Floor(
        SCRIPT, Roster(records), records, Requests(), LegUrls(BASE), now=time.time, background=AtOnce()
    )
    app = Flask(__name__)
    app.register_blueprint(desk_blueprint(records, hub, hints=SCRIPT.hints(), staffed=True))
    app.register_blueprint(agents_blueprint(floor, now=time.time))
    yield app, floor, records
    records.close()


@pytest.fixture
def client(desk: tuple[Flask, Floor, Records]) -> FlaskClient:
    return desk[0].test_client()


def test_agents_are_told_without_their_numbers(client: FlaskClient) -> None:
    answer = client.get("/desk/agents")
    assert [one["name"] for one in answer.json["agents"]] == ["wang", "li", "zhang"]
    assert {one["state"] for one in answer.json["agents"]} == {"offline"}
    assert set(answer.json["agents"][0]) == {"name", "state", "since", "skills", "wish"}
    assert "800" not in str([{**one, "since": 0} for one in answer.json["agents"]])
    assert answer.headers["Cache-Control"] == "no-store" and "Content-Security-Policy" in answer.headers


def test_a_state_is_chosen_from_our_own_page_only(client: FlaskClient) -> None:
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example.org"}):
        assert client.post("/desk/agents/wang/state", json={"state": "available"}, headers=headers).status_code == 403
    answer = client.post("/desk/agents/wang/state", json={"state": "available"}, headers=SAME_ORIGIN)
    assert next(one for one in answer.json["agents"] if one["name"] == "wang")["state"] == "available"


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("nobody", {"state": "break"}, 404),
        ("wang", {"state": "busy"}, 400),
        ("wang", {"state": 1}, 400),
        ("wang", {}, 400),
        ("wang", [], 400),
    ],
)
def test_what_cannot_be_chosen_is_refused(client: FlaskClient, name: str, body: object, code: int) -> None:
    assert client.post(f"/desk/agents/{name}/state", json=body, headers=SAME_ORIGIN).status_code == code


@pytest.mark.browser
def test_the_bar_remembers_who_one_is_and_follows_the_state(desk: tuple[Flask, Floor, Records], page: Page) -> None:
    app, floor, records = desk
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        page.goto(f"http://127.0.0.1:{server.server_port}/desk")
        page.get_by_label("我是").select_option("wang")
        expect(page.locator("#agent-state")).to_have_text("离线")
        page.get_by_role("button", name="空闲").click()
        expect(page.locator("#agent-state")).to_have_text("空闲")
        page.reload()
        expect(page.locator("#agent-name")).to_have_value("wang")
        expect(page.locator("#agent-state")).to_have_text("空闲")
        records.append("CA1", ("call_started", {"from": "+8613800138000", "to": "10086"}))
        floor.joined("CA1", "billing", 0, time.time())
        floor.arrived("CA1")
        expect(page.locator("#agent-state")).to_have_text("振铃")
        page.get_by_role("button", name="EN", exact=True).click()
        expect(page.locator("#agent-state")).to_have_text("Ringing")
        expect(page.get_by_label("I am")).to_have_value("wang")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        server.shutdown()

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
from hotline.signin import may_speak_for, signed_in
from hotline.users import Users
from tests.phone import BASE, SCRIPT, AtOnce, Requests
from tests.signed_in import account, client_of, closed, enter



@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Flask, Floor, Records]]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    hub = Hub()
    records = Records(url, grew=hub.grew)
    floor = Floor(
        SCRIPT, Roster(records), records, Requests(), LegUrls(BASE), now=time.time, background=AtOnce()
    )
    app = Flask(__name__, static_folder=None)
    users, _ = closed(app, records)
    account(users)
    app.register_blueprint(desk_blueprint(records, hub, hints=SCRIPT.hints(), staffed=True, who=signed_in))
    app.register_blueprint(agents_blueprint(floor, now=time.time, may_set=may_speak_for))
    yield app, floor, records
    records.close()


@pytest.fixture
def client(desk: tuple[Flask, Floor, Records]) -> FlaskClient:
    return client_of(desk[0], Users(desk[2]))


def test_agents_are_told_without_their_numbers(client: FlaskClient) -> None:
    answer = client.get("/desk/agents")
    assert [one["name"] for one in answer.json["agents"]] == ["wang", "li", "zhang"]
    assert {one["state"] for one in answer.json["agents"]} == {"offline"}
    assert set(answer.json["agents"][0]) == {"name", "state", "since", "skills", "wish", "reason"}
    assert "800" not in str([{**one, "since": 0} for one in answer.json["agents"]])
    assert answer.headers["Cache-Control"] == "no-store" and "Content-Security-Policy" in answer.headers


def test_an_agent_chooses_for_himself_and_a_supervisor_for_all(
    client: FlaskClient, desk: tuple[Flask, Floor, Records]
) -> None:
    answer = client.post("/desk/agents/wang/state", json={"state": "available"})
    assert next(one for one in answer.json["agents"] if one["name"] == "wang")["state"] == "available"
    assert client.post("/desk/agents/li/state", json={"state": "available"}).status_code == 403
    supervisor = client_of(desk[0], Users(desk[2]), "chen", "supervisor")
    states = {one["name"]: one["state"] for one in supervisor.get("/desk/agents").json["agents"]}
    assert states["li"] == "offline"
    assert supervisor.post("/desk/agents/wang/state", json={"state": "break"}).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("nobody", {"state": "break"}, 403),
        ("wang", {"state": "busy"}, 400),
        ("wang", {"state": 1}, 400),
        ("wang", {}, 400),
        ("wang", [], 400),
    ],
)
def test_what_cannot_be_chosen_is_refused(client: FlaskClient, name: str, body: object, code: int) -> None:
    assert client.post(f"/desk/agents/{name}/state", json=body).status_code == code


@pytest.mark.browser
def test_the_bar_follows_the_state_of_who_is_signed_in(desk: tuple[Flask, Floor, Records], page: Page) -> None:
    app, floor, records = desk
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        enter(page, f"http://127.0.0.1:{server.server_port}")
        expect(page.locator("#agent-state")).to_have_text("离线")
        page.get_by_role("button", name="空闲").click()
        expect(page.locator("#agent-state")).to_have_text("空闲")
        page.reload()
        expect(page.locator("#agent-state")).to_have_text("空闲")
        records.append("CA1", ("call_started", {"from": "+8613800138000", "to": "10086"}))
        floor.joined("CA1", "billing", 0, time.time())
        floor.arrived("CA1")
        expect(page.locator("#agent-state")).to_have_text("振铃")
        page.get_by_role("button", name="English").click()
        expect(page.locator("#agent-state")).to_have_text("Ringing")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        server.shutdown()

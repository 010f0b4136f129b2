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

from hotline.database import migrate
from hotline.desk_rooms import open_desk
from hotline.hub import Hub
from hotline.records import Records
from hotline.roster import Roster
from hotline.users import Users
from ivr.floor import Floor
from ivr.legs import LegUrls
from tests.phone import BASE, NOW, SCRIPT, AtOnce, Requests, texts_of
from tests.signed_in import account, client_of, closed, enter


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Flask, Floor, Records]]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    hub = Hub()
    records = Records(url, grew=hub.grew)
    carrier = Requests()
    floor = Floor(
        SCRIPT, Roster(records), records, carrier, LegUrls(BASE), texts=texts_of(records, carrier, lambda: NOW), now=time.time, background=AtOnce()
    )
    app = Flask(__name__, static_folder=None)
    users, _ = closed(app, records)
    account(users)
    open_desk(
        app, SCRIPT, records, hub, floor, users, zone="Asia/Shanghai",
        amend=lambda call, kind, data: records.append(call, (kind, data)), settle=lambda *_: None,
    )  # fmt: skip
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


def talking(floor: Floor, records: Records) -> None:
    """wang talks with the caller of CA1."""
    records.append(
        "CA1",
        ("call_started", {"from": "+8613800138000", "to": "10086"}),
        ("field_heard", {"field": "category", "value": "wrong_charge", "state": "confirmed"}),
        ("field_heard", {"field": "amount", "value": 50, "state": "heard"}),
        ("field_heard", {"field": "resolution", "value": ["refund"], "state": "heard"}),
        ("description", {"text": "上个月多扣了五十块钱，请打一三八零零一三八零零零"}),
        ("utterance", {"text": "上个月多扣了五十块钱", "start": 0, "end": 3, "ask": "problem"}),
    )
    floor.set_state("wang", "available")
    floor.joined("CA1", "billing", 0, time.time())
    floor.arrived("CA1")
    offer = floor.crew["wang"].offer
    floor.answered(offer, "CA" + "a" * 32)
    floor.joining("CA1", "CA" + "a" * 32)


def test_only_the_agent_in_the_call_acts_and_is_told_why_not(
    client: FlaskClient, desk: tuple[Flask, Floor, Records]
) -> None:
    app, floor, records = desk
    refused = client.post("/desk/agents/me/hold", json={})
    assert (refused.status_code, refused.json["error"]) == (409, "您现在没有通话。")
    talking(floor, records)
    held = client.post("/desk/agents/me/hold", json={}).json["me"]["contact"]
    assert held["place"] == "hold"
    li = client_of(app, Users(records), "li")
    assert li.post("/desk/agents/me/retrieve", json={}).status_code == 409
    chen = client_of(app, Users(records), "chen", "supervisor")
    assert chen.post("/desk/agents/me/retrieve", json={}).status_code == 403
    assert client.post("/desk/agents/me/dance", json={}).status_code == 404
    note = "回电 13800138000"
    client.post("/desk/agents/me/transfer", json={"to": "network", "note": note})
    (passed,) = [event.data for event in records.events("CA1") if event.kind == "transferred"]
    assert "0013800" not in passed["note"] and passed["note"].startswith("回电 138")


def test_a_wrap_up_is_proposed_kept_saved_once_and_ends(client: FlaskClient, desk: tuple[Flask, Floor, Records]) -> None:
    app, floor, records = desk
    talking(floor, records)
    records.file_complaint("CA1", {})
    floor.ended("CA1")
    at = "/desk/calls/CA1/wrap-up"
    first = client.get(at).json
    assert first["state"] == "proposed"
    assert "上个月多扣了五十块钱" in first["summary"] and "退款" in first["summary"] and "¥50" in first["summary"]
    assert "一三八零零一三八零零零" not in first["summary"], "numbers are masked"
    assert first["due"] > time.strftime("%Y-%m-%d")
    draft = {"outcome": "", "summary": "半句", "due": ""}
    assert client.post(f"{at}/draft", json=draft).json == {"state": "draft"}
    assert client.get(at).json["summary"] == "半句"
    assert client.get("/desk/agents").json["unsaved"] == ["CA1"]
    assert client.post(at, json=draft).status_code == 422, "an outcome is needed"
    whole = {"outcome": "resolved", "summary": "已退费，回电 13800138000", "due": "2026-12-08"}
    for _ in range(2):
        assert client.post(at, json=whole).json["state"] == "saved"
    (written,) = [event.data for event in records.events("CA1") if event.kind == "disposition"]
    assert written["agent"] == "wang" and written["outcome"] == "resolved" and "13800138000" not in written["summary"]
    me = client.get("/desk/agents").json["me"]
    assert (me["state"], me["call"]) == ("available", ""), "saving ends the wrap-up"
    assert client.get("/desk/agents").json["unsaved"] == []
    assert client_of(app, Users(records), "li").get(at).status_code == 403, "li did not have this caller"


@pytest.mark.parametrize(
    "body", [[], {"outcome": "magic"}, {"outcome": "resolved", "due": "soon"}, {"outcome": "resolved", "summary": "x" * 2001}]
)
def test_a_wrap_up_that_cannot_be_used_changes_nothing(
    client: FlaskClient, desk: tuple[Flask, Floor, Records], body: object
) -> None:
    talking(desk[1], desk[2])
    assert client.post("/desk/calls/CA1/wrap-up", json=body).status_code == 422
    assert "disposition" not in [event.kind for event in desk[2].events("CA1")]

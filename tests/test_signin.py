"""The door: nothing without sign-in, nothing by the wrong role, nothing by a forged, stale or doubled post."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hotline.access import ACCESS, CARRIER, OPEN, ROLES, allowed
from tests.house import House, house_in
from tests.signed_in import PASSWORD, account, client_of, csrf_in

CALLER = "+8613800138000"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("house")) as house:
        account(house.users, "wang", "agent")
        house.records.append("CA1", ("call_started", {"from": CALLER, "to": "10086"}))
        yield house


def address(app: Flask, endpoint: str) -> tuple[str, str]:
    """A method and a path that reach this endpoint."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    values = {name: 1 if "Integer" in type(found).__name__ or "Number" in type(found).__name__ else "CA1" for name, found in rule._converters.items()}
    with app.test_request_context():
        path = app.url_for(endpoint, **values)
    return ("POST" if "POST" in (rule.methods or ()) else "GET"), path


def test_every_endpoint_has_its_line_and_every_line_its_endpoint(house: House) -> None:
    endpoints = {rule.endpoint for rule in house.app.url_map.iter_rules()}
    closed = {one for one in endpoints if one not in OPEN and not one.startswith(CARRIER)}
    assert closed == set(ACCESS)
    assert OPEN <= endpoints


@pytest.mark.parametrize("endpoint", sorted(ACCESS))
def test_each_line_with_nobody_and_with_the_wrong_role(house: House, endpoint: str) -> None:
    method, path = address(house.app, endpoint)
    before = house.records.last_id()
    refused = house.app.test_client().open(path, method=method, headers={"X-CSRFToken": "x"})
    assert refused.status_code in (400, 401), "400: a forged post is refused before anybody asks who it is"
    page = house.app.test_client().open(path, method="GET", headers={"Accept": "text/html"})
    if method == "GET":
        assert page.status_code == 302 and page.headers["Location"].startswith("/sign-in")
    house.app.config["WTF_CSRF_ENABLED"] = False  # so that it is the role that refuses
    try:
        for role in ROLES:
            if role in ACCESS[endpoint]:
                continue
            answer = client_of(house.app, house.users, f"the-{role}", role).open(path, method=method)
            assert answer.status_code == 403, role
            assert CALLER[3:] not in answer.text
        assert house.app.test_client().open(path, method=method).status_code == 401
    finally:
        house.app.config["WTF_CSRF_ENABLED"] = True
    assert house.records.last_id() == before


def test_an_endpoint_that_nobody_listed_is_closed() -> None:
    assert not any(allowed("something.new", role) for role in (None, *ROLES))


def signed(house: House, name: str = "wang", password: str = PASSWORD, **headers: str) -> tuple[FlaskClient, int]:
    client = house.app.test_client()
    token = csrf_in(client.get("/sign-in").text)
    answer = client.post("/sign-in", data={"csrf_token": token, "name": name, "password": password}, headers=headers)
    return client, answer.status_code


def token_of(client: FlaskClient) -> str:
    return csrf_in(client.get("/desk", headers={"Accept": "text/html"}).text)


def test_sign_in_and_out(house: House) -> None:
    client, status = signed(house)
    assert status == 302
    assert client.get("/desk/calls").status_code == 200
    cookie = client.get_cookie("hotline-8000")
    assert cookie and cookie.http_only and cookie.same_site == "Lax"
    kept = str(cookie.value)
    client.post("/sign-out", data={"csrf_token": token_of(client)})
    assert client.get("/desk/calls").status_code == 401
    client.set_cookie("hotline-8000", kept)
    assert client.get("/desk/calls").status_code == 401, "a cookie kept from before opens nothing"


def test_wrong_passwords_are_counted_for_each_name(house: House) -> None:
    account(house.users, "chen", "supervisor")
    assert [signed(house, "chen", "wrong password 1")[1] for _ in range(6)] == [401] * 5 + [429]
    assert signed(house, "chen")[1] == 429, "not even the right one"
    assert signed(house, "wang")[1] == 302


@pytest.mark.parametrize("place", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:x", "/a\nb"])
def test_sign_in_leads_nowhere_else(house: House, place: str) -> None:
    client = house.app.test_client()
    token = csrf_in(client.get("/sign-in").text)
    data = {"csrf_token": token, "name": "wang", "password": PASSWORD}
    answer = client.post("/sign-in", query_string={"next": place}, data=data)
    assert answer.headers["Location"] == "/desk"


def test_forged_and_stale_posts_change_nothing(house: House) -> None:
    client, _ = signed(house)
    stale = token_of(client)
    client.post("/sign-out", data={"csrf_token": stale})
    client, _ = signed(house)
    other = token_of(signed(house)[0])
    before = client.get("/desk/agents").json["agents"]
    for token in ("", "forged", stale, other):
        answer = client.post("/desk/agents/wang/state", json={"state": "available"}, headers={"X-CSRFToken": token})
        assert answer.status_code == 400
        assert "error" in answer.json
    now = client.get("/desk/agents").json["agents"]
    assert [one["state"] for one in now] == [one["state"] for one in before]


def test_a_doubled_post_is_done_once_and_a_failed_one_may_be_repeated(house: House) -> None:
    house.records.append("CA2", ("call_started", {"from": CALLER, "to": "10086"}))
    client, _ = signed(house)
    headers = {"X-CSRFToken": token_of(client), "Idempotency-Key": "once-1"}
    path = "/desk/calls/CA2/reveal"
    assert client.post(path, json={"field": "nonsense"}, headers=headers).status_code == 400
    assert client.post(path, json={"field": "caller", "why": "回电"}, headers=headers).status_code == 200
    again = client.post(path, json={"field": "caller", "why": "回电"}, headers=headers)
    assert again.status_code == 409 and CALLER not in again.text
    looks = [event for event in house.records.events("CA2") if event.kind == "field_revealed"]
    assert len(looks) == 1


def test_pages_load_nothing_from_elsewhere(house: House) -> None:
    client, _ = signed(house)
    for path in ("/sign-in", "/desk", "/nowhere"):
        answer = client.get(path, headers={"Accept": "text/html"})
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy and "http" not in policy
        assert not re.search(r"(src|href|action)=\"(https?:)?//", answer.text)
        assert not re.search(r"<script(?![^>]*(src|application/json))", answer.text) and "style=" not in answer.text


def test_the_language_is_kept_with_the_user(house: House) -> None:
    client, _ = signed(house)
    client.post("/language", data={"csrf_token": token_of(client), "lang": "en", "next": "/desk"})
    assert 'lang="en"' in client.get("/desk", headers={"Accept": "text/html"}).text
    other, _ = signed(house)
    assert "Sign out" in other.get("/desk", headers={"Accept": "text/html"}).text
    assert client.post("/language", data={"csrf_token": token_of(client), "lang": "fr"}).status_code == 400

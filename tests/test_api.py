"""The API: what another program files and follows up, who sees what, and its document held against it by schemathesis."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from werkzeug.test import TestResponse

from complaints.scopes import SCOPES
from tests import files
from tests.callers import PHONE, Pages, pages_in

ROOT = "/api/v1"
FILED = {"what": "上个月多扣了我五十块钱", "phone": PHONE, "occurred": "2026-11-05"}


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path) as found:
        yield found


class Program:
    """Another program with its key."""

    def __init__(self, pages: Pages, name: str = "our-app", **options: Any) -> None:
        self.client = pages.client()
        self.key = pages.keys.add(name, "app", **options)

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        return self.client.open(ROOT + path, method=method, headers={"Authorization": f"Bearer {self.key}"} | (headers or {}), **more)

    def file(self, key: str = "", **changed: Any) -> TestResponse:
        return self.ask("POST", "/complaints", {"Idempotency-Key": key} if key else {}, json=FILED | changed)


def test_a_complaint_is_filed_followed_escalated_and_withdrawn(pages: Pages) -> None:
    program = Program(pages)
    filed = program.file()
    assert filed.status_code == 201 and filed.json["due"] == "2026-12-08" and filed.json["phone"] == "138****8000"
    path = f"/complaints/{filed.json['number']}"
    assert filed.headers["Location"].endswith(path)
    added = program.ask("POST", path + "/evidence", data={"file": (io.BytesIO(files.photo()), "a/b/bill.png")})
    assert (added.status_code, added.json["kind"], added.json["name"]) == (201, "jpeg", "bill.jpg")
    note = program.ask("POST", path + "/notes", json={"text": f"请打{PHONE}"})
    assert note.status_code == 201 and PHONE not in note.json["text"]
    raised = program.ask("POST", path + "/escalation", json={"why": "没有人回电话"})
    assert (raised.json["state"], raised.json["level"]) == ("escalated", 1)
    assert program.ask("POST", path + "/acceptance", json={}).status_code == 409
    gone = program.ask("POST", path + "/withdrawal", json={})
    assert gone.json["state"] == "withdrawn" and gone.json["due"] is None and gone.json["may"] == []
    assert program.ask("POST", path + "/notes", json={"text": "noch etwas"}).status_code == 409
    what = [one["what"] for one in program.ask("GET", "/changes").json["changes"]]
    assert what == ["filed", "evidence_added", "note_added", "escalated", "withdrawn"]


def test_a_program_refers_to_the_regulator_when_no_answer_came_in_time(pages: Pages) -> None:
    program = Program(pages)
    path = f"/complaints/{program.file().json['number']}"
    early = program.ask("POST", path + "/referral", json={})
    assert early.status_code == 409 and "refer" not in program.ask("GET", path).json["may"]
    pages.clock[0] += 16 * 86_400
    assert "refer" in program.ask("GET", path).json["may"]
    gone = program.ask("POST", path + "/referral", json={"why": "没有答复"})
    assert (gone.json["state"], gone.json["due"]) == ("regulator", None) and "refer" not in gone.json["may"]
    assert Program(pages, "reader", scopes=("read_all",)).ask("POST", path + "/referral", json={}).status_code == 403


def test_the_same_key_and_body_get_the_same_answer_and_another_body_is_refused(pages: Pages) -> None:
    program = Program(pages)
    first, again = program.file("order-1"), program.file("order-1")
    assert first.data == again.data and first.headers["ETag"] == again.headers["ETag"]
    assert program.file("order-1", what="something else").status_code == 422
    assert Program(pages, "other").file("order-1").json["number"] != first.json["number"], "keys are a program's own"
    assert len([one for one in pages.sent if one[1] == "sms_filed"]) == 2


def test_one_order_that_comes_twelve_times_at_once_is_filed_once(pages: Pages) -> None:
    program = Program(pages)
    answers: list[TestResponse] = []
    together = threading.Barrier(6)

    def go() -> None:
        together.wait()
        answers.append(Program.ask(program, "POST", "/complaints", {"Idempotency-Key": "x"}, json=FILED))

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.status_code for one in answers} <= {201, 409} and len(pages.records.newest("filed")) == 1


def test_a_change_in_between_is_noticed(pages: Pages) -> None:
    program = Program(pages)
    filed = program.file()
    path, seen = f"/complaints/{filed.json['number']}", {"If-Match": filed.headers["ETag"]}
    assert program.ask("GET", path, {"If-None-Match": filed.headers["ETag"]}).status_code == 304
    program.ask("POST", path + "/evidence", data={"file": (io.BytesIO(b"a text"), "a.txt")})
    assert program.ask("POST", path + "/withdrawal", seen, json={}).status_code == 412
    fresh = program.ask("GET", path).headers["ETag"]
    assert program.ask("POST", path + "/withdrawal", {"If-Match": fresh}, json={}).status_code == 200


def test_a_program_sees_its_own_complaints_and_does_only_what_it_may(pages: Pages) -> None:
    program, other = Program(pages), Program(pages, "other")
    reader, counter = Program(pages, "reader", scopes=("read",)), Program(pages, "counter", scopes=("read_all",))
    path = f"/complaints/{program.file().json['number']}"
    assert other.ask("GET", path).status_code == reader.ask("GET", path).status_code == 404
    assert counter.ask("GET", path).status_code == 200 and len(counter.ask("GET", "/changes").json["changes"]) == 1
    assert other.ask("GET", "/changes").json["changes"] == []
    assert reader.file().status_code == 403
    pages.keys.revoke("our-app")
    refused = program.ask("GET", path)
    assert refused.status_code == 401 and refused.headers["WWW-Authenticate"] == "Bearer"


def test_each_key_has_its_own_number_of_requests(pages: Pages) -> None:
    slow, other = Program(pages, "slow", per_minute=3), Program(pages, "other")
    assert [slow.ask("GET", "/changes").status_code for _ in range(4)] == [200] * 3 + [429]
    assert other.ask("GET", "/changes").status_code == 200


def test_changes_come_page_by_page(pages: Pages) -> None:
    program = Program(pages)
    numbers = [program.file().json["number"] for _ in range(5)]
    seen, after, more = [], 0, True
    while more:
        page = program.ask("GET", f"/changes?after={after}&limit=2").json
        seen += [one["number"] for one in page["changes"]]
        after, more = page["next"], page["more"]
    assert seen == numbers


@pytest.mark.parametrize(
    ("body", "kind", "status", "field"),
    [
        (b'{"what": ', "application/json", 400, ""),
        (b'{"what": "a\\ud800", "phone": "13800138000"}', "application/json", 400, ""),
        (b"\xff\xfe{}", "application/json", 400, ""),
        (b"[" * 50_000, "application/json", 400, ""),
        (b'{"what": "a\\u0000b", "phone": "13800138000"}', "application/json", 422, "what"),
        (b'{"what": "a", "phone": 13800138000}', "application/json", 422, "phone"),
        (b'{"what": "a", "phone": "13800138000", "amount": 1e999}', "application/json", 422, "amount"),
        (b'{"what": "a", "phone": "13800138000", "amount": ' + b"9" * 5000 + b"}", "application/json", 400, ""),
        (b'{"what": "a", "phone": "13800138000", "id_number": "11010519491231002X"}', "application/json", 422, "id_number"),
        (b'{"what": "a", "phone": "13800138000", "occurred": "2026-11-24"}', "application/json", 422, "occurred"),
        (b"null", "application/json", 422, "body"),
        (b'"' + b"x" * 70_000 + b'"', "application/json", 413, ""),
        (b"what=a&phone=13800138000", "application/x-www-form-urlencoded", 415, ""),
        (b"<what/>", "text/xml", 415, ""),
    ],
)
def test_what_is_not_a_complaint_is_refused_in_words(pages: Pages, body: bytes, kind: str, status: int, field: str) -> None:
    answer = Program(pages).ask("POST", "/complaints", data=body, content_type=kind)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert [one["field"] for one in answer.json["fields"]] == ([field] if field else [])
    assert PHONE not in answer.text and pages.records.newest("filed") == []


def test_hostile_files_and_wrong_uploads_are_refused(pages: Pages) -> None:
    program = Program(pages)
    path = f"/complaints/{program.file().json['number']}/evidence"
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    for data, status in (
        ({"file": (io.BytesIO(files.HTML), "a.jpg")}, 422), ({"other": (io.BytesIO(b"text"), "a.txt")}, 422), ({"file": "text"}, 415),
        (head + bytes(250_000) + b"\r\n--x--", 413), (head + bytes(900_000) + b"\r\n--x--", 413), (b"no parts at all", 422),
    ):
        more = {"content_type": "multipart/form-data; boundary=x"} if isinstance(data, bytes) else {}
        assert program.ask("POST", path, data=data, **more).status_code == status
    assert program.ask("GET", path.removesuffix("/evidence")).json["evidence"] == []


CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, response_headers_conformance,
]
ONCE = [ignored_auth, unsupported_method]
"""Checks that ask again by themselves; once for each operation is enough."""


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_schemathesis_finds_no_answer_that_is_not_in_the_document(pages: Pages, mode: GenerationMode) -> None:
    key = pages.keys.add("fuzz", "app", scopes=tuple(SCOPES), per_minute=100_000)
    number = Program(pages, "real").file().json["number"]
    schema = schemathesis.openapi.from_wsgi(f"{ROOT}/openapi.json", pages.app)
    seen: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
        @settings(max_examples=15, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
        def holds(case: schemathesis.Case, real: bool) -> None:
            if real and "number" in case.path_parameters:
                case.path_parameters["number"] = number
            case.headers["Authorization"] = f"Bearer {key}"
            response = case.call()
            first = case.operation.label not in seen
            seen.setdefault(case.operation.label, set()).add(response.status_code)
            case.validate_response(response, checks=CHECKS + ONCE if first else CHECKS)

        holds()
    assert len(seen) == 9
    if mode is GenerationMode.POSITIVE:
        assert 201 in seen["POST /complaints"] and 200 in seen["GET /changes"] and {200, 404} <= seen["GET /complaints/{number}"]

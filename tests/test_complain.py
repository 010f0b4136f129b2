"""The callers' pages without a script: filing, following up, and what strangers do not learn."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import files
from tests.callers import PHONE, STORY, Pages, pages_in
from tests.signed_in import client_of


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path) as found:
        yield found

def test_a_caller_files_without_a_script(pages: Pages) -> None:
    client = pages.client()
    picture = (io.BytesIO(files.photo()), "bill.jpg")
    kept = client.post("/complain", data=STORY | {"do": "add", "evidence": picture})
    assert kept.status_code == 303
    page = client.get("/complain").text
    assert "上个月多扣了我五十块钱" in page and "bill.jpg" in page and 'value="refund" checked' in page
    number = pages.filed(client)
    complaint = pages.records.complaint(number)
    fields = complaint.form["fields"]
    assert complaint.state == "filed"
    assert {name: fields[name]["value"] for name in ("phone", "amount", "occurred", "resolution", "category")} == {
        "phone": PHONE, "amount": 50.0, "occurred": "2026-11-05", "resolution": ["refund"], "category": "billing_anomaly"
    }
    assert (fields["phone"]["state"], fields["category"]["state"]) == ("confirmed", "heard")
    assert [piece.name for piece in pages.evidence.of(number)] == ["bill.jpg"]
    assert [(to, prompt) for to, prompt, _ in pages.sent] == [(PHONE, "sms_code"), (PHONE, "sms_filed")]
    assert "多扣了我" not in client.get("/complain").text, "what is filed is no draft any more"


def test_a_second_click_files_nothing_twice(pages: Pages) -> None:
    client = pages.client()
    number = pages.filed(client)
    again = client.post("/complain/confirm", data={"code": pages.code(), "do": "file"}, follow_redirects=True)
    assert number in again.text
    assert len(pages.records.newest("filed")) == 1 and len(pages.sent) == 2


def test_a_phone_that_was_changed_needs_its_own_code(pages: Pages) -> None:
    client = pages.client()
    client.post("/complain", data=STORY | {"do": "send"})
    client.post("/complain", data=STORY | {"phone": "13900139000", "do": "save"})
    answer = client.post("/complain/confirm", data={"code": pages.code(), "do": "file"})
    assert answer.headers["Location"] == "/complain/confirm" and pages.records.newest("filed") == []


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [({"what": "  "}, "what"), ({"phone": "12345"}, "phone"), ({"phone": "02112345678"}, "phone"), ({"amount": "fifty"}, "amount"),
     ({"amount": "1e99"}, "amount"), ({"occurred": "2026-11-24"}, "occurred"), ({"occurred": "2026-02-30"}, "occurred"),
     ({"category": "weather"}, "category"), ({"name": "x" * 61}, "name"), ({"location": "a\u2028b"}, "location"),
     ({"resolution": ["revenge"]}, "resolution"), ({"what": "a\x07b"}, "what")],
)
def test_what_does_not_fit_is_told_at_its_field_and_nothing_is_lost(pages: Pages, changed: dict[str, Any], wrong: str) -> None:
    client = pages.client()
    answer = client.post("/complain", data=STORY | changed | {"do": "send"})
    assert answer.status_code == 422 and pages.sent == []
    assert re.findall(r'class="wrong" id="wrong-(\w+)"', answer.text) == [wrong]
    kept = client.get("/complain").text
    assert 'value="¥50"' in kept or wrong == "amount"


def test_a_hostile_file_is_refused_in_words_and_a_flood_before_it_is_read(pages: Pages) -> None:
    client = pages.client()
    client.post("/complain", data={"what": "x", "do": "add", "evidence": (io.BytesIO(files.HTML), "bill.jpg")})
    assert "网页或程序代码" in client.get("/complain").text
    head = b'--x\r\nContent-Disposition: form-data; name="evidence"; filename="a.jpg"\r\n\r\n'
    flood = client.post("/complain", data=head + bytes(2_000_000) + b"\r\n--x--", content_type="multipart/form-data; boundary=x")
    assert flood.status_code == 413
    assert client.post("/complain/draft", json={"what": "x" * 70_000}).status_code == 413


def test_nobody_takes_a_file_out_of_another_s_draft(pages: Pages) -> None:
    one, other = pages.client(), pages.client()
    answer = one.post("/complain/evidence", data={"evidence": (io.BytesIO(b"mine"), "a.txt")})
    other.post("/complain", data={"do": f"remove-{answer.json['id']}"})
    assert "a.txt" in one.get("/complain").text
    one.post("/complain", data={"do": f"remove-{answer.json['id']}"})
    assert "a.txt" not in one.get("/complain").text


def test_a_script_that_fills_every_field_files_nothing(pages: Pages) -> None:
    answer = pages.client().post("/complain", data=STORY | {"website": "http://x", "do": "send"})
    assert answer.status_code == 303 and pages.sent == []


def plain(text: str) -> str:
    return re.sub(r'(?:content|value)="[^"]*"', "", text)


def test_an_unknown_number_and_a_wrong_phone_are_answered_like_the_right_ones(pages: Pages) -> None:
    number = pages.filed(pages.client())
    pages.clock[0] += 61
    seen = set()
    for asked, tail in ((number, "8000"), (number, "9999"), ("202611239999", "8000")):
        client = pages.client()
        answer = client.post("/status", data={"number": asked, "tail": tail}, follow_redirects=True)
        wrong = client.post("/status/code", data={"code": "000000"}, follow_redirects=True)
        seen.add((answer.status_code, plain(answer.text), wrong.status_code, plain(wrong.text)))
        pages.clock[0] += 61
    assert len(seen) == 1
    assert [prompt for _, prompt, _ in pages.sent].count("sms_code") == 2, "one to file, one for the pair that fits"


def test_six_tries_that_lead_nowhere_close_the_page_for_a_day(pages: Pages) -> None:
    tried = [pages.client().post("/status", data={"number": f"2026112300{n:02}", "tail": "8000"}).status_code for n in range(7)]
    assert tried == [303] * 6 + [429]


def test_without_a_code_nothing_is_open(pages: Pages) -> None:
    number = pages.filed(pages.client())
    stranger = pages.client()
    for answer in (stranger.get("/status/case"), stranger.post("/status/case", data={"do": "withdraw", "sure": "yes"})):
        assert answer.headers["Location"] == "/status"
    assert stranger.get("/complain/done").status_code == 302
    assert pages.records.complaint(number).state == "filed"


def test_the_caller_goes_to_the_regulator_once_the_deadline_has_passed_and_reads_what_it_decided(pages: Pages) -> None:
    number = pages.filed(pages.client())
    client = pages.visiting(number)
    assert 'value="refer"' not in client.get("/status/case").text
    early = client.post("/status/case", data={"do": "refer", "once": "1"}, follow_redirects=True)
    assert "还在答复期限内" in early.text and pages.records.complaint(number).state == "filed"
    pages.clock[0] += 16 * 86_400
    client = pages.visiting(number)
    assert 'value="refer"' in client.get("/status/case").text
    for _ in range(2):
        client.post("/status/case", data={"do": "refer", "once": "2", "why": "十六天没有人答复"})
    assert pages.records.complaint(number).state == "regulator"
    assert [prompt for _, prompt, _ in pages.sent].count("sms_regulator") == 1
    pages.reception.act(number, "return", by="wang", due=pages.reception.today() + timedelta(9))
    day = pages.reception.today() + timedelta(9)
    told = f"{day.year}年{day.month}月{day.day}日"
    assert pages.sent[-1][1] == "sms_decided" and told in pages.sent[-1][2]["decision"]
    page = client.get("/status/case").text
    assert "退回我们重新处理" in page and told in page and pages.records.complaint(number).due_on == day.isoformat()
    (referred, returned) = pages.reception.ledger.changes(pages.records.complaint(number))
    assert (referred.data["by"], referred.data["why"]) == ("caller", "十六天没有人答复") and returned.data["due"] == day.isoformat()


def test_a_look_that_a_code_confirmed_is_on_record_once_and_changes_nothing(pages: Pages) -> None:
    number = pages.filed(pages.client())
    before = pages.records.complaint(number)
    client = pages.visiting(number)
    for _ in range(3):
        client.get("/status/case")
    client.post("/status/code", data={"code": "000000"})
    told = [event.data for event in pages.records.events(before.call_id) if event.kind == "status_told"]
    assert told == [{"number": number, "channel": "web", "by": "caller", "during": ""}]
    assert pages.records.complaint(number) == before and [one.kind for one in pages.records.about_complaints(0, 9)] == ["complaint_filed"]


def test_the_caller_adds_escalates_and_withdraws(pages: Pages) -> None:
    number = pages.filed(pages.client())
    client = pages.visiting(number)
    client.post("/status/case", data={"do": "add", "evidence": (io.BytesIO(files.sound("WAV")), "call.wav")})
    for level in (1, 2):
        client.post("/status/case", data={"do": "escalate", "once": f"click {level}"})
        client.post("/status/case", data={"do": "escalate", "once": f"click {level}"})
        assert pages.records.complaint(number).level == level
    page = client.get("/status/case").text
    assert "call.wav" in page and "集团" in page and "12300" in page and 'value="escalate"' not in page
    client.post("/status/case", data={"do": "withdraw"})
    assert pages.records.complaint(number).state == "escalated", "not without the tick"
    client.post("/status/case", data={"do": "withdraw", "sure": "yes"})
    assert pages.records.complaint(number).state == "withdrawn"
    assert "已经结束" in client.post("/status/case", data={"do": "escalate", "once": "late"}, follow_redirects=True).text
    client.post("/status/case", data={"do": "leave"})
    assert client.get("/status/case").status_code == 303


def test_a_visit_ends_by_itself(pages: Pages) -> None:
    client = pages.visiting(pages.filed(pages.client()))
    assert client.get("/status/case").status_code == 200
    pages.clock[0] += 31 * 60
    assert client.get("/status/case").status_code == 303


def test_neither_number_nor_phone_reaches_a_log_or_an_address(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = pages.client()
    number = pages.filed(client)
    visit = pages.visiting(number)
    places = [one.request.path for one in client.get("/complain/done", follow_redirects=True).history]
    places += [visit.get("/status/case").request.url]
    for text in (caplog.text, *places):
        assert PHONE not in text and number not in text and "138 0013" not in text


def test_an_agent_sees_the_evidence_as_a_download_or_a_new_picture_and_each_look_is_on_record(pages: Pages) -> None:
    client = pages.client()
    client.post("/complain", data=STORY | {"do": "add", "evidence": (io.BytesIO(files.photo()), "账单.jpg")})
    draft = pages.evidence.piece(1)
    agent = client_of(pages.app, pages.users)
    assert agent.get(f"/evidence/{draft.id}").status_code == 404, "a draft is nobody's business"
    number = pages.filed(client)
    (listed,) = agent.get(f"/evidence/of/{number}").json["files"]
    file = agent.get(f"/evidence/{listed['id']}")
    assert file.headers["Content-Disposition"].startswith("attachment") and file.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in file.headers["Content-Security-Policy"] and file.data == pages.evidence.path(draft).read_bytes()
    shown = agent.get(f"/evidence/{listed['id']}/preview.jpg")
    assert shown.mimetype == "image/jpeg" and shown.data != file.data
    seen = [event for event in pages.records.after(0) if event.kind == "evidence_seen"]
    assert [(event.data["who"], event.data["number"]) for event in seen] == [("wang", number)] * 2
    for path in (f"/evidence/{listed['id']}", f"/evidence/of/{number}"):
        assert pages.client().get(path).status_code == 401
    assert agent.get("/evidence/99999999999999999999999").status_code == 404

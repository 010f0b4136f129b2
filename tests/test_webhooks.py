"""The webhooks through really signed requests: who is let in, what a repeat does, what garbage gets."""

from __future__ import annotations

import logging
import sqlite3
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from hotline.database import migrate
from hotline.records import Records
from tests.phone import SID, Phone

ROUTES = ["incoming", "answer?step=phone&turn=1", "next?turn=1", "wait", "left", "status", "stream"]


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[Phone]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    records = Records(url)
    yield Phone(records)
    records.close()


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_right_signature_nobody_is_let_in(
    phone: Phone, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    params = {"CallSid": SID, "From": "+8613700001111", "To": "10086"}
    for headers in ({}, {"X-Twilio-Signature": "bm8="}):
        caplog.clear()
        response = phone.unsigned(f"/voice/{route}", data=params, headers=headers)
        assert response.status_code == 403
        assert len(caplog.messages) == 1
        assert "13700001111" not in caplog.text
    assert phone.kinds() == []


def test_a_signature_for_other_parameters_or_headers_does_not_count(phone: Phone) -> None:
    import tests.phone

    params = {"CallSid": SID, "From": "+8613700001111", "To": "10086"}
    signer = tests.phone.RequestValidator(tests.phone.TOKEN)
    signature = signer.compute_signature("https://evil.example.org/voice/incoming", params)
    response = phone.unsigned(
        "/voice/incoming",
        data=params,
        headers={"X-Twilio-Signature": signature, "Host": "evil.example.org", "X-Forwarded-Host": "evil.example.org"},
    )
    assert response.status_code == 403


@pytest.mark.parametrize("route", ROUTES)
def test_only_post(phone: Phone, route: str) -> None:
    assert phone.unsigned(f"/voice/{route}", method="GET").status_code == 405


@pytest.mark.parametrize(
    ("path", "params", "named"),
    [
        ("/voice/incoming", {"From": "+861", "To": "1"}, "CallSid"),
        ("/voice/incoming", {"CallSid": SID, "To": "1"}, "From"),
        ("/voice/incoming", {"CallSid": SID, "From": "+861"}, "To"),
        ("/voice/incoming", {"CallSid": "../etc", "From": "+861", "To": "1"}, "CallSid"),
        ("/voice/incoming", {"CallSid": SID + "1" * 99, "From": "+861", "To": "1"}, "CallSid"),
        ("/voice/incoming", {"CallSid": SID, "From": "x\ny" * 50, "To": "1"}, "From"),
        ("/voice/answer?step=phone", {"CallSid": SID}, "turn"),
        ("/voice/answer?step=phone&turn=many", {"CallSid": SID}, "turn"),
        ("/voice/answer?step=phone&turn=-1", {"CallSid": SID}, "turn"),
        ("/voice/answer?step=bank&turn=1", {"CallSid": SID}, "step"),
        ("/voice/answer?turn=1", {"CallSid": SID}, "step"),
        ("/voice/answer?step=phone&turn=1", {"CallSid": SID, "Digits": "<script>"}, "Digits"),
        ("/voice/next", {"CallSid": SID}, "turn"),
        ("/voice/wait", {"CallSid": SID, "QueuePosition": "first"}, "QueuePosition"),
        ("/voice/status", {"CallSid": SID}, "CallStatus"),
        ("/voice/status", {"CallSid": SID, "CallStatus": "dead"}, "CallStatus"),
        ("/voice/stream", {"CallSid": SID}, "StreamEvent"),
    ],
)
def test_garbage_is_refused_by_name_and_not_by_value(
    phone: Phone, path: str, params: dict[str, str], named: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = phone.request(path, params)
    assert response.status_code == 400
    assert named in response.text
    assert len(caplog.messages) == 1 and named in caplog.messages[0]
    if named in params:
        assert params[named] not in response.text + caplog.text
    assert phone.post("/voice/incoming", "CA" + "2" * 32).status_code == 200, "other calls go on"


def test_a_body_that_is_too_large_is_not_read(phone: Phone) -> None:
    assert phone.request("/voice/incoming", {"CallSid": SID, "From": "+86" + "1" * 70_000}).status_code == 413


def test_a_retry_with_the_same_token_changes_nothing(phone: Phone) -> None:
    token = {"I-Twilio-Idempotency-Token": "a1b2"}
    first = phone.post("/voice/incoming", headers=token)
    kinds = phone.kinds()
    again = phone.post("/voice/incoming", headers=token)
    assert (again.status_code, again.text, again.mimetype) == (200, first.text, "text/xml")
    assert phone.kinds() == kinds
    question = phone.listening(first)
    token = {"I-Twilio-Idempotency-Token": "c3d4"}
    first = phone.post(question, headers=token, Digits="1")
    kinds = phone.kinds()
    phone.restart()
    assert phone.post(question, headers=token, Digits="1").text == first.text
    assert phone.kinds() == kinds


def test_a_status_that_is_repeated_changes_nothing(phone: Phone) -> None:
    phone.dial()
    phone.say("上个月多扣了我五十块钱")
    for token in ("t1", "t1", "t2"):
        response = phone.post("/voice/status", CallStatus="completed", headers={"I-Twilio-Idempotency-Token": token})
        assert (response.status_code, response.text) == (204, "")
    assert [kind for kind in phone.kinds() if kind in ("draft_saved", "call_ended")] == ["draft_saved", "call_ended"]


def test_a_callback_that_is_repeated_without_a_token_changes_nothing(phone: Phone) -> None:
    problem = phone.dial()
    first = phone.post(problem, Digits="4")
    kinds, fields = phone.kinds(), phone.fields()
    again = phone.post(problem, Digits="4")
    assert phone.listening(again) == phone.listening(first)
    assert (phone.kinds(), phone.fields()) == (kinds, fields)


def test_an_incoming_call_that_is_repeated_is_one_call_with_one_stream(phone: Phone) -> None:
    first, again = phone.post("/voice/incoming"), phone.post("/voice/incoming")
    assert first.text == again.text
    assert phone.kinds().count("call_started") == 1


def test_news_of_a_call_that_is_not_known_is_survived(phone: Phone) -> None:
    assert phone.post("/voice/status", CallStatus="completed").status_code == 204
    assert phone.post("/voice/stream", StreamEvent="stream-error").status_code == 204
    assert phone.kinds() == []
    assert phone.listening(phone.post("/voice/answer?step=phone&turn=9", Digits="1")).startswith(
        "/voice/answer?step=language"
    ), "a caller whose call was lost begins anew"


def test_after_an_error_of_ours_the_caller_hears_an_apology_and_reaches_a_human(
    phone: Phone, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    problem = phone.dial()
    phone.say("上个月多扣了我五十块钱")
    phone.records.close()
    broken = sqlite3.connect(tmp_path / "hotline.db")
    broken.execute("ALTER TABLE complaints RENAME TO lost")
    broken.commit()
    caplog.set_level(logging.ERROR)
    answer = phone.post("/voice/answer?step=phone&turn=3", Digits="0")
    root = ElementTree.fromstring(answer.text)
    assert answer.status_code == 200
    assert root.find("Say") is not None and root.find("Enqueue").text == "billing"
    assert "error" in phone.kinds()
    assert len(caplog.messages) == 1 and "五十" not in caplog.text and "OperationalError" in caplog.text
    broken.execute("ALTER TABLE events RENAME TO gone")
    broken.commit()
    broken.close()
    answer = phone.post(problem, "CA" + "3" * 32)
    root = ElementTree.fromstring(answer.text)
    assert answer.status_code == 200
    assert root.find("Enqueue").text == "general", "even without any records"
    with pytest.raises(OperationalError):
        phone.records.events(SID)

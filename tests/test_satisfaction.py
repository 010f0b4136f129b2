"""Satisfaction by text message: a reply is counted once, and who stops is left alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from complaints.satisfaction import Satisfaction
from hotline import settings
from hotline.tables import ComplaintRow
from tests.callers import Pages, pages_in
from tests.house import house_in
from tests.toy_line import ACCOUNT, CALLER, NUMBER, TOKEN, ToyLine, carried


class Asked:
    """Closed complaints of one phone, and what was sent to it."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.satisfaction = Satisfaction(pages.records, pages.reception, now=lambda: pages.clock[0])

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(to, prompt) for to, prompt, _ in self.pages.sent if prompt == "sms_satisfaction"]

    def closed(self, call: str) -> str:
        form = {"fields": {"phone": {"value": "13800138000"}}, "description": "多扣了钱"}
        number = self.pages.records.file_complaint(call, form)
        for action in ("answer", "close"):
            self.pages.reception.act(number, action, by="wang")
        return number

    def mark(self, number: str) -> int | None:
        with self.pages.records.reading() as connection:
            return connection.scalar(select(ComplaintRow.satisfaction).where(ComplaintRow.number == number))


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path) as found:
        yield found


@pytest.fixture
def asked(pages: Pages) -> Iterator[Asked]:
    yield Asked(pages)


def test_a_closed_complaint_is_asked_about_once_and_the_reply_counts_once(asked: Asked) -> None:
    number = asked.closed("web-1")
    assert asked.satisfaction.ask(number) and not asked.satisfaction.ask(number)
    assert asked.sent == [("13800138000", "sms_satisfaction")]
    assert asked.satisfaction.replied("+8613800138000", "什么") == ("sms_mark_missed", "zh")
    assert asked.satisfaction.replied("+8613800138000", "4") == ("sms_mark_taken", "zh")
    assert asked.satisfaction.replied("+8613800138000", "1") == ("sms_mark_taken", "zh")
    assert asked.mark(number) == 4


def test_an_open_one_is_not_asked_about_and_a_stranger_is_told_so(asked: Asked) -> None:
    number = asked.pages.records.file_complaint("web-1", {"fields": {"phone": {"value": "13800138000"}}})
    assert not asked.satisfaction.ask(number)
    assert asked.satisfaction.replied("+8613911112222", "5") == ("sms_unasked", "zh")
    assert asked.satisfaction.replied("+447700900123", "hello") == ("sms_unasked", "en")


def test_who_stops_is_not_asked_again(asked: Asked) -> None:
    asked.satisfaction.ask(asked.closed("web-1"))
    assert asked.satisfaction.replied("+8613800138000", "TD") == ("sms_stopped", "zh")
    assert not asked.satisfaction.ask(asked.closed("web-2"))


def test_a_reply_weeks_later_belongs_to_nothing(asked: Asked) -> None:
    number = asked.closed("web-1")
    asked.satisfaction.ask(number)
    asked.pages.clock[0] += 20 * 86_400
    assert asked.satisfaction.replied("+8613800138000", "5")[0] == "sms_unasked"
    assert asked.mark(number) is None


def test_a_text_travels_by_the_carriers_signed_webhook_and_its_answer_back(tmp_path: Path) -> None:
    line = ToyLine()
    with carried(line) as (url, exchange):
        line.says("/sms", "<Message>谢谢您的评价。</Message>")
        answer = requests.post(f"{url}/carrier/messages", json={"from": CALLER, "body": "5"}, auth=(ACCOUNT, TOKEN), timeout=10)
        assert answer.json() == {"answers": ["谢谢您的评价。"]}
        (hook,) = line.at("/sms")
        assert hook.signed and (hook.params["From"], hook.params["To"], hook.params["Body"]) == (CALLER, NUMBER, "5")
        assert hook.params["MessageSid"].startswith("SM")
        assert exchange.outbox.messages()[0]["to"] == CALLER
        assert requests.post(f"{url}/carrier/messages", json={"from": "x", "body": "5"}, auth=(ACCOUNT, TOKEN), timeout=10).status_code == 400


def test_the_line_takes_signed_texts_only(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        number = house.records.file_complaint("web-1", {"fields": {"phone": {"value": "13800138000"}}, "description": "多扣了钱"})
        with house.records.writing() as connection:
            connection.execute(ComplaintRow.__table__.update().values(state="closed", asked_at=time.time()))
        client = house.app.test_client()
        given = {"From": "+8613800138000", "Body": "4", "MessageSid": "SM1"}
        assert client.post("/sms", data=given).status_code == 403
        signature = RequestValidator("t").compute_signature(f"{settings.load({}).public_url}/sms", given)
        answer = client.post("/sms", data=given, headers={"X-Twilio-Signature": signature})
        assert "谢谢您的评价" in answer.text and "<Message>" in answer.text
        with house.records.reading() as connection:
            assert connection.scalar(select(ComplaintRow.satisfaction).where(ComplaintRow.number == number)) == 4

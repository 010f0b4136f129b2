"""Following a complaint up by telephone: who is told, what can be done, and what the records say afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hotline.database import migrate
from hotline.records import Records
from tests.ledgers import ledger_of
from tests.phone import NOW, SID, Phone, texts_of

OTHER = "CA" + "2" * 32
OWN = "+8613800138000"
FILED = {"intent": "complain", "fields": {"phone": {"value": "13800138000", "state": "heard", "source": None}}}


@pytest.fixture
def clock() -> list:
    return [NOW]


@pytest.fixture
def phone(tmp_path: Path, clock: list) -> Iterator[Phone]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    records = Records(url, now=lambda: clock[0].timestamp())
    yield Phone(records, now=lambda: clock[0])
    records.close()


@pytest.fixture
def number(phone: Phone) -> str:
    return phone.records.file_complaint(OTHER, FILED)


def call(phone: Phone, sid: str = SID, from_: str = OWN) -> str:
    """A call from this number, up to the question for the problem; the path of its answer."""
    language = phone.listening(phone.post("/voice/incoming", sid, From=from_))
    return phone.listening(phone.post(language, sid))


def asked(phone: Phone, number: str, sid: str = SID, from_: str = OWN) -> str:
    """The same, up to where the complaint's number was keyed; what is heard then."""
    question = phone.listening(phone.post(call(phone, sid, from_), sid, Digits="5"))
    return phone.post(question, sid, Digits=number).text


def press(phone: Phone, document: str, key: str, sid: str = SID) -> str:
    """Press a key where a document listens."""
    action = document.split('action="')[1].split('"')[0].replace("&amp;", "&").removeprefix("https://line.example.org")
    return phone.post(action, sid, Digits=key).text


def test_who_calls_from_the_number_on_it_is_told_at_once(phone: Phone, number: str) -> None:
    heard = asked(phone, number)
    assert "已经受理" in heard and "12月8日" in heard
    assert "向上一级投诉" in heard and "撤销" in heard and "接受答复" not in heard


def test_who_calls_from_elsewhere_names_the_number_on_it(phone: Phone, number: str) -> None:
    heard = asked(phone, number, from_="+8613700001111")
    assert "登记的手机号码" in heard and "已经受理" not in heard
    assert "不一致" in (heard := press(phone, heard, "13900139000"))
    assert "已经受理" in press(phone, heard, "13800138000")


def test_three_wrong_numbers_lead_to_a_human_and_are_counted(phone: Phone) -> None:
    heard = asked(phone, "202611010001")
    assert "没有找到" in heard
    heard = press(phone, press(phone, heard, "202611010002"), "202611010003")
    assert "<Enqueue" in heard
    assert phone.records.wrong_tries(OWN, 0) == 3
    assert phone.records.wrong_tries("+8613700001111", 0) == 0


def test_who_has_guessed_too_often_is_told_nothing_more_that_day(phone: Phone, number: str, clock: list) -> None:
    for place in range(3):
        heard = asked(phone, "202611010001", sid := f"CA{place}" + "3" * 31)
        for _ in range(2):
            if "<Enqueue" not in heard:
                heard = press(phone, heard, "202611010001", sid)
    heard = asked(phone, number, "CA" + "4" * 32)
    assert "<Enqueue" in heard and "已经受理" not in heard
    clock[0] += timedelta(days=1, minutes=1)
    assert "已经受理" in asked(phone, number, "CA" + "5" * 32)


def test_each_call_takes_it_one_level_higher_and_past_the_last_there_is_the_regulator(phone: Phone, number: str) -> None:
    for level, name in ((1, "省公司"), (2, "集团公司")):
        sid = f"CA{level}" + "3" * 31
        heard = press(phone, asked(phone, number, sid), "1", sid)
        assert name in heard and "<Enqueue" in heard
        complaint = phone.records.complaint(number)
        assert (complaint.state, complaint.level) == ("escalated", level)
        assert name in phone.carrier.messages[-1][1]
    heard = press(phone, asked(phone, number), "1")
    assert "12300" in heard and "邮编" in heard and "<Hangup" in heard
    assert "12300" in phone.carrier.messages[-1][1] and "邮编" in phone.carrier.messages[-1][1]
    assert phone.records.complaint(number).level == 2


def test_past_the_deadline_there_is_the_regulator(phone: Phone, number: str, clock: list) -> None:
    clock[0] += timedelta(days=16)
    assert "12300" in press(phone, asked(phone, number), "1")
    assert "appeal_told" in phone.kinds()


def test_raising_is_done_once_however_often_the_carrier_asks(phone: Phone, number: str) -> None:
    heard = asked(phone, number)
    press(phone, heard, "1")
    state = {**phone.state(), "step": "escalating", "saying": []}
    phone.records.append(SID, ("moved", {"state": state}))  # killed after the records were changed
    phone.restart()
    phone.post("/voice/next?turn=9")
    assert phone.records.complaint(number).level == 1


def test_a_message_that_was_not_sent_before_the_line_died_is_sent_after_it(phone: Phone, number: str, clock: list) -> None:
    phone.carrier.away = True
    press(phone, press(phone, asked(phone, number), "2"), "1")
    assert phone.records.complaint(number).state == "withdrawn" and phone.carrier.messages == []
    phone.carrier.away = False
    phone.restart()
    clock[0] += timedelta(minutes=1)
    texts_of(phone.records, phone.carrier, lambda: clock[0]).look()
    ((to, body),) = phone.carrier.messages
    assert to == OWN and "撤销" in body


def test_a_complaint_is_withdrawn_after_a_yes(phone: Phone, number: str) -> None:
    heard = press(phone, asked(phone, number), "2")
    assert "确定要撤销" in heard and phone.records.complaint(number).state == "filed"
    assert "已经撤销" in press(phone, heard, "1")
    assert phone.records.complaint(number).state == "withdrawn"
    assert "撤销" in phone.carrier.messages[-1][1]
    assert "followed_up" in phone.kinds()
    later = asked(phone, number, "CA" + "5" * 32)
    assert "已经撤销" in later and "要撤销投诉" not in later


def test_an_answer_is_accepted(phone: Phone, number: str) -> None:
    ledger_of(phone.records, lambda: NOW).act(number, "answer", by="wang")
    heard = asked(phone, number)
    assert "已经答复" in heard
    assert "已经办结" in press(phone, heard, "3")
    assert phone.records.complaint(number).state == "accepted"


def test_words_do_what_keys_do(phone: Phone, number: str) -> None:
    asked(phone, number)
    phone.say("撤销投诉")
    assert (phone.state()["step"], phone.state()["about"]) == ("confirm", "withdraw")
    phone.say("不用了")
    assert phone.state()["step"] == "higher"
    phone.say("我要升级投诉")
    assert phone.records.complaint(number).level == 1


def test_a_waiting_caller_leaves_the_queue_for_a_call_back(phone: Phone) -> None:
    phone.post(call(phone), Digits="0")
    waiting = phone.post("/voice/wait", QueuePosition="3").text
    assert "回电" in waiting and "留言" in waiting
    assert "<Leave" in press(phone, waiting, "1")
    heard = phone.post("/voice/left", QueueResult="leave").text
    assert "回电到一 三 八 零" in heard
    assert "给您回电" in press(phone, heard, "1")
    promised = [event.data for event in phone.records.events(SID) if event.kind == "callback_promised"]
    assert [one["number"] for one in promised] == ["13800138000"]


def test_a_waiting_caller_leaves_a_message(phone: Phone) -> None:
    phone.post(call(phone), Digits="0")
    press(phone, phone.post("/voice/wait", QueuePosition="1").text, "2")
    assert "留言" in phone.post("/voice/left", QueueResult="leave").text
    phone.say("你们的营业厅今天没有开门")
    assert phone.state()["step"] in ("end", "file") and "voicemail_left" in phone.kinds()
    assert "<Hangup" in phone.post("/voice/next?turn=9").text

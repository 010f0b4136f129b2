"""A call's life: what is heard moves it, nothing that was heard is lost, and it can be picked up again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from agent_assist.form import Value
from audio.session import Partial, Utterance
from hotline.database import migrate
from hotline.records import Records
from ivr.stream import Deaf
from tests.phone import CALLER, NOW, SID, Phone

FILED = {"intent": "complain", "fields": {"phone": {"value": "13800138000", "state": "heard", "source": None}}}
STORY = "上个月我的话费多扣了五十块钱"
OTHER = "CA" + "2" * 32


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    migrate(url)
    records = Records(url)
    yield records
    records.close()


@pytest.fixture
def phone(records: Records) -> Phone:
    return Phone(records)


def token_of(document: str) -> str:
    """The token of the stream that a document opens."""
    found = re.search(r'name="token" value="([^"]+)"', document)
    assert found, document
    return found[1]


def test_a_spoken_call_is_filed_read_out_and_sent(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    assert phone.state()["step"] == "phone"
    phone.say("我的手机号是一三八零零一三八零零零", digits=("13800138000",))
    assert (phone.state()["step"], phone.state()["offered"]) == ("confirm", "13800138000")
    phone.say("对的")
    phone.say("我有扣费短信和账单")
    phone.say("我要求退款")
    assert (phone.state()["step"], phone.state()["offered"]) == ("confirm", "50")
    phone.say("是的", ask="confirm#4")  # meant for the number: it confirms no other value
    assert phone.state()["step"] == "confirm"
    phone.say("没错")
    document = phone.post("/voice/next?turn=9").text
    number = [event.data["number"] for event in phone.records.events(SID) if event.kind == "complaint_filed"][0]
    fields = phone.records.complaint(number).form["fields"]
    assert fields["phone"]["value"] == "13800138000"
    assert fields["category"]["value"] == "billing_anomaly"
    assert (fields["phone"]["state"], fields["amount"]["state"]) == ("confirmed", "confirmed")
    assert fields["amount"]["value"] == 50
    assert fields["occurred"]["value"] == "last_month"
    assert set(fields["evidence"]["value"]) == {"sms", "bill"}
    assert fields["resolution"]["value"] == ["refund"]
    assert "Hangup" in document and document.count("二 零 二") == 2
    assert [to for to, _ in phone.carrier.messages] == [CALLER]
    assert number in phone.carrier.messages[0][1] and "13800138000" not in phone.carrier.messages[0][1]


def test_keys_fill_surely(phone: Phone) -> None:
    phone.post(phone.listening(phone.post(phone.dial(), Digits="4")))
    phone.say("营业厅的人态度很差")
    phone.say("就是昨天")
    for digits in ("13800138000", "6", "1"):
        state = phone.state()
        phone.post(f"/voice/answer?step={state['step']}&turn={state['turn']}", Digits=digits)
    events = [event.data for event in phone.records.events(SID) if event.kind == "field_heard"]
    keyed = {one["field"]: (one["value"], one["state"], one["source"]["how"]) for one in events}
    assert keyed["category"] == ("service_quality", "confirmed", "keyed")
    assert keyed["phone"] == ("13800138000", "confirmed", "keyed")
    assert keyed["evidence"] == (["sms"], "confirmed", "keyed")
    assert keyed["resolution"] == (["apology"], "confirmed", "keyed")


def test_keys_that_are_no_phone_number_fill_nothing(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    question = phone.listening(phone.post("/voice/next?turn=3"))
    again = phone.post(question, Digits="12345678901")
    assert "step=phone" in phone.listening(again)
    assert "phone" not in phone.fields()


def test_hearing_moves_the_live_call_once(phone: Phone) -> None:
    phone.dial()
    asked = "problem#2"
    phone.say(STORY, ask=asked)
    phone.say("我的号码是一三八零零一三八零零零", ask=asked)
    assert phone.carrier.redirects == ["https://line.example.org/voice/next?turn=3"]
    assert phone.state()["step"] == "phone"
    assert phone.fields()["phone"] == "13800138000", "late words fill all the same"


def test_the_carrier_is_not_interrupted_when_it_came_by_itself(phone: Phone) -> None:
    problem = phone.dial()
    waiting: list[Callable] = []
    phone.flow._errands._background.submit = lambda fn, *args: waiting.append(lambda: fn(*args))
    phone.say(STORY)
    assert "step=phone" in phone.listening(phone.post(problem))
    for errand in waiting:
        errand()
    assert phone.carrier.redirects == []


def test_the_recording_notice_is_not_cut_short_by_words(phone: Phone) -> None:
    language = phone.listening(phone.post("/voice/incoming"))
    phone.say(STORY)
    assert phone.carrier.redirects == []
    assert "step=phone" in phone.listening(phone.post(language))


def test_the_end_of_an_answer_is_no_second_failure(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    phone.say("我不知道", ask="phone#3")
    phone.say("真不知道", ask="phone#3")
    assert (phone.state()["turn"], phone.state()["missed"]) == (4, 1)


def test_a_number_said_in_two_pieces_is_one_number(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    phone.say("一三八零零", digits=("13800", "1380"))
    assert (phone.state()["step"], phone.state()["missed"]) == ("phone", 0), "the rest is waited for"
    phone.say("一三八零零零", digits=("18000", "138000"))
    assert (phone.state()["step"], phone.state()["offered"]) == ("confirm", "13800138000")


def test_a_number_said_once_more_is_a_yes(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    phone.say("一三八零零一三八零零零", digits=("13800138000",))
    phone.say("一三八零零一三八零零零", digits=("13800138000",))
    assert phone.state()["step"] == "evidence"
    fields = [event.data for event in phone.records.events(SID) if event.kind == "field_heard"]
    assert [one["state"] for one in fields if one["field"] == "phone"] == ["heard", "confirmed"]


def test_two_pieces_that_make_no_number_are_one_failure(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    phone.say("一三八零零", digits=("13800",))
    phone.say("九九九九", digits=("9999",))
    assert (phone.state()["step"], phone.state()["missed"]) == ("phone", 1)


def test_an_empty_utterance_is_nothing(phone: Phone) -> None:
    phone.dial()
    kinds = phone.kinds()
    phone.say(" ")
    assert phone.kinds() == kinds


def test_status_by_number(phone: Phone) -> None:
    number = phone.records.file_complaint(OTHER, FILED)
    spoken = "".join("零一二三四五六七八九"[int(digit)] for digit in number)
    phone = Phone(phone.records, now=lambda: NOW.now(NOW.tzinfo))
    phone.dial()
    phone.say("我想查一下我的投诉处理到哪一步了")
    phone.say(f"投诉编号是{spoken}", digits=(number,))
    assert phone.state()["step"] == "holder", "told only to who has the number on it"
    phone.say("一三八零零一三八零零零", digits=("13800138000",))
    assert phone.state()["step"] == "higher"
    assert phone.records.complaint_of_call(SID) is None
    higher = phone.listening(phone.post("/voice/next?turn=9"))
    assert "<Enqueue" in phone.post(higher, Digits="1").text
    assert [event.data["intent"] for event in phone.records.events(SID) if event.kind == "intent"] == [
        "status",
        "escalate",
    ]


def test_a_number_that_does_not_exist_is_asked_for_again(phone: Phone) -> None:
    problem = phone.dial()
    question = phone.listening(phone.post(problem, Digits="5"))
    for _ in range(2):
        question = phone.listening(phone.post(question, Digits="202611010001"))
        assert "step=number" in question
    assert "<Enqueue" in phone.post(question, Digits="202611010001").text


def test_the_fallback_apologises_and_puts_through(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    document = phone.post("/voice/fallback", ErrorCode="11200", ErrorUrl="https://line.example.org/voice/answer").text
    assert "对不起" in document and "<Enqueue" in document
    assert "error" in phone.kinds()


def test_asking_for_a_human_after_the_story_files_it_first(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    document = phone.post("/voice/answer?step=phone&turn=3", Digits="0").text
    assert phone.records.complaint_of_call(SID).state == "filed"
    assert ">billing</Enqueue>" in document and "二 零 二" in document
    assert phone.kinds().count("queued") == 1


def test_a_hang_up_leaves_a_draft_of_what_was_heard(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    phone.post("/voice/status", CallStatus="completed")
    draft = phone.records.complaint_of_call(SID)
    assert draft.state == "draft"
    assert draft.form["fields"]["amount"]["value"] == 50
    assert phone.kinds()[-2:] == ["draft_saved", "call_ended"]


@pytest.mark.parametrize("status", ["busy", "failed", "no-answer", "canceled"])
def test_a_call_in_which_nothing_was_heard_leaves_no_draft(phone: Phone, status: str) -> None:
    phone.dial()
    phone.post("/voice/status", CallStatus="in-progress")
    phone.post("/voice/status", CallStatus=status)
    assert phone.records.complaint_of_call(SID) is None
    assert phone.kinds()[-1] == "call_ended"


def test_a_filed_call_leaves_no_draft(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    phone.post("/voice/answer?step=phone&turn=3", Digits="0")
    phone.post("/voice/status", CallStatus="completed")
    assert "draft_saved" not in phone.kinds()


def test_the_call_goes_on_where_it_was_after_kill_9(phone: Phone) -> None:
    token_of(phone.post("/voice/incoming").text)
    phone.dial()
    phone.say(STORY)
    phone.say("一三八零零一三八零零零")
    phone.say("对")
    before, state = phone.fields(), phone.state()
    phone.restart()
    document = phone.post(f"/voice/answer?step={state['step']}&turn={state['turn']}").text
    assert phone.fields() == before
    assert phone.state()["step"] == state["step"] == "evidence"
    token_of(document)  # a new stream, for a new process
    phone.say("我要求退款")
    phone.restart()
    phone.post("/voice/status", CallStatus="completed")
    draft = phone.records.complaint_of_call(SID).form["fields"]
    assert {name: draft[name]["value"] for name in ("phone", "amount")} == {"phone": "13800138000", "amount": 50}
    assert draft["resolution"]["value"] == ["refund"]


def test_a_process_killed_before_filing_files_when_the_call_goes_on(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    state = {**phone.state(), "step": "file", "turn": 4, "then": "", "saying": []}
    phone.records.append(SID, ("moved", {"state": state}))
    phone.restart()
    assert "<Hangup" in phone.post("/voice/answer?step=phone&turn=3").text
    assert phone.records.complaint_of_call(SID).state == "filed"


def test_an_agents_edit_is_what_is_filed(phone: Phone) -> None:
    phone.dial()
    phone.say(STORY)
    edited = {"field": "amount", **Value("amount", 80, "edited").to_json()}
    phone.records.append(SID, ("field_edited", edited))
    phone.post("/voice/answer?step=phone&turn=3", Digits="0")
    assert phone.records.complaint_of_call(SID).form["fields"]["amount"]["value"] == 80


def test_a_stream_needs_the_calls_own_token_and_only_once(phone: Phone) -> None:
    token = token_of(phone.post("/voice/incoming").text)
    other = token_of(phone.post("/voice/incoming", OTHER).text)
    assert phone.flow.open("CA" + "9" * 32, token) is None
    assert phone.flow.open(SID, other) is None
    assert phone.flow.open(SID, "") is None
    assert phone.flow.open(SID, "密") is None
    stream = phone.flow.open(SID, token)
    assert stream is not None and stream.session is stream
    assert phone.flow.open(SID, token) is None
    stream.started("MZ1")
    assert phone.kinds()[-1] == "stream_started"
    assert "<Stream" not in phone.post("/voice/incoming").text, "one stream is enough"
    stream.closed("stop")
    assert "<Stream" in phone.post("/voice/next?turn=1").text


def test_a_stream_that_never_came_is_asked_for_again_but_not_for_ever(records: Records) -> None:
    clock = [NOW]
    phone = Phone(records, now=lambda: clock[0])
    tokens = {token_of(phone.post("/voice/incoming").text)}
    assert "<Stream" not in phone.post("/voice/next?turn=1").text, "it is on its way"
    for _ in range(10):
        clock[0] += timedelta(seconds=20)
        text = phone.post("/voice/next?turn=1").text
        if "<Stream" in text:
            tokens.add(token_of(text))
    assert len(tokens) == 4


def test_a_call_is_heard_again_from_here_where_its_stream_is_gone(phone: Phone) -> None:
    phone.flow.listen_again(SID)
    assert phone.carrier.forks == [], "a call that is not known"
    phone.dial()
    phone.flow.listen_again(SID)
    assert phone.carrier.forks == [], "its stream is on its way"
    phone.restart()
    phone.flow.listen_again(SID)
    phone.flow.listen_again(SID)
    ((sid, token),) = phone.carrier.forks
    stream = phone.flow.open(sid, token)
    assert sid == SID and stream is not None
    stream.started("MZ2")
    phone.flow.listen_again(SID)
    assert len(phone.carrier.forks) == 1, "it is heard"
    phone.post("/voice/status", CallStatus="completed")
    stream.closed("stop")
    phone.flow.listen_again(SID)
    assert len(phone.carrier.forks) == 1, "it is over"


class Ear(Deaf):
    """A recogniser that is still at work on one utterance and gives it when it is closed."""

    def __init__(self, on_partial, on_utterance) -> None:
        self.speaking = False
        self.expected, self.samples = [], 0
        self.on_partial, self.on_utterance = on_partial, on_utterance
        self.last: Utterance | None = None

    def expect(self, expect) -> None:
        self.expected.append(expect)

    def feed(self, pcm) -> None:
        self.samples += len(pcm)

    def close(self, *, wait: bool) -> None:
        if self.last is not None:
            self.on_utterance(self.last)


@pytest.fixture
def ears(records: Records) -> list[Ear]:
    return []


@pytest.fixture
def heard_phone(records: Records, ears: list[Ear]) -> Phone:
    def listen(lang, on_partial, on_utterance) -> Ear:
        ears.append(Ear(on_partial, on_utterance))
        return ears[-1]

    return Phone(records, listen=listen)


def test_what_may_be_heard_follows_the_questions(heard_phone: Phone, ears: list[Ear]) -> None:
    phone = heard_phone
    first = phone.post("/voice/incoming")
    phone.flow.open(SID, token_of(first.text))
    problem = phone.listening(phone.post(phone.listening(first)))
    ears[0].on_utterance(Utterance(STORY, (), 1.0, 3.0, (), ears[0].expected[-1].ask))
    phone.post(problem)
    assert [expect.ask for expect in ears[0].expected] == ["language#1", "problem#2", "phone#3"]
    assert [expect.digits for expect in ears[0].expected] == [False, False, True]


def test_whoever_is_talking_is_not_talked_over(heard_phone: Phone, ears: list[Ear]) -> None:
    phone = heard_phone
    first = phone.post("/voice/incoming")
    phone.flow.open(SID, token_of(first.text))
    problem = phone.listening(phone.post(phone.listening(first)))
    ears[0].speaking = True
    waiting = phone.post(problem)
    assert "<Say" not in waiting.text and phone.listening(waiting) == problem
    ears[0].speaking = False
    assert "<Say" in phone.post(problem).text


def test_a_story_with_a_pause_in_it_is_heard_to_its_end(heard_phone: Phone, ears: list[Ear]) -> None:
    phone = heard_phone
    first = phone.post("/voice/incoming")
    phone.flow.open(SID, token_of(first.text))
    problem = phone.listening(phone.post(phone.listening(first)))
    ears[0].speaking = True
    phone.say(STORY)
    assert phone.carrier.redirects == []
    waiting = phone.post(problem)
    assert "<Say" not in waiting.text
    question = phone.listening(waiting)
    assert "step=phone" in question
    ears[0].speaking = False
    phone.say("我有账单", ask="problem#2")
    assert phone.carrier.redirects == ["https://line.example.org/voice/next?turn=3"]
    asked = phone.post(question)
    assert "<Say" in asked.text, "asked in full: it has not been asked before"
    assert phone.listening(asked) == question
    assert phone.fields()["evidence"] == ["bill"]


def test_a_human_is_reached_by_a_key_for_a_question_that_is_over(phone: Phone) -> None:
    problem = phone.dial()
    phone.say(STORY)
    assert "<Enqueue" in phone.post(problem, Digits="0").text


@pytest.mark.parametrize("order", ["status first", "stream first"])
def test_the_last_words_are_in_the_draft(heard_phone: Phone, ears: list[Ear], order: str) -> None:
    phone = heard_phone
    first = phone.post("/voice/incoming")
    stream = phone.flow.open(SID, token_of(first.text))
    phone.post(phone.listening(first))
    ears[0].last = Utterance(STORY, (), 1.0, 3.0, (), "problem#2")
    ends = [lambda: phone.post("/voice/status", CallStatus="completed"), lambda: stream.closed("stop")]
    for end in ends if order == "status first" else ends[::-1]:
        end()
    assert phone.records.complaint_of_call(SID).form["fields"]["amount"]["value"] == 50
    assert phone.kinds().count("utterance") == 1
    assert phone.kinds().count("draft_saved") == 1
    assert phone.kinds()[-1] == "call_ended"


def test_another_language_is_heard_by_keys_alone_when_there_is_no_recogniser(
    heard_phone: Phone, ears: list[Ear]
) -> None:
    phone = heard_phone
    first = phone.post("/voice/incoming")
    stream = phone.flow.open(SID, token_of(first.text))
    stream.feed(np.zeros(160, np.int16))
    english = phone.post(phone.listening(first), Digits="2").text
    stream.feed(np.zeros(160, np.int16))
    assert 'language="en-US"' in english and 'language="zh-CN"' not in english
    assert ears[0].samples == 160, "nothing more for the Mandarin recogniser"


def test_partial_results_are_announced_and_not_stored(heard_phone: Phone, ears: list[Ear]) -> None:
    phone = heard_phone
    phone.flow.open(SID, token_of(phone.post("/voice/incoming").text))
    kinds = phone.kinds()
    with phone.flow._hub.listening() as listener:
        ears[0].on_partial(Partial("上个月", 1.5))
        news = listener.wait(1.0)
    assert news == [(SID, {"text": "上个月", "end": 1.5, "ask": "language", "who": "caller"})]
    assert phone.kinds() == kinds


def test_the_place_in_the_queue_is_told_when_it_changes_and_not_too_often(records: Records) -> None:
    clock = [NOW]
    phone = Phone(records, now=lambda: clock[0])
    others = ["CA" + digit * 32 for digit in "23"]
    for sid in (*others, SID):
        phone.post(phone.dial(sid), sid, Digits="0")
        if sid != SID:
            phone.post("/voice/wait", sid)

    def told(position: int) -> bool:
        return f"第{position}位" in phone.post("/voice/wait").text

    assert told(3)
    clock[0] += timedelta(seconds=10)
    phone.post("/voice/status", others[1], CallStatus="completed")
    assert not told(2)
    clock[0] += timedelta(seconds=30)
    assert told(2)
    clock[0] += timedelta(seconds=60)
    assert not told(2)
    queued = [event.data["position"] for event in records.events(SID) if event.kind == "queued"]
    assert queued == [None, 3, 2]


@pytest.mark.parametrize(("result", "next_"), [("bridged", "Hangup"), ("error", "Redirect"), ("queue-full", "Redirect")])
def test_after_the_queue_the_call_has_somewhere_to_go(phone: Phone, result: str, next_: str) -> None:
    phone.post(phone.dial(), Digits="0")
    assert f"<{next_}" in phone.post("/voice/left", QueueResult=result).text

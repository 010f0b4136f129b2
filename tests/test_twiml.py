"""Steps as TwiML: Twilio's own rules, and numbers as people read them out."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from ivr import wording
from ivr.state import State
from ivr.steps import Enqueue, File, Hangup, Listen, Redirect, Say
from ivr.twiml import Urls, Voice
from tests.phone import BASE, SCRIPT

VOICE = Voice(SCRIPT, Urls(BASE))


def document(*steps, lang: str = "zh", token: str | None = None) -> ElementTree.Element:
    """The parsed document of these steps."""
    return ElementTree.fromstring(VOICE.document(steps, lang, token))


def test_a_token_opens_the_stream_before_anything_is_said() -> None:
    root = document(Say("goodbye"), Hangup(), token="s3cret")
    stream = root[0][0]
    assert (root[0].tag, stream.tag, root[1].tag) == ("Start", "Stream", "Say")
    assert stream.attrib["url"] == "wss://line.example.org/media", "no query string: Twilio refuses one"
    assert stream.attrib["track"] == "inbound_track"
    assert stream.attrib["statusCallback"] == f"{BASE}/voice/stream"
    assert {parameter.get("name"): parameter.get("value") for parameter in stream} == {"token": "s3cret"}


def test_a_plain_address_gives_a_plain_socket() -> None:
    assert Urls("http://127.0.0.1:8000").media == "ws://127.0.0.1:8000/media"


def test_one_key_is_an_answer_at_once_and_no_key_ends_it() -> None:
    gather = document(Listen("problem", 2, (Say("problem"),), 5, None), Redirect("problem", 2))[0]
    assert gather.attrib == {
        "input": "dtmf",
        "action": f"{BASE}/voice/answer?step=problem&turn=2",
        "method": "POST",
        "timeout": "5",
        "numDigits": "1",
        "finishOnKey": "",
    }
    assert gather[0].tag == "Say"


@pytest.mark.parametrize(("digits", "num"), [(11, "11"), (0, None)])
def test_a_number_ends_by_its_length_or_by_the_hash_key(digits: int, num: str | None) -> None:
    gather = document(Listen("phone", 3, (), 5, digits), Redirect("phone", 3))[0]
    assert (gather.get("numDigits"), gather.get("finishOnKey")) == (num, "#")


def test_after_listening_the_call_goes_on_to_the_same_place() -> None:
    root = document(Listen("phone", 3, (), 5, 11), Redirect("phone", 3))
    assert root[-1].text == root[0].get("action")


def test_the_queue_has_its_waiting_document_and_a_way_out() -> None:
    root = document(Say("to_agent"), Enqueue("billing", 4))
    enqueue = root.find("Enqueue")
    assert enqueue.text == "billing"
    assert enqueue.get("waitUrl") == f"{BASE}/voice/wait"
    assert root[-1].tag == "Redirect"
    waiting = ElementTree.fromstring(VOICE.waiting([Say("queue_position", (("position", "3"),))], State(turn=4), 10))
    assert [verb.tag for verb in waiting] == ["Gather", "Redirect"]
    assert waiting[0].get("action") == f"{BASE}/voice/answer?step=queue&turn=4"
    assert "3" in waiting[0][0].text


def test_each_prompt_is_said_in_its_own_language() -> None:
    root = document(Say("notice", lang="zh"), Say("notice", lang="en"), Say("goodbye"), Hangup(), lang="en")
    assert [say.get("language") for say in root.findall("Say")] == ["zh-CN", "en-US", "en-US"]


def test_what_is_filled_in_is_escaped() -> None:
    text = VOICE.document([Say("option", (("label", "<a> & b"), ("key", "1"))), Hangup()], "zh")
    assert ElementTree.fromstring(text)[0].text == "<a> & b,请按1。"


def test_what_is_done_and_not_said_has_no_document() -> None:
    with pytest.raises(TypeError):
        VOICE.document([File()], "zh")


def test_a_number_is_read_digit_by_digit() -> None:
    assert wording.digits("202611230001", "zh") == "二 零 二 六,一 一 二 三,零 零 零 一"
    assert wording.digits("202611230001", "en") == "2 0 2 6, 1 1 2 3, 0 0 0 1"
    assert wording.digits("2026112310000", "en") == "2 0 2 6, 1 1 2 3, 1 0 0 0, 0"


def test_the_same_prompt_in_writing_keeps_its_number() -> None:
    say = Say("sms_filed", (("number", "202611230001"), ("due", "2026-12-08")))
    assert "202611230001" in wording.text(SCRIPT, say, "zh", spoken=False)
    assert "12月8日" in wording.text(SCRIPT, say, "zh", spoken=False)
    assert "December 8" in wording.text(SCRIPT, say, "en", spoken=False)


def test_a_state_without_words_of_its_own_is_still_said() -> None:
    def told(state: str) -> str:
        args = (("number", "202611230001"), ("state", state), ("due", "2026-12-08"))
        return wording.text(SCRIPT, Say("status", args), "zh")

    assert SCRIPT.prompts.zh["state_filed"] in told("filed")
    assert SCRIPT.prompts.zh["state_other"] in told("something new")

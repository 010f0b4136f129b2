"""The nine points of the gethuman standard, each a whole call through the carrier."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from audio.session import Utterance
from ivr.hours import DAYS
from ivr.script import Script
from tests.phone import NOW, SCRIPT, sections
from tests.wire import Happened, Wire, steps, wired

CHINESE = "+8613700001111"
STORY = "营业厅的人态度很差,我等了两个小时"


# A second of silence is enough where nobody thinks.
QUICK = Script(**{**sections(), "questions": {n: {**q, "silence_s": 1} for n, q in sections()["questions"].items()}})


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with wired(tmp_path, QUICK) as wire:
        yield wire


def saying(wire: Wire, **words: str) -> Callable[[str, str, int], None]:
    """What the caller says whenever the line listens for it."""

    def listening(sid: str, step: str, turn: int) -> None:
        if step in words:
            wire.flow.heard(sid, Utterance(words[step], (), 0.0, 1.0, (), f"{step}#{turn}"))

    return listening


def said(happened: Happened) -> list[str]:
    """Everything that the caller was told."""
    return [one["text"] for one in happened if one["kind"] == "say"]


@pytest.mark.parametrize("way", ["0", "转人工"])
@pytest.mark.parametrize("step", ["language", "problem", "confirm", "phone", "resolution"])
def test_1_a_human_is_reached_by_0_and_by_word_from_every_step(wire: Wire, step: str, way: str) -> None:
    keys = {"language": "1", "confirm": "2", "phone": "13800138000"}
    words = {"problem": STORY, "occurred": "就是昨天的事"}
    answers = {**keys, **words, step: way}
    pressed = [f"{name}={answer}" for name, answer in answers.items() if answer[0] in "0123456789"]
    spoken = {name: answer for name, answer in answers.items() if answer[0] not in "0123456789"}
    happened = wire.call(*pressed, listening=saying(wire, **spoken), caller=CHINESE, hang_up_on="queue")
    assert "queue" in [one["kind"] for one in happened]
    assert steps(happened)[-1] == step


def test_2_the_wait_is_told_on_entry(wire: Wire) -> None:
    happened = wire.call("language=1", "problem=0", hang_up_on="pause")
    assert any("第1位" in text for text in said(happened)), said(happened)
    queued = [event.data for event in wire.records.events(happened[0]["call_sid"]) if event.kind == "queued"]
    assert queued[-1]["position"] == 1


def test_3_nothing_that_was_said_is_asked_again(wire: Wire) -> None:
    story = "我昨天在营业厅遇到态度很差的人,我有录音和截图,要求道歉,我的手机号是13800138000"
    happened = wire.call("language=1", "confirm=1", listening=saying(wire, problem=story))
    asked = steps(happened)
    assert not {"occurred", "phone", "evidence", "resolution", "category"} & set(asked), asked
    assert wire.records.complaint_of_call(happened[0]["call_sid"]).state == "filed"
    # Nor what the line knows by itself: the number that they call from takes a yes.
    happened = wire.call("language=1", "confirm=1", listening=saying(wire, problem=STORY), caller=CHINESE)
    assert "phone" not in steps(happened)
    complaint = wire.records.complaint_of_call(happened[0]["call_sid"])
    assert complaint.form["fields"]["phone"]["value"] == CHINESE.removeprefix("+86")


def test_4_a_call_back_is_offered_while_waiting_and_outside_the_hours(wire: Wire, tmp_path: Path) -> None:
    happened = wire.call("language=1", "problem=0", "queue=1", "confirm=1", caller=CHINESE)
    assert any("回电" in text for text in said(happened))
    assert "callback_promised" in wire.kinds(happened)
    closed = Script(**{**sections(), "hours": {day: ["08:00-09:00"] for day in DAYS}})
    folder = tmp_path / "closed"
    folder.mkdir()
    with wired(folder, closed, lambda: NOW + timedelta(hours=12)) as wire:
        happened = wire.call("language=1", "problem=0", "confirm=1", "confirm=1", caller=CHINESE, hang_up_on="end")
        (promised,) = [e.data for e in wire.records.events(happened[0]["call_sid"]) if e.kind == "callback_promised"]
        assert promised["not_before"] == "2026-11-24T08:00+08:00"
        assert "queue" not in [one["kind"] for one in happened], "nobody is there to answer"


def test_5_keys_do_what_words_do(wire: Wire) -> None:
    happened = wire.call(
        "language=2", "problem=1", "category=2", "phone=13800138000", "evidence=2", "resolution=1", hang_up_on="queue"
    )  # English is not heard here: keys alone
    fields = wire.records.complaint_of_call(happened[0]["call_sid"]).form["fields"]
    assert {name: fields[name]["value"] for name in ("category", "phone", "evidence", "resolution")} == {
        "category": "wrong_charge", "phone": "13800138000", "evidence": ["bill"], "resolution": ["refund"],
    }  # fmt: skip


def test_6_prompts_are_short() -> None:
    for lang, limit in (("zh", 60), ("en", 160)):
        for name, text in SCRIPT.prompts.of(lang).items():
            assert name.startswith("sms_") or len(text) <= limit, name


def test_7_whoever_presses_a_key_does_not_hear_the_rest_except_of_the_notice(wire: Wire) -> None:
    happened = wire.call("language=1", "problem=0", hang_up_on="queue")
    heard = [(one["kind"], one.get("text", "")) for one in happened if one["kind"] in ("say", "quiet", "digits")]
    kinds = [kind for kind, _ in heard]
    assert kinds[:2] == ["say", "say"] and "录音" in heard[0][1], "the notice is heard whole"
    assert len([text for kind, text in heard[1:] if kind == "say" and "按" in text]) <= len(SCRIPT.menu.options) + 3


@pytest.mark.parametrize("script", [["language=1"], ["language=1", "problem=7", "problem=8", "problem=6"]])
def test_8_silence_and_mistakes_lead_to_a_human_and_not_to_a_hang_up(wire: Wire, script: list[str]) -> None:
    happened = wire.call(*script, hang_up_on="queue")
    assert "queue" in [one["kind"] for one in happened]
    asked = [text for text in said(happened) if "出了什么问题" in text]
    assert len(set(asked)) >= 2, "the question is put in other words"


def test_9_the_likely_language_is_taken_and_the_other_is_one_key_away(wire: Wire) -> None:
    assert any("请用一句话" in text for text in said(wire.call("problem=0", hang_up_on="queue")))
    english = said(wire.call("language=2", "problem=0", hang_up_on="queue"))
    assert any("In one sentence" in text for text in english)
    assert not any("请用一句话" in text for text in english)

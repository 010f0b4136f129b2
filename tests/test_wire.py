"""Whole calls over the wire, by keys and by words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audio.session import Utterance
from tests.wire import Wire, steps, wired


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    with wired(tmp_path) as wire:
        yield wire


def test_a_call_by_keys_and_words_is_filed_read_out_and_sent(wire: Wire) -> None:
    def listening(sid: str, step: str, turn: int) -> None:
        words = {"problem": "营业厅的人态度很差,我等了两个小时", "occurred": "就是昨天的事"}
        if step in words:
            wire.flow.heard(sid, Utterance(words[step], (), 0.0, 1.0, (), f"{step}#{turn}"))

    happened = wire.call("language=1", "phone=13800138000", "evidence=6", "resolution=6", listening=listening)
    assert steps(happened) == ["language", "problem", "occurred", "confirm", "phone", "resolution", "evidence"]
    complaint = wire.records.complaint_of_call(happened[0]["call_sid"])
    assert complaint.state == "filed"
    assert complaint.form["fields"]["phone"]["value"] == "13800138000"
    assert complaint.form["fields"]["resolution"]["value"] == ["apology"]
    message = next(one for one in happened if one["kind"] == "sms")
    assert complaint.number in message["body"]
    assert not [one for one in happened if one["kind"] == "error" and "stream" not in str(one)]
    assert happened[-1]["kind"] == "ended"


def test_whoever_wants_a_human_waits_in_the_queue_and_hears_where(wire: Wire) -> None:
    happened = wire.call("language=1", "problem=0")
    said = "".join(one["text"] for one in happened if one["kind"] == "say")
    assert "第1位" in said
    assert "queued" in wire.kinds(happened)

"""Recordings: what was said can be heard again, only by those who may, not where the caller refused, and not for ever."""

from __future__ import annotations

import io
import os
import re
import stat
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audio import g711
from audio.recording import RATE, Recordings
from tests.house import House, house_in
from tests.phone import SCRIPT, SID, Phone
from tests.signed_in import client_of


def tone(seconds: float, level: int = 8000) -> np.ndarray:
    return np.full(int(seconds * RATE), level, np.int16)


def samples(wav: bytes | None) -> np.ndarray:
    assert wav is not None
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_the_second_that_is_asked_for_comes_back(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "recordings")
    recording = recordings.begin("CA1", 1)
    recording.write(tone(1))
    recording.write(tone(1, -8000))
    assert (samples(recordings.wav("CA1", 1, 0.5, 1.5))[:4] > 0).all(), "also while it is written"
    recordings.end("CA1", 1)
    heard = samples(recordings.wav("CA1", 1, 0.5, 1.5))
    assert len(heard) == RATE and (heard[: RATE // 2] > 0).all() and (heard[RATE // 2 :] < 0).all()
    assert recordings.wav("CA1", 1, 5, 6) is None and recordings.wav("CA1", 2, 0, 1) is None
    path = tmp_path / "recordings" / "CA1" / "1.ulaw"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.read_bytes()[:1] == g711.encode(tone(0.001))[:1]


def test_an_id_that_leads_elsewhere_is_none(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path)
    for call in ("../x", "a/b", "", "..", "CA1\n"):
        with pytest.raises(ValueError):
            recordings.begin(call, 1)


def test_old_calls_are_found_and_deleted_whole(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path)
    for call in ("CA1", "CA2"):
        recordings.begin(call, 1).write(tone(0.1))
        recordings.end(call, 1)
    os.utime(tmp_path / "CA1" / "1.ulaw", (1000, 1000))
    assert list(recordings.older_than(time.time() - 60)) == ["CA1"]
    assert recordings.delete("CA1") == 800 and recordings.delete("CA1") == 0
    assert recordings.wav("CA1", 1, 0, 1) is None and recordings.streams("CA2") == [1]


def test_a_stream_that_is_deleted_while_it_is_written_stays_deleted(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path)
    recording = recordings.begin("CA1", 1)
    recording.write(tone(3))
    recordings.delete("CA1")
    recording.write(tone(3))
    assert recordings.streams("CA1") == []


# -- on the line ------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with house_in(tmp_path) as house:
        yield house


def test_listening_is_on_record_and_limited_to_the_line(house: House, tmp_path: Path) -> None:
    records = house.records
    rows = records.append(
        "CA1",
        ("call_started", {"from": "", "to": "10086"}), ("stream_started", {"stream": "MZ1"}),
        ("utterance", {"text": "多扣了五十块", "start": 1.0, "end": 2.0}),
    )  # fmt: skip
    recordings = Recordings(tmp_path / "recordings")
    recordings.begin("CA1", 1).write(tone(5))
    recordings.end("CA1", 1)
    client = client_of(house.app, house.users)
    path = f"/desk/calls/CA1/audio?line={rows[2].id}"
    assert len(samples(client.get(path).data)) == 1.5 * RATE
    assert len(samples(client.get(path + "&start=0&end=100").data)) == 1.5 * RATE, "no more than the line"
    assert client.get("/desk/calls/CA1/audio?line=999").status_code == 404
    played = [event.data for event in records.events("CA1") if event.kind == "recording_played"]
    assert played == [{"who": "wang", "line": rows[2].id}] * 2
    assert client_of(house.app, house.users, "ling", "planner").get(path).status_code == 403


def test_who_presses_star_at_the_language_is_not_recorded_and_nothing_of_before_is_kept(
    tmp_path: Path, house: House
) -> None:
    recordings = Recordings(tmp_path / "tapes")
    phone = Phone(house.records, tapes=recordings)
    document = phone.post("/voice/incoming")
    token = re.search(r'name="token" value="([^"]+)"', document.text)
    assert token
    stream = phone.flow.open(SID, token[1])
    assert stream is not None
    stream.started("MZ1")
    stream.feed(tone(2))
    assert recordings.streams(SID) == [1]
    problem = phone.post(phone.listening(document), Digits="*")
    assert phone.state()["step"] == "problem", "the call goes on in the line's first language"
    stream.feed(tone(2))
    assert recordings.streams(SID) == []
    assert "recording_refused" in phone.kinds() and "Gather" in problem.text
    phone.restart()
    phone.post("/voice/next?turn=2")
    again = phone.flow._known(SID)
    assert again is not None and again.unrecorded


def test_the_notice_says_how_to_refuse_in_both_languages() -> None:
    assert "星号" in SCRIPT.prompts.zh["notice"] and "star" in SCRIPT.prompts.en["notice"]

"""Recorded calls through the local carrier, against a line written for the test: over the wire, both sides."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from ivr.carrier import sound
from ivr.carrier.client import CarrierRefused, place_call
from tests.toy_line import ACCOUNT, CALLER, NUMBER, TOKEN, ToyLine, carried

SPEECH = Path(__file__).parent / "data" / "speech"
PROBLEM = SPEECH / "d03-1-problem.wav"
PHONE = SPEECH / "d03-2-phone.wav"


@pytest.fixture
def line() -> ToyLine:
    return ToyLine()


@pytest.fixture
def carrier(line: ToyLine) -> Iterator[str]:
    with carried(line) as (url, _):
        yield url


def call(carrier: str, *script: str, **more) -> list[dict]:
    return list(place_call(carrier, (ACCOUNT, TOKEN), script, from_=CALLER, to=NUMBER, **more))


def kinds(happenings: list[dict], *wanted: str) -> list[dict]:
    return [one for one in happenings if one["kind"] in wanted]


def short(recording: Path, seconds: float, folder: Path) -> Path:
    """The first seconds of a recording: calls run at the pace of speech, and tests should not."""
    samples, rate = soundfile.read(recording, dtype="int16", frames=round(seconds * 8000))
    path = folder / recording.name
    soundfile.write(path, samples, rate, subtype="ULAW")
    return path


START = (
    '<Start><Stream name="caller" url="wss://line.example.org/media" statusCallback="/voice/stream">'
    '<Parameter name="token" value="t1"/></Stream></Start>'
)


def gather(step: str, **attributes: str) -> str:
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<Gather action="/voice/answer?step={step}&amp;turn=1" timeout="1.5"{extra}><Say>{step}?</Say></Gather>'


def test_a_recorded_call_from_dialling_to_goodbye(line: ToyLine, carrier: str, tmp_path: Path) -> None:
    problem, phone = short(PROBLEM, 0.8, tmp_path), short(PHONE, 0.6, tmp_path)
    line.says("/voice/incoming", START, '<Say language="zh-CN">您好</Say>', gather("language", numDigits="1"))
    questions = iter(["problem", "phone"])

    def answer(params: dict[str, str]) -> str:
        return f'<Response>{gather(next(questions))}<Redirect>/voice/next</Redirect></Response>'

    def next_(params: dict[str, str]) -> str:
        question = next(questions, None)
        return f"<Response>{gather(question) if question else ''}<Say>Bye</Say><Hangup/></Response>"

    line.answers["/voice/answer"], line.answers["/voice/next"] = answer, next_

    happenings = call(carrier, "language=1", f"phone={phone}", str(problem))

    assert happenings[0]["kind"] == "placed"
    sid = happenings[0]["call_sid"]
    assert [one["text"] for one in kinds(happenings, "say")] == ["您好", "language?", "problem?", "phone?", "Bye"]
    given = [(one["kind"], one["name"]) for one in kinds(happenings, "play_answer", "key")]
    assert given == [("key", "language"), ("play_answer", problem.name), ("play_answer", "phone")]
    assert happenings[-1]["kind"] == "ended"
    assert (happenings[-1]["status"], happenings[-1]["reason"]) == ("completed", "Hangup")

    (incoming,) = line.at("/voice/incoming")
    assert incoming.params == {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "CallSid": sid,
        "CallStatus": "ringing",
        "Called": NUMBER,
        "Caller": CALLER,
        "Direction": "inbound",
        "From": CALLER,
        "To": NUMBER,
    }
    (pressed,) = line.at("/voice/answer")
    assert pressed.url.endswith("/voice/answer?step=language&turn=1")
    assert {name: pressed.params[name] for name in ("CallStatus", "Digits", "FinishedOnKey", "msg")} == {
        "CallStatus": "in-progress",
        "Digits": "1",
        "FinishedOnKey": "",
        "msg": "Gather End",
    }
    (status,) = line.wait(lambda: line.at("/voice/status"))
    assert status.params["CallStatus"] == "completed"
    assert status.params["CallbackSource"] == "call-progress-events"
    assert 1 <= int(status.params["CallDuration"]) <= 30
    assert all(hook.signed for hook in line.hooks)

    line.wait(lambda: line.sockets[0].closed)
    heard = b"".join(base64.b64decode(one["media"]["payload"]) for one in line.sockets[0].of("media"))
    for recording in (problem, phone):
        assert sound.read(recording.read_bytes()) in heard


def test_an_unreadable_recording_is_refused_before_the_call(line: ToyLine, carrier: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF and then nothing of a recording")
    empty = tmp_path / "empty.wav"
    soundfile.write(empty, [], 8000)
    for path, words in ((broken, "broken.wav"), (empty, "no sound"), (tmp_path / "none.wav", "No such file")):
        with pytest.raises(CarrierRefused, match=words):
            call(carrier, str(path))
    assert line.hooks == []

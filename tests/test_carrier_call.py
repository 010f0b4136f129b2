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
    extra = "".join(f' {name}="{value}"' for name, value in {"timeout": "1.5", **attributes}.items())
    return f'<Gather action="/voice/answer?step={step}&amp;turn=1"{extra}><Say>{step}?</Say></Gather>'


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


def test_hanging_up_in_mid_recording_stops_the_stream(line: ToyLine, carrier: str) -> None:
    line.says("/voice/incoming", START, gather("problem", timeout="30"))
    happenings = call(carrier, str(PROBLEM), hang_up_in_s=1.5)
    assert happenings[-1]["reason"] == "the caller hung up"
    line.wait(lambda: line.sockets[0].closed)
    assert line.sockets[0].messages[-1]["event"] == "stop"
    heard = b"".join(base64.b64decode(one["media"]["payload"]) for one in line.sockets[0].of("media"))
    law = sound.read(PROBLEM.read_bytes())
    said = law[: round(1.5 * sound.RATE)]
    assert said.strip(b"\xff")  # the recording starts with silence
    assert said[: -2 * sound.FRAME] in heard
    assert law[: len(said) + 2 * sound.FRAME] not in heard
    line.wait(lambda: line.at("/voice/status"))


def test_whoever_stops_following_the_call_hangs_up(line: ToyLine, carrier: str) -> None:
    line.says("/voice/incoming", '<Pause length="60"/>')
    following = place_call(carrier, (ACCOUNT, TOKEN), [], from_=CALLER, to=NUMBER)
    assert next(following)["kind"] == "placed"
    following.close()
    (status,) = line.wait(lambda: line.at("/voice/status"))
    assert status.params["CallStatus"] == "completed"


@pytest.mark.parametrize(("verb", "status"), [('<Reject reason="busy"/>', "busy"), ("<Reject/>", "no-answer")])
def test_a_rejected_call_was_never_answered(line: ToyLine, carrier: str, verb: str, status: str) -> None:
    line.says("/voice/incoming", verb)
    assert call(carrier)[-1]["status"] == status
    (told,) = line.wait(lambda: line.at("/voice/status"))
    assert (told.params["CallStatus"], told.params["CallDuration"]) == (status, "0")


def test_a_gather_without_input_falls_through_and_the_call_ends(line: ToyLine, carrier: str) -> None:
    line.says(
        "/voice/incoming",
        '<Gather action="/voice/answer" timeout="0.1"/>',
        '<Gather action="/voice/empty" timeout="0.1" actionOnEmptyResult="true"/>',
    )
    line.says("/voice/empty", "<Say>Nothing</Say>")
    happenings = call(carrier)
    assert [one["text"] for one in kinds(happenings, "say")] == ["Nothing"]
    assert line.at("/voice/answer") == []
    assert line.at("/voice/empty")[0].params["Digits"] == ""
    assert happenings[-1]["reason"] == "the document ran out"


def test_keys_end_with_the_finishing_key(line: ToyLine, carrier: str) -> None:
    line.says("/voice/incoming", gather("number"))
    line.says("/voice/answer", "<Hangup/>")
    call(carrier, "20261123#")
    (answer,) = line.at("/voice/answer")
    assert (answer.params["Digits"], answer.params["FinishedOnKey"]) == ("20261123", "#")


def test_who_may_place_calls_and_where_to(line: ToyLine, carrier: str) -> None:
    with pytest.raises(CarrierRefused, match="wrong account or token"):
        list(place_call(carrier, (ACCOUNT, "guess"), [], from_=CALLER, to=NUMBER))
    with pytest.raises(CarrierRefused, match="nobody answers at the number dialled"):
        list(place_call(carrier, (ACCOUNT, TOKEN), [], from_=CALLER, to="+8610999999"))
    with pytest.raises(CarrierRefused, match="does not answer"):
        list(place_call("http://127.0.0.1:9", (ACCOUNT, TOKEN), [], from_=CALLER, to=NUMBER))
    assert line.hooks == []

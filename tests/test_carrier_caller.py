"""What a recorded caller does with its script, without a wire: asked, it answers frame by frame."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from ivr.carrier import script, sound
from ivr.carrier.call import Call, HungUp
from ivr.carrier.caller import Answer, RecordedCaller, Script

A, B, C = (bytes([number]) * sound.FRAME * 3 for number in (1, 2, 3))


def recording(name: str, law: bytes, step: str = "") -> Answer:
    return Answer(step, name, law=law)


class Telephone:
    """A call with this caller and nobody performing on it; ``said`` is what came out of its mouth."""

    def __init__(self, *answers: Answer, **how) -> None:
        self.caller = RecordedCaller(Script(answers, **how), rate=100)
        self.call = Call("AC" + "0" * 32, "+861370000", "+861080000", self.caller, longest_s=60)
        self.caller.attach(self.call)
        self.turn = 0
        self.told: list[tuple[str, str]] = []
        self.call.listen(lambda kind, data: "name" in data and self.told.append((kind, data["name"])))

    def ask(self, step: str, frames: int = 30) -> bytes:
        self.listen(step)
        return self.hear(frames)

    def listen(self, step: str) -> None:
        self.turn += 1
        self.call.tell("listening", step=step, question=f"/voice/answer?step={step}&turn={self.turn}")

    def hear(self, frames: int) -> bytes:
        said = b"".join(self.caller.frame() for _ in range(frames))
        return said.replace(sound.SILENCE, b"")

    def keys(self) -> str:
        return "".join(iter(lambda: self.call.key(0) or "", ""))

    @property
    def hung_up(self) -> str:
        try:
            self.call.check()
        except HungUp as reason:
            return str(reason)
        return ""


def test_unnamed_answers_go_in_order() -> None:
    phone = Telephone(recording("a", A), recording("b", B))
    assert phone.ask("language") == b""
    assert phone.ask("problem") == A
    assert phone.ask("phone") == B
    assert phone.ask("evidence") == b""


def test_asked_the_same_again_it_says_the_same_again_but_not_for_ever() -> None:
    phone = Telephone(recording("a", A), recording("b", B))
    assert [phone.ask("problem") for _ in range(4)] == [A, A, A, b""]
    assert phone.ask("phone") == B


def test_a_line_that_names_no_questions_gets_one_answer_after_the_other() -> None:
    phone = Telephone(recording("a", A), recording("b", B))
    assert [phone.ask("") for _ in range(3)] == [A, B, b""]


def test_a_question_that_goes_on_listening_is_answered_once() -> None:
    phone = Telephone(recording("a", A), recording("b", B))
    for _ in range(2):
        phone.call.tell("listening", step="problem", question="/voice/answer?step=problem&turn=1")
        phone.call.tell("no_input", step="problem")
    assert phone.hear(50) == b""
    for expected in (A, b""):
        phone.call.tell("listening", step="problem", question="/voice/answer?step=problem&turn=1")
        assert phone.hear(50) == expected


def test_named_answers_wait_for_their_question() -> None:
    phone = Telephone(recording("b", B, "phone"), recording("a", A), recording("c", C, "phone"))
    assert phone.ask("phone") == B
    assert phone.ask("problem") == A
    assert phone.ask("evidence") == b""
    assert phone.ask("phone") == C
    assert phone.ask("phone") == C


def test_keys_answer_the_language_question() -> None:
    phone = Telephone(Answer("", "12*#", keys="12*#"), recording("a", A))
    assert phone.ask("language") == b""
    assert phone.keys() == "12*#"
    assert phone.ask("problem") == A
    assert phone.told == [("key", "12*#"), ("play_answer", "a")]


def test_a_named_recording_answers_the_language_question() -> None:
    assert Telephone(recording("a", A, "language")).ask("language") == A


def test_it_is_silent_until_asked_and_after_the_question_is_withdrawn() -> None:
    phone = Telephone(recording("a", A))
    assert phone.hear(50) == b""
    phone.listen("problem")
    phone.call.tell("no_input", step="problem")
    assert phone.hear(50) == b""


def test_a_question_that_comes_while_it_speaks_is_answered_afterwards() -> None:
    phone = Telephone(recording("a", A, "problem"), recording("b", B, "phone"))
    phone.listen("problem")
    first = phone.hear(16)
    assert first
    phone.call.tell("gather", step="phone")
    phone.listen("phone")
    assert first + phone.hear(40) == A + B


def test_it_thinks_before_it_speaks() -> None:
    caller = RecordedCaller(Script((recording("a", A),)))
    call = Call("AC", "1", "2", caller, longest_s=60)
    caller.attach(call)
    call.tell("listening", step="problem", question="q")
    assert [caller.frame() for _ in range(15)] == [sound.SILENCE] * 15
    assert caller.frame() != sound.SILENCE


def test_hanging_up_after_so_many_answers() -> None:
    phone = Telephone(recording("a", A), recording("b", B), hang_up_after=1)
    assert phone.ask("problem") == A
    assert phone.hung_up == "the caller hung up"
    phone = Telephone(recording("a", A), hang_up_after=0)
    assert phone.ask("problem") == b""
    assert phone.hung_up


def test_hanging_up_in_mid_recording() -> None:
    phone = Telephone(recording("a", A), recording("b", B), hang_up_after=1, hang_up_in_s=0.021)
    assert phone.ask("problem") == A
    assert not phone.hung_up
    assert phone.ask("phone") == B[: sound.FRAME]
    assert phone.hung_up


def test_patience_runs_out_when_everything_is_said_and_nothing_new_is_heard() -> None:
    phone = Telephone(recording("a", A), patience_s=0.5)
    phone.hear(100)
    assert not phone.hung_up
    assert phone.ask("problem", frames=20) == A
    for text in ("one", "two", "three"):
        phone.call.tell("say", text=text)
        phone.hear(20)
        assert not phone.hung_up
    phone.call.tell("say", text="three")
    phone.hear(20)
    assert phone.hung_up == "the caller ran out of patience"


def test_nobody_hangs_up_on_an_agent() -> None:
    phone = Telephone(patience_s=0.5)
    phone.call.tell("joined")
    phone.hear(100)
    assert not phone.hung_up
    phone.call.tell("parted")
    phone.hear(30)
    assert phone.hung_up


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("subtype", ["PCM_16", "ULAW", "FLOAT"])
def test_recordings_of_many_kinds_become_telephone_sound(tmp_path, rate: int, subtype: str) -> None:
    path = tmp_path / "tone.wav"
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    soundfile.write(path, wave, rate, subtype=subtype)
    heard = sound.decode(sound.read(path.read_bytes())) / 32768
    assert len(heard) == 8000
    spectrum = np.abs(np.fft.rfft(heard[1000:7000]))
    assert np.argmax(spectrum) * 8000 / 6000 == pytest.approx(440, abs=2)
    assert np.max(np.abs(heard[1000:7000])) == pytest.approx(0.5, abs=0.03)


def test_mulaw_is_g711() -> None:
    samples = np.array([0, 1000, -1000, 32767, -32768], np.int16)
    assert np.abs(sound.decode(sound.encode(samples)).astype(int) - samples).max() <= 644
    assert sound.encode(np.zeros(1, np.int16)) == b"\xff"
    law = bytes(range(256))
    # 0x7f is the other zero; every other byte comes back as it was.
    assert sound.encode(sound.decode(law)) == law.replace(b"\x7f", b"\xff")


@given(st.binary(max_size=200))
def test_any_bytes_are_sound_or_an_error(data: bytes) -> None:
    try:
        assert len(sound.read(data)) % sound.FRAME == 0
    except sound.SoundError:
        pass


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[1]", "script's content"),
        ('{"from": "bob"}', "script's from"),
        ('{"from": "+861370000", "answers": [{"step": "a b", "keys": "1"}]}', "script's answers.0.step"),
        ('{"from": "+861370000", "answers": [{"keys": "1x"}]}', "script's answers.0.keys"),
        ('{"from": "+861370000", "answers": [{}]}', "either keys or a file"),
        ('{"from": "+861370000", "answers": [{"label": "a.wav", "file": "f"}]}', "a.wav: the recording was not sent"),
        ('{"from": "+861370000", "other": 1}', "script's other"),
    ],
)
def test_a_script_that_is_wrong_says_where_and_repeats_no_value(text: str, words: str) -> None:
    with pytest.raises(script.ScriptError) as caught:
        script.read(text, {})
    assert words in str(caught.value)
    assert "bob" not in str(caught.value)

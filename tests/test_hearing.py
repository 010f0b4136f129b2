"""The session hears recordings right, in order, and costs nothing while nobody speaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from audio import session as session_module
from audio import wav
from audio.decoder import Pool
from audio.hear import hear_file
from audio.session import Expect, Partial, Session, Utterance
from tests.lines import SPEECH

NUMBER = Expect("phone", digits=True, pause=1.2)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool() as pool:
        yield pool


def heard(pool: Pool, audio: np.ndarray, expect: Expect) -> tuple[list[Utterance], list[Partial]]:
    utterances: list[Utterance] = []
    partials: list[Partial] = []
    session = Session(pool, "zh", on_partial=partials.append, on_utterance=utterances.append)
    session.expect(expect)
    for at in range(0, len(audio), 160):
        session.feed(audio[at : at + 160])
    session.close(wait=True)
    return utterances, partials


def test_dictation_hears_the_words_of_a_recorded_caller(pool: Pool) -> None:
    (utterance,) = hear_file(SPEECH / "d03-1-problem.wav", Expect("problem", pause=1.2), pool, "zh")
    assert "没有信号" in utterance.text.replace(" ", "")
    assert utterance.ask == "problem"


def test_a_spoken_number_is_among_the_readings_of_the_digit_recogniser(pool: Pool) -> None:
    (utterance,) = hear_file(SPEECH / "d07-2-phone.wav", NUMBER, pool, "zh")
    assert "15812340099" in utterance.digits


def test_digits_alone_run_no_dictation(pool: Pool) -> None:
    expect = Expect("phone", dictation=False, digits=True)
    utterances, partials = heard(pool, wav.read(SPEECH / "d07-2-phone.wav"), expect)
    assert [utterance.text for utterance in utterances] == [""]
    assert utterances[0].digits
    assert partials == []


def test_partials_grow_towards_the_final_text(pool: Pool) -> None:
    utterances, partials = heard(pool, wav.read(SPEECH / "d07-1-problem.wav"), Expect("problem", pause=1.2))
    assert len(partials) > 5
    assert [p.end for p in partials] == sorted(p.end for p in partials)
    assert partials[-1].text[:4] == utterances[0].text[:4]


def test_word_times_lie_inside_their_utterance_and_count_from_the_streams_start(pool: Pool) -> None:
    speech = wav.read(SPEECH / "d07-1-problem.wav")
    late = np.concatenate([np.zeros(5 * 8000, np.int16), speech])
    (early,), _ = heard(pool, speech, Expect(pause=1.2))
    (later,), _ = heard(pool, late, Expect(pause=1.2))
    assert later.start - early.start == pytest.approx(5.0, abs=0.1)
    for word in later.words:
        assert later.start <= word.start <= word.end <= later.end + 0.1


def test_a_pause_ends_an_utterance_and_a_shorter_one_does_not(pool: Pool) -> None:
    speech = wav.read(SPEECH / "d07-3-evidence.wav")
    gap = np.zeros(int(1.5 * 8000), np.int16)
    twice = np.concatenate([speech, gap, speech])
    apart, _ = heard(pool, twice, Expect(pause=0.9))
    together, _ = heard(pool, twice, Expect(pause=5.0))
    assert (len(apart), len(together)) == (2, 1)


def test_a_number_said_with_a_pause_inside_is_read_whole(pool: Pool) -> None:
    speech = wav.read(SPEECH / "d07-2-phone.wav")
    cut = len(speech) // 2
    paused = np.concatenate([speech[:cut], np.zeros(6400, np.int16), speech[cut:]])
    (utterance,), _ = heard(pool, paused, NUMBER)
    assert any(len(digits) >= 10 for digits in utterance.digits)


def test_silence_and_line_noise_reach_no_recogniser(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    whole = session_module.open_ear
    monkeypatch.setattr(session_module, "open_ear", lambda *a, **k: opened.append(1) or whole(*a, **k))
    noise = np.random.default_rng(1).integers(-10, 11, 60 * 8000).astype(np.int16)
    utterances, _ = heard(pool, noise, Expect())
    assert (utterances, opened) == ([], [])


@pytest.mark.parametrize("level", [30, 300])
def test_louder_noise_is_no_utterance(pool: Pool, level: int) -> None:
    # The voice detector takes a second to get used to it; the recogniser finds no word in that second.
    noise = np.random.default_rng(1).integers(-level, level + 1, 60 * 8000).astype(np.int16)
    assert heard(pool, noise, Expect())[0] == []


def test_somebody_who_never_pauses_is_heard_all_the_same(pool: Pool) -> None:
    speech = wav.read(SPEECH / "d07-1-problem.wav")
    voiced = speech[int(0.6 * 8000) : int(7.6 * 8000)]
    utterances, _ = heard(pool, np.concatenate([voiced] * 7), Expect(pause=3.0))
    assert len(utterances) >= 2
    assert sum("增值" in utterance.text.replace(" ", "") for utterance in utterances) >= 1


def test_streams_do_not_mix(pool: Pool) -> None:
    names = ["d03-1-problem.wav", "d07-1-problem.wav", "d07-3-evidence.wav"]
    alone = [hear_file(SPEECH / name, Expect(pause=1.2), pool, "zh")[0].text for name in names]
    together: dict[str, str] = {}

    def hear(name: str) -> None:
        together[name] = hear_file(SPEECH / name, Expect(pause=1.2), pool, "zh")[0].text

    threads = [threading.Thread(target=hear, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[name] for name in names] == alone


def test_a_failing_utterance_ends_neither_stream_nor_pool(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole, calls = session_module.open_ear, []

    def broken_once(*args: object, **kwargs: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("13800138000")
        return whole(*args, **kwargs)

    monkeypatch.setattr(session_module, "open_ear", broken_once)
    speech = wav.read(SPEECH / "d07-3-evidence.wav")
    utterances, _ = heard(pool, np.concatenate([speech, np.zeros(16000, np.int16), speech]), Expect())
    assert len(utterances) == 1
    assert "RuntimeError" in caplog.text
    assert "13800138000" not in caplog.text

"""Recognisers are used again for other utterances, and nothing of the one shows in the next."""

from __future__ import annotations

import numpy as np
import pytest

from audio import models, recogniser, wav
from audio.ear import VoskEar
from audio.grammar import spelled
from audio.recogniser import Dictation, Digits, Recognisers
from tests.lines import SPEECH


@pytest.fixture
def recognisers() -> Recognisers:
    return Recognisers(models.load("zh"), keep=1)


def dictate(recognisers: Recognisers, samples: np.ndarray):
    dictation = Dictation(recognisers)
    dictation.accept(samples)
    return dictation.finish()


def test_a_recogniser_that_has_heard_others_gives_words_and_times_as_a_new_one(recognisers: Recognisers) -> None:
    one, other = wav.read(SPEECH / "d07-3-evidence.wav"), wav.read(SPEECH / "d03-3-resolution.wav")
    fresh = dictate(recognisers, one)
    dictate(recognisers, other)
    again = dictate(recognisers, one)
    assert [word.text for word in again] == [word.text for word in fresh]
    for before, after in zip(fresh, again, strict=True):
        assert (after.start, after.end) == pytest.approx((before.start, before.end), abs=0.05)


def test_one_is_kept_and_a_worn_one_is_not(recognisers: Recognisers, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = recognisers.take(), recognisers.take()
    recognisers.give_back(first)
    recognisers.give_back(second)
    assert recognisers.take() is first
    assert recognisers.take() is not second
    monkeypatch.setattr(recogniser, "WORN_S", 0.0)
    recognisers.give_back(first)
    assert recognisers.take() is not first


@pytest.mark.parametrize(
    ("recording", "number"), [("d07-2-phone", "15812340099"), ("d03-2-phone", "15088667721")]
)
def test_a_spoken_number_is_among_the_readings_each_given_once(recording: str, number: str) -> None:
    digits = Digits(models.load("zh"), "zh")
    digits.accept(wav.read(SPEECH / f"{recording}.wav"))
    readings = digits.finish()
    assert number in readings
    assert len(set(readings)) == len(readings)
    assert all(reading.isdigit() for reading in readings)


def test_an_ear_that_heard_nothing_gives_nothing(recognisers: Recognisers) -> None:
    assert VoskEar(Dictation(recognisers), Digits(models.load("zh"), "zh")).finish().text == ""


def test_silence_holds_neither_words_nor_digits(recognisers: Recognisers) -> None:
    ear = VoskEar(Dictation(recognisers), Digits(models.load("zh"), "zh"))
    assert ear.accept(np.zeros(8000, np.int16)) == ""
    heard = ear.finish()
    assert (heard.text, heard.words, heard.digits) == ("", (), ())


@pytest.mark.parametrize(
    ("words", "lang", "digits"),
    [
        ("[unk] 幺 三 零 两", "zh", "1302"),
        ("oh double eight [unk] five", "en", "0885"),
        ("triple 5 and a 7", "en", "5557"),
        ("i have no idea", "en", ""),
    ],
)
def test_digits_are_read_from_words_and_from_figures(words: str, lang: str, digits: str) -> None:
    assert spelled(words.split(), lang) == digits

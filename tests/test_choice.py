"""The recogniser limited to phrases: what was said and nothing else, on recordings."""

from __future__ import annotations

import numpy as np
import pytest

from audio import models, wav
from audio.choice import Choice, named
from tests.lines import SPEECH

AGENT = ("人工", "转人工", "人工服务", "转人工服务")
YES_NO = ("是", "是的", "对", "对的", "没错", "好", "不是", "不对", "错了", "不")


def heard(recording: str, phrases: tuple[str, ...]) -> str:
    """What the recogniser takes a recording for."""
    choice = Choice(models.load("zh"), "zh", phrases)
    samples = wav.read(SPEECH / f"{recording}.wav")
    for start in range(0, len(samples), 1280):
        choice.accept(samples[start : start + 1280])
    return choice.finish()


def test_the_phrase_that_was_said_comes_as_it_was_given() -> None:
    assert heard("d13-1-problem", (*AGENT, "话费", "套餐", "网络")) == "转人工服务"


@pytest.mark.parametrize("recording", ["d03-1-problem", "d07-1-problem", "d07-2-phone", "d07-3-evidence", "d08-1-problem"])
@pytest.mark.parametrize("phrases", [AGENT, YES_NO, ("短信", "账单", "信号")])
def test_a_sentence_is_no_choice(recording: str, phrases: tuple[str, ...]) -> None:
    assert heard(recording, phrases) == ""


def test_silence_is_no_choice() -> None:
    choice = Choice(models.load("zh"), "zh", YES_NO)
    choice.accept(np.zeros(16000, np.int16))
    assert choice.finish() == ""


@pytest.mark.parametrize(
    ("text", "phrase"),
    [("Yes, please.", "yes"), ("YES", "yes"), ("Uh, no.", "no"), ("Call me back, please!", "call me back"),
     ("I was charged twice", ""), ("", ""), ("...", ""), ("November", "")],
)  # fmt: skip
def test_a_transcript_is_a_phrase_when_it_says_nothing_else(text: str, phrase: str) -> None:
    assert named(text, ("yes", "yes please", "no", "call me back")) == phrase

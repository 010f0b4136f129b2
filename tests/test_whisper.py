"""English by Whisper: the same path, words and numbers when the utterance has ended."""

from __future__ import annotations

import pytest

from audio import models
from audio.decoder import Pool
from audio.hear import hear_file
from audio.models import ModelError
from audio.session import Expect
from tests.lines import SPEECH


@pytest.fixture(scope="module")
def english() -> None:
    try:
        models.load("en")
    except ModelError as error:
        pytest.skip(str(error).splitlines()[0])


def test_an_english_answer_is_heard(english: None) -> None:
    with Pool() as pool:
        (utterance,) = hear_file(SPEECH / "e03-3-evidence.wav", Expect("evidence"), pool, "en")
    assert "screenshot of the bill" in utterance.text
    assert utterance.text == " ".join(word.text for word in utterance.words)
    starts = [word.start for word in utterance.words]
    assert starts == sorted(starts)
    assert utterance.start - 0.1 <= starts[0] and utterance.words[-1].end <= utterance.end + 0.3


def test_an_english_number_is_among_its_readings(english: None) -> None:
    with Pool() as pool:
        (utterance,) = hear_file(SPEECH / "e01-2-phone.wav", Expect("phone", digits=True, pause=1.2), pool, "en")
    assert "13800138000" in utterance.digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.digits import runs
from agent_assist.privacy import SHORTEST, mask


@pytest.mark.parametrize(("text", "masked"), [
    ("我的号码13800138000谢谢", "我的号码138****8000谢谢"), ("11010519491231002X", "110***********002X"),
    ("一三八零零一三八零零零", "一三八****八零零零"), ("138-0013-8000", "138-****-8000"), ("1380013", "*****13"),
    ("扣了五十块钱", "扣了五十块钱"), ("in 2026 I paid fifty dollars", "in 2026 I paid fifty dollars"), ("", "")])
def test_what_is_hidden(text, masked):
    assert mask(text) == masked


def test_spoken_english_digits():
    assert mask("one three eight zero zero one three eight zero zero zero") == (
        "one three eight * * * * eight zero zero zero")


def test_dictated_homophones():
    assert "玲玲" not in mask("我 是 一 三八 玲玲 以 三零零零")


@given(st.text("0123456789零一二三四五六七八九幺 -,，我的号", max_size=60))
def test_no_long_run_of_digits_survives(text):
    assert all(len(run.digits) < SHORTEST for run in runs(mask(text), "zh"))


@given(st.lists(st.sampled_from("zero one two three four five six seven eight nine oh double my is and".split()), max_size=30))
def test_no_long_run_of_english_digits_survives(words):
    assert all(len(run.digits) < SHORTEST for run in runs(mask(" ".join(words)), "en"))


@given(st.text())
def test_any_text(text):
    mask(text)


@given(st.text("abcdefgh我们投诉账单,。 "))
def test_text_without_numbers_stays(text):
    assert mask(text) == text


@pytest.mark.parametrize(
    "text", ["投诉编号202611230001。", "编号是:二 零 二 六,一 一 二 三,零 零 零 一。", "number 2 0 2 6 1 1 2 3 0 0 0 1"]
)
def test_a_complaint_number_stays_to_be_noted(text: str) -> None:
    assert mask(text) == text


def test_a_number_that_only_begins_like_a_day_is_hidden() -> None:
    assert mask("202613450001") != "202613450001"

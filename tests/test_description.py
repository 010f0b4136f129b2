"""The description: the caller's own words, tidied, and nothing else."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.description import Told, describe
from agent_assist.extract import extract
from agent_assist.form import Form, Heard

ON = datetime.date(2026, 11, 23)


def described(lang: str, *said: tuple[str, str]) -> str:
    """The description of a call in which this was said: (question, words)."""
    form = Form()
    for number, (ask, text) in enumerate(said, start=1):
        form, _ = form.take(extract(Heard(text, ask, lang, utterance=number), ON).values)
    return describe([Told(text, ask) for ask, text in said], form, lang)


@pytest.mark.parametrize(("lang", "said", "expected"), [
    ("zh", "喂 你好 那个 我 要 投诉 上个月 我的 话费 多 扣 了 五十 块 钱", "上个月我的话费多扣了五十块钱。"),
    ("zh", "嗯,这个月突然多了一个彩铃业务,我没有订过", "这个月突然多了一个彩铃业务，我没有订过。"),
    ("en", "um hello, i was charged fifty dollars too much last month", "I was charged fifty dollars too much last month."),
])
def test_hesitation_and_greetings_are_left_out(lang, said, expected):
    assert described(lang, ("problem", said)) == expected


def test_who_calls_and_what_is_wanted_is_not_what_happened():
    text = described("zh", ("problem", "我叫王小明,昨天晚上家里宽带断了,希望你们快点修"), ("resolution", "我要赔偿"))
    assert text == "昨天晚上家里宽带断了。"


def test_numbers_of_persons_are_hidden():
    text = described("zh", ("problem", "我的手机13800138000上个月多扣了五十块钱"))
    assert "13800138000" not in text and "五十" in text


def test_who_told_nothing_has_no_description():
    assert described("zh", ("problem", "喂"), ("phone", "一三八零零一三八零零零")) == ""


def test_a_long_story_becomes_two_short_sentences():
    story = "。".join(["我上个月的话费多扣了五十块钱"] + [f"第{n}次打电话也没有人理我说来说去都是一样的话" for n in "一二三四五六七八九"])
    assert len(described("zh", ("problem", story))) <= 2 * 62 and "五十" in described("zh", ("problem", story))


@given(st.lists(st.tuples(st.sampled_from(["problem", "phone", "occurred", ""]), st.text()), max_size=4), st.sampled_from(["zh", "en"]))
def test_nothing_is_invented(said, lang):
    spoken = "".join(text for _, text in said).casefold()
    for char in described(lang, *said).casefold():
        assert char in spoken or char in "。，., *"

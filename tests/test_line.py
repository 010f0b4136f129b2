from collections import namedtuple

from hypothesis import given
from hypothesis import strategies as st

from agent_assist.form import Heard
from agent_assist.line import Line

Word = namedtuple("Word", "text start end")


def test_spans_lead_back_to_the_text():
    line = Line(Heard("你好 我 的 话费 多扣 了 ５０ 块"))
    at = line.chars.index("50块")
    source = line.source(at, at + 3)
    assert source.raw == "５０ 块" and source.span == (15, 19)


def test_audio_time_comes_from_the_words_touched():
    words = (Word("我", 0.0, 0.2), Word("在", 0.3, 0.5), Word("北京", 0.6, 1.1))
    line = Line(Heard("我 在 北京", words=words, start=0.0, end=2.0))
    source = line.source(line.chars.index("北"), len(line.chars))
    assert (source.start, source.end) == (0.6, 1.1)


def test_without_words_the_utterance_gives_the_time():
    assert Line(Heard("我在北京", start=4.0, end=6.0)).source(2, 4).start == 4.0


def test_english_keeps_spaces():
    assert Line(Heard("My  Number is 5.", lang="en")).chars == "my number is 5."


@given(st.text(), st.sampled_from(["zh", "en"]))
def test_any_text_folds_with_a_place_for_each_character(text, lang):
    line = Line(Heard(text, lang=lang))
    assert len(line.at) == len(line.chars) == len(line.sound)
    assert all(0 <= place < len(text) for place in line.at)

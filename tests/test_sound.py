import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.sound import NEAR, SAME, by_sound, distance, spell, split, syllables


@pytest.mark.parametrize(("syllable", "parts"), [
    ("zhuang", ("zh", "uang")), ("er", ("", "er")), ("qu", ("q", "v")), ("a", ("", "a")), ("yi", ("y", "i"))])
def test_split(syllable, parts):
    assert split(syllable) == parts


def test_distance_is_symmetric_and_small_for_known_confusions():
    for a, b in [("duo", "dou"), ("kou", "ke"), ("jiu", "qiu"), ("ling", "lin"), ("si", "shi"), ("xin", "xing")]:
        assert distance(a, b) == distance(b, a) <= NEAR
    assert distance("ba", "jiu") > 1


def test_spell_keeps_the_length_and_other_characters():
    text = "我的abc 话费1"
    assert len(spell(text)) == len(text) and spell(text)[2:6] == "abc "


def test_homophones_match_within_the_limit():
    assert re.search(by_sound("退款", SAME), spell("请给我腿宽"))
    assert re.search(by_sound("多扣", NEAR), spell("话费都可的"))
    assert not re.search(by_sound("多扣", SAME), spell("话费都可的"))


def test_readings_follow_the_word():
    assert syllables("退还")[1] == "huan" and syllables("还有")[0] == "hai"


@given(st.text())
def test_any_text_can_be_spelled(text):
    assert len(spell(text)) == len(text)

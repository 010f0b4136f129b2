import pytest

from agent_assist.form import Heard
from agent_assist.lexicon import lexicon, table
from agent_assist.line import Line


@pytest.mark.parametrize("topic", ["category", "outcome", "evidence", "intent"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_pattern_compiles_and_none_matches_nothing(topic, lang):
    rules = lexicon(topic, lang).rules
    assert rules and all(rule.weight > 0 and not rule.chars.fullmatch("") for rule in rules)


def test_both_languages_know_the_same_labels():
    for topic in ("category", "outcome", "evidence", "intent"):
        assert table(topic)["zh"].keys() == table(topic)["en"].keys()


def test_by_sound_only_for_dictation():
    words = lexicon("outcome", "zh")
    assert not [hit for hit in words.find(Line(Heard("赔常我的损失"))) if hit.how == "sound"]
    assert [hit for hit in words.find(Line(Heard("我 要 陪尝 我 的 损失"))) if hit.label == "compensation"]


def test_written_words_beat_what_they_only_sound_like():
    hits = lexicon("outcome", "zh").find(Line(Heard("赶紧 派 师傅 来 维修")))
    assert {hit.label for hit in hits} == {"repair"}

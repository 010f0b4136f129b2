import pytest

from agent_assist.category import category
from agent_assist.form import Heard
from agent_assist.likeness import likeness
from agent_assist.line import Line


def found(text, ask="problem", lang="zh"):
    value = category(Line(Heard(text, ask, lang)))
    return None if value is None else value.value


@pytest.mark.parametrize("text", ["", "喂,你好,听得到吗?", "今天天气不错", "外滩名店", "手臂肌肉十分发达", "我有一个事情想跟你们说一下"])
def test_unknown_rather_than_a_guess(text):
    assert found(text) is None


def test_the_particular_complaint_explains_the_general_one():
    assert found("我十月份的账单比平时多了两百块,里面有一个游戏点播费我不认识。") == "wrong_charge"
    assert found("广告说不限量,结果用到四十个G就限速了") == "misleading_tariff"


def test_answers_to_other_questions_tell_no_category():
    assert found("要求赔偿两天的宽带费,宽带断了", "resolution") is None


def test_the_words_are_its_source():
    value = category(Line(Heard("我家里从昨天晚上开始就没有信号,电话打不出去。", "problem")))
    assert value.value == "service_outage" and "没有信号" in value.source.raw


def test_likeness_knows_nothing_of_nothing():
    assert likeness(Line(Heard("", lang="zh"))) == [] and likeness(Line(Heard("xyzzy", lang="en"))) == []


def test_likeness_is_sorted():
    odds = [value for _, value in likeness(Line(Heard("网速太慢了,下载很慢")))]
    assert odds == sorted(odds, reverse=True) and len(odds) == 8

import pytest

from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.outcome import outcome


def found(text, ask="resolution", lang="zh"):
    value = outcome(Line(Heard(text, ask, lang)))
    return [] if value is None else value.value


@pytest.mark.parametrize(("text", "wanted"), [
    ("我要求退还多收的钱,并且赔偿我的损失。", ["refund", "compensation"]), ("请把套餐给我改回来。", ["restore_plan"]),
    ("尽快派人来修,给我恢复服务。", ["repair"]), ("帮我取消这个业务,再把钱退了。", ["cancel", "refund"]),
    ("马上给我恢复通话,给我一个解释。", ["repair", "explanation"]), ("我要取消合约,不要违约金。", ["cancel"]),
    ("不要赔偿,要道歉。", ["apology"]), ("随便你们吧。", [])])
def test_wishes(text, wanted):
    assert found(text) == wanted


def test_outside_the_question_a_wish_needs_a_word_of_wanting():
    assert found("报修也没人来", "problem") == []
    assert found("我已经取消了彩铃,还在扣费", "problem") == []
    assert found("多扣了五十块,请你们退给我", "problem") == ["refund"]


def test_dictation():
    assert found("尽快 派人 来 修 给 我 回复 服务") == ["repair"]


def test_english():
    assert found("I don't want compensation, I want an apology.", lang="en") == ["apology"]

import pytest

from agent_assist.form import Heard
from agent_assist.intent import intent
from agent_assist.line import Line


@pytest.mark.parametrize(("text", "lang", "aim"), [
    ("我想查一下我的投诉处理到哪一步了。", "zh", "status"), ("我对上次投诉的处理结果不满意,我要向上一级部门投诉。", "zh", "escalate"),
    ("转人工服务。", "zh", "agent"), ("我要投诉。", "zh", "complain"), ("喂,你好", "zh", None),
    ("你们的客服态度很差", "zh", None), ("人工客服永远打不通", "zh", None),
    ("I want to speak to a person please.", "en", "agent"), ("I would like to check the status of my complaint.", "en", "status"),
    ("I want to escalate my complaint.", "en", "escalate"), ("hello", "en", None)])
def test_intents(text, lang, aim):
    assert intent(Line(Heard(text, "problem", lang))) == aim

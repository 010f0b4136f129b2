import pytest

from agent_assist.evidence import evidence
from agent_assist.form import Heard
from agent_assist.line import Line


def found(text, ask="evidence", lang="zh"):
    value = evidence(Line(Heard(text, ask, lang)))
    return [] if value is None else value.value


@pytest.mark.parametrize(("text", "kinds"), [
    ("我有扣费的短信和账单截图。", ["sms", "bill"]), ("我有测速的截图。", ["screenshot"]), ("我有通话记录和账单。", ["call_record", "bill"]),
    ("没有短信,只有账单。", ["bill"]), ("什么都没有。", []), ("当时签的协议我还留着。", ["contract"])])
def test_kinds(text, kinds):
    assert found(text) == kinds


def test_a_bill_that_is_complained_about_is_no_evidence():
    assert found("我十月份的账单比平时多了两百块", "problem") == []
    assert found("多扣了五十块,我有账单截图为证", "problem") == ["bill"]


def test_english():
    assert found("I have the text message and a screenshot of the bill.", lang="en") == ["sms", "bill"]
    assert found("No messages, only the invoice.", lang="en") == ["bill"]

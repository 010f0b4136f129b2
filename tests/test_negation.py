import pytest

from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.negation import denied


@pytest.mark.parametrize(("text", "thing", "kind", "no"), [
    ("我没有短信", "短信", "have", True), ("没有短信,只有账单", "账单", "have", False), ("没有短信也没有账单", "账单", "have", True),
    ("没有短信和账单", "账单", "have", True), ("短信删了", "短信", "have", True), ("账单我有,短信没有", "账单", "have", False),
    ("短信和账单都没有", "短信", "have", True), ("没问题,我有账单", "账单", "have", False),
    ("不要赔偿,要道歉", "赔偿", "want", True), ("不要赔偿,要道歉", "道歉", "want", False), ("道歉就不用了", "道歉", "want", True),
    ("取消合约,不要违约金", "取消", "want", False), ("我不是要退钱", "退钱", "want", True)])
def test_chinese(text, thing, kind, no):
    line = Line(Heard(text))
    at = line.chars.index(thing)
    assert denied(line, at, at + len(thing), kind) is no


@pytest.mark.parametrize(("text", "thing", "kind", "no"), [
    ("i don't have the bill, but i have the message", "bill", "have", True),
    ("i don't have the bill, but i have the message", "message", "have", False),
    ("i don't want compensation, i want an apology", "compensation", "want", True),
    ("i don't want compensation, i want an apology", "apology", "want", False),
    ("i lost the contract", "contract", "have", True)])
def test_english(text, thing, kind, no):
    line = Line(Heard(text, lang="en"))
    at = line.chars.index(thing)
    assert denied(line, at, at + len(thing), kind) is no

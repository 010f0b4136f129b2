import pytest

from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.name import name


def found(text, ask="problem", lang="zh"):
    value = name(Line(Heard(text, ask, lang)))
    return None if value is None else value.value


@pytest.mark.parametrize(("text", "who"), [
    ("我的名字叫王小明,我被开通了业务", "王小明"), ("我叫李建国", "李建国"), ("免贵姓李", "李"), ("我姓赵,叫赵敏", "赵敏"),
    ("我的名字是欧阳锋", "欧阳锋"), ("我 的 名字 叫 王 小明 我 被 开通", "王小明"), ("叫我陈静就行", "陈静"),
    ("我叫你们来修", None), ("我是老用户", None), ("这个业务叫什么名字", None)])
def test_names(text, who):
    assert found(text) == who


def test_a_bare_name_only_when_asked():
    assert found("王小明。", "name") == "王小明" and found("王小明。") is None


@pytest.mark.parametrize(("text", "who"), [
    ("My name is Jane Smith.", "Jane Smith"), ("This is John Miller speaking.", "John Miller"),
    ("I am very unhappy.", None), ("This is false advertising, the offer is wrong.", None)])
def test_english_names(text, who):
    assert found(text, "problem", "en") == who

import datetime

import pytest

from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.numbers import numbers

ON = datetime.date(2026, 11, 23)


def found(text="", ask="phone", lang="zh", digits=(), **more):
    return {v.field: v for v in numbers(Line(Heard(text, ask, lang, digits=digits, **more)), ON)}


def test_the_digit_recogniser_is_filtered_by_the_number_plan():
    value = found("一 三九 一二三四五六七 吧", digits=("1391234567", "13912345678"))["phone"]
    assert value.value == "13912345678" and value.source.how == "digits"


def test_unlike_alternatives_are_kept_with_the_source():
    value = found("一 就 一零零 而 在", digits=("18910022334", "18610022334"))["phone"]
    assert set((value.value, *value.source.alternatives)) == {"18910022334", "18610022334"}


def test_digits_heard_in_a_story_are_no_phone():
    assert "phone" not in found("你 好 我 要 投诉", "problem", digits=("5013800138000",))


def test_digits_heard_in_minutes_of_talk_are_no_phone():
    assert "phone" in found("嗯", digits=("13473821368",), start=0.0, end=20.0)
    assert found("习题 牛排 行为 广场", digits=("13473821368",), start=0.0, end=180.0) == {}


def test_an_amount_is_no_phone():
    assert found("扣了我一百二十元", "problem") == {}


def test_kinds_are_told_apart():
    assert found("编号二零二六一零三零零零一七", "number").keys() == {"complaint_number"}
    assert found("身份证11010519491231002X", "id_number").keys() == {"id_number"}
    assert found("电话01088886666").keys() == {"phone"}


def test_a_complaint_number_from_tomorrow_is_not_believed():
    assert found("202611240001", "number") == {}


def test_keys():
    value = found("", digits=("13800138000",), keyed=True)["phone"]
    assert value.source.how == "keyed" and value.source.span is None


def test_this_number_needs_a_known_one():
    assert found("就是我现在打电话的这个号码") == {}
    assert found("就是我现在打电话的这个号码", hints=("13800138000",))["phone"].value == "13800138000"


@pytest.mark.parametrize("text", ["", "不记得了", "一三八零零一三八", "13800138000138001380001"])
def test_nothing_is_made_up(text):
    assert found(text) == {}


@pytest.mark.parametrize(("keys", "ask", "field", "number"), [
    ("8613800138000", "phone", "phone", "13800138000"), ("11010519491231002*", "id_number", "id_number", "11010519491231002X"),
    ("202611220001#", "number", "complaint_number", "202611220001")])
def test_what_keys_can_mean(keys, ask, field, number):
    assert found("", ask, digits=(keys,), keyed=True)[field].value == number


def test_keys_are_not_searched_for_a_number():
    assert found("", "phone", digits=("913800138000",), keyed=True) == {}


def test_the_second_number_of_a_known_caller():
    value = found("嗯", "number", digits=("0261122001",), hints=("202611220001",))["complaint_number"]
    assert value.value == "202611220001" and value.source.how == "hint"

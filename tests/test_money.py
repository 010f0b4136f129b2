import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.money import amount, chinese_number, english_number


def found(text, ask="problem", lang="zh"):
    value = amount(Line(Heard(text, ask, lang)))
    return None if value is None else value.value


@pytest.mark.parametrize(("text", "number"), [
    ("三十九元", 39), ("一百二十块五", 120.5), ("五十块钱", 50), ("三百六", 360), ("一千多", 1000), ("6块", 6), ("¥50", 50),
    ("两百五十块", 250), ("九块九", 9.9), ("三十五块六毛", 35.6), ("一千零五元", 1005), ("1,200元", 1200), ("十九点五元", 19.5)])
def test_ways_of_saying(text, number):
    assert found(text, "amount") == number


@pytest.mark.parametrize(("text", "number"), [
    ("fifty dollars", 50), ("one hundred and twenty yuan", 120), ("$39.90", 39.9), ("1,200 yuan", 1200),
    ("$1,200", 1200), ("fifty bucks", 50), ("a hundred and twenty dollars fifty", 120.5), ("two grand", 2000), ("about thirty", 30),
    ("twelve fifty", 12.5), ("nineteen ninety nine", 19.99), ("one twenty", 120), ("a grand and a half", 1500), ("3.5k", 3500),
    ("three and a half thousand yuan", 3500), ("a dollar", 1)])
def test_ways_of_saying_in_english(text, number):
    assert found(text, "amount", "en") == number


@pytest.mark.parametrize(("text", "number"), [
    ("我的话费多扣了五十块钱", 50), ("却收了我三百六十块", 360), ("每个月扣六块钱", 6), ("账单比平时多了两百块", 200),
    ("把两百块退给我", 200), ("我的套餐是五十九元,这个月多扣了三十块", 30),
    ("原来是三十八元的,现在变成八十八元", None), ("广告说一个月十九块,结果每个月扣我三十九块", None),
    ("要求赔偿五百块", None), ("我账户里还有一百块", None), ("我用的是三十八元的套餐", None), ("我打了三次电话", None),
    ("断了两天了", None), ("一百兆宽带", None)])
def test_which_sum_is_in_dispute(text, number):
    assert found(text) == number


def test_units_misheard_in_dictation():
    assert found("却 收 了 我 三百六十 会") == 360
    assert found("你们 扣 了 我 一把 二十元 的 增值 业务 费") == 120


@given(st.integers(1, 99_999_999))
def test_chinese_numerals_and_back(number):
    import cn2an
    assert chinese_number(cn2an.an2cn(number)) == number


@given(st.text())
def test_any_text(text):
    chinese_number(text)
    english_number(text)
    found(text, "amount")
    found(text, "amount", "en")

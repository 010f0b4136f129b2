import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.extract import extract
from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.occurred import occurred, resolve

ON = datetime.date(2026, 11, 23)


def found(text, lang="zh"):
    value = occurred(Line(Heard(text, "problem", lang)), ON)
    return None if value is None else value.value


@pytest.mark.parametrize(("text", "name"), [
    ("上个月扣的", "last_month"), ("昨天晚上开始", "yesterday"), ("三月五号你们扣了", "3-5"), ("上周三在广州", "last_wed"),
    ("我十月份的账单", "10"), ("前天晚上八点", "day_before_yesterday"), ("上个月十五号", "10-15"), ("2025年3月5日", "2025-3-5"),
    ("去年十二月", "2025-12"), ("两天前", "2_days_ago"), ("上星期", "last_week"), ("今天早上", "today"), ("二十号起", "11-20"),
    ("比上个月多", None), ("最近一个星期", None), ("断了两天了", None), ("一个月十九块", None), ("下个月", None), ("三十二号", None)])
def test_names(text, name):
    assert found(text) == name


@pytest.mark.parametrize(("text", "name"), [
    ("last month", "last_month"), ("since yesterday evening", "yesterday"), ("last Tuesday", "last_tue"), ("on March fifth", "3-5"),
    ("on the 5th of March", "3-5"), ("in October", "10"), ("two days ago", "2_days_ago"), ("the day before yesterday", "day_before_yesterday"),
    ("slow for a week", None), ("I may be wrong", None)])
def test_names_in_english(text, name):
    assert found(text, "en") == name


@pytest.mark.parametrize(("name", "first", "last"), [
    ("last_month", (2026, 10, 1), (2026, 10, 31)), ("yesterday", (2026, 11, 22), (2026, 11, 22)),
    ("3-5", (2026, 3, 5), (2026, 3, 5)), ("12-5", (2025, 12, 5), (2025, 12, 5)), ("last_wed", (2026, 11, 18), (2026, 11, 18)),
    ("10", (2026, 10, 1), (2026, 10, 31)), ("2-29", (2024, 2, 29), (2024, 2, 29)), ("2_weeks_ago", (2026, 11, 9), (2026, 11, 9))])
def test_the_days_that_are_meant(name, first, last):
    assert resolve(name, ON) == (datetime.date(*first), datetime.date(*last))


def test_unknown_names_have_no_days():
    assert resolve("someday", ON) is None and resolve("13-40", ON) is None


@given(st.text("昨今前上个月周三五十号天份去年二零12月日的"), st.dates(datetime.date(2000, 3, 1), datetime.date(2090, 1, 1)))
def test_what_is_found_lies_in_the_past(text, on):
    value = occurred(Line(Heard(text, "occurred")), on)
    if value is not None:
        span = resolve(value.value, on)
        assert span is None or span[0] <= on


@pytest.mark.parametrize(("text", "lang"), [
    ("今天的天气怎么样", "zh"), ("昨天的足球谁赢了?", "zh"), ("What's the weather today?", "en"), ("Who won the game last night?", "en")])
def test_a_question_beside_the_point_tells_no_time(text, lang):
    assert extract(Heard(text, "problem", lang), ON).values == []

import datetime

import pytest

from agent_assist.festivals import NAMES, span
from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.occurred import occurred, resolve

ON = datetime.date(2026, 11, 23)


@pytest.mark.parametrize("text, lang, name", [
    ("国庆期间", "zh", "national_day"), ("去年春节那几天", "zh", "2025-spring_festival"), ("五一假期", "zh", "labour_day"),
    ("over Christmas", "en", "christmas"), ("during the Spring Festival", "en", "spring_festival"),
])
def test_holidays_are_times(text, lang, name):
    assert occurred(Line(Heard(text, "occurred", lang)), ON).value == name


@pytest.mark.parametrize("text", ["国庆套餐", "春节优惠活动"])
def test_the_name_of_an_offer_is_no_time(text):
    assert occurred(Line(Heard(text, "problem")), ON) is None


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_holiday_lies_in_the_past(name):
    first, last = resolve(name, ON)
    assert first <= last <= ON and ON - first < datetime.timedelta(days=367)


def test_new_years_day_by_the_moon():
    assert span("spring_festival", 2026) == (datetime.date(2026, 2, 16), datetime.date(2026, 2, 23))


def test_a_year_that_is_not_in_the_table():
    assert span("mid_autumn", 1999) is None

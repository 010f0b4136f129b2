from hypothesis import given
from hypothesis import strategies as st

from agent_assist.focus import focus
from agent_assist.form import Heard
from agent_assist.line import Line


def left(text, lang="zh"):
    return focus(Line(Heard(text, "problem", lang))).chars.strip(",. ")


def test_what_is_denied_is_blanked():
    assert left("不是账单的问题,是网速太慢。") == "是网速太慢"


def test_what_is_settled_is_blanked():
    assert left("扣错的钱已经退给我了,宽带又断了") == "宽带又断了"


def test_what_is_announced_stays():
    assert left("The fee is high, but what I want to complain about is your rude staff.", "en") == "your rude staff"


def test_a_plain_complaint_is_left_alone():
    line = Line(Heard("网速太慢了", "problem"))
    assert focus(line) is line


def test_something_always_remains():
    assert left("已经退了") == "已经退了"


@given(st.text(), st.sampled_from(["zh", "en"]))
def test_positions_stay(text, lang):
    line = Line(Heard(text, "problem", lang))
    apart = focus(line)
    assert len(apart.chars) == len(line.chars) and all(a in (b, ",") for a, b in zip(apart.chars, line.chars, strict=True))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.digits import corrected, runs
from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.numberplan import is_mobile

ZH = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
EN = dict(zip("0123456789", "zero one two three four five six seven eight nine".split(), strict=True))
GROUPS = {"zh": {2: "两个", 3: "三个"}, "en": {2: "double ", 3: "triple "}}


def said(digits: str, lang: str, grouped: bool) -> str:
    """A number as spoken, runs of two or three as groups when asked."""
    words = ZH if lang == "zh" else EN
    parts, at = [], 0
    while at < len(digits):
        size = next((n for n in (3, 2) if grouped and digits[at:at + n] == digits[at] * n), 1)
        parts.append((GROUPS[lang][size] if size > 1 else "") + words[digits[at]])
        at += size
    return ("" if lang == "zh" else " ").join(parts)


@given(st.text("0123456789", min_size=1, max_size=24), st.sampled_from(["zh", "en"]), st.booleans())
def test_spoken_and_back_for_all_lengths(digits, lang, grouped):
    line = Line(Heard(said(digits, lang, grouped), lang=lang))
    found = runs(line.chars, lang)
    assert [run.digits for run in found] == [digits]
    assert (found[0].start, found[0].end) == (0, len(line.chars))


@pytest.mark.parametrize(("text", "lang", "digits"), [
    ("幺三八零零幺三八零零零", "zh", "13800138000"),
    ("一三八,零零一三,八零零零", "zh", "13800138000"),
    ("138-0013-8000", "zh", "13800138000"),
    ("幺三八,两个零,幺三八,三个零", "zh", "13800138000"),
    ("one three eight double oh one three eight triple zero", "en", "13800138000"),
    ("one thirty nine twelve thirty four", "en", "1391234"),
    ("11010519491231002x", "zh", "11010519491231002X"),
])
def test_ways_of_saying(text, lang, digits):
    assert runs(text, lang)[0].digits == digits


@pytest.mark.parametrize(("text", "expected"), [
    ("一八六一二三四,不对,是一三九一二三四五六七八", "13912345678"),
    ("一三九一二三四五六七九,错了,最后一位是八", "13912345678"),
    ("一三八零零一三五,不对,是三八零零零", "13800138000"),
    ("一五零一二三四五六七八,不对,前三位是一三九", "13912345678"),
    ("一三九一二三四五六七九,说错了,后四位是五六七八", "13912345678"),
])
def test_corrections(text, expected):
    assert corrected(Line(Heard(text)), is_mobile)[-1].digits == expected


def test_a_correction_that_fits_nothing_changes_nothing():
    assert [run.digits for run in corrected(Line(Heard("一三八,不对,是九九")), is_mobile)] == ["138", "99"]

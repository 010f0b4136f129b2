from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.numberplan import is_mobile
from agent_assist.reading import agreement, by_sound, nearest_hint, readings, windows
from agent_assist.sound import syllables


def test_agreement_is_free_at_both_ends():
    cost, (start, end) = agreement("138", syllables("号码是一三八谢谢"))
    assert cost == 0 and (start, end) == (3, 6)


def test_homophones_agree_with_their_digits():
    near, _ = agreement("1380013", syllables("一三八玲玲以三"))
    far, _ = agreement("1597762", syllables("一三八玲玲以三"))
    assert near < 0.5 < far


def test_windows_leave_out_what_the_words_before_became():
    assert dict(windows("413800138000", is_mobile, (11,)))["13800138000"] < 1


def test_the_free_text_decides_between_alternatives():
    line = Line(Heard("我 的 手机号 是 一 三八 玲玲 以 三零零零", "phone"))
    best = readings(line, ["413800138001", "413800138000"], is_mobile, (11,))[0]
    assert best.digits == "13800138000" and best.span is not None


def test_nothing_that_was_not_heard():
    assert readings(Line(Heard("一 三八 玲玲", "phone")), ["1380013800", "138001380"], is_mobile, (11,)) == []


def test_digits_among_homophones():
    assert [r.digits for r in by_sound(Line(Heard("一 三八 玲玲 以 三 爸 零零零")), is_mobile, (11,))] == ["13800138000"]


def test_a_known_number_that_was_nearly_heard():
    assert nearest_hint(["02611220001"], ["202611220001", "202609010044"]) == "202611220001"
    assert nearest_hint(["02611220001"], ["202611220001", "202611220002"]) is None
    assert nearest_hint(["555"], ["202611220001"]) is None
    assert nearest_hint([], ["202611220001"]) is None

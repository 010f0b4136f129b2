import pytest

from agent_assist.form import Heard
from agent_assist.line import Line
from agent_assist.place import place, register


def found(text, ask="problem", lang="zh"):
    value = place(Line(Heard(text, ask, lang)))
    return None if value is None else value.value


def test_the_register_is_the_whole_country():
    places = register()
    assert sum(p.level == 1 for p in places) == 34 and len(places) > 3000
    assert next(p for p in places if p.code == "150000").short == "内蒙古"


@pytest.mark.parametrize(("text", "where"), [
    ("看视频一直卡,在北京朝阳区。", "北京朝阳区"), ("地址在上海浦东新区", "上海浦东新区"), ("我在泰国只用了两天", "泰国"),
    ("上周三在广州天河区,我的手机停机了", "广州天河区"), ("广东省深圳市福田区", "广东省深圳市福田区"), ("我在重庆", "重庆"),
    ("我去了一趟韩国", "韩国"), ("我是北京移动的用户", None), ("广东的号码", None), ("泰国菜很好吃", None), ("为什么这么高平时", None)])
def test_places(text, where):
    assert found(text) == where


def test_a_country_needs_no_word_around_it_when_asked():
    assert found("越南。", "location") == "越南"


def test_places_by_sound():
    assert found("地址 在 上海 浦东 兴起") == "上海浦东新区"


@pytest.mark.parametrize(("text", "where"), [
    ("I live in Chaoyang District, Beijing.", "Chaoyang District, Beijing"), ("I was in Thailand for two days", "Thailand"),
    ("my plan is bad", None)])
def test_english_places(text, where):
    assert found(text, "problem", "en") == where

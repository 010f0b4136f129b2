"""The same complaint by two channels is noticed, and two complaints of one caller are not made one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent_assist.form import Form, Value
from complaints.joining import Facts, candidates, words_alike
from hotline.records import channel_of
from tests.callers import pages_in

DAY = date(2026, 11, 20)


def facts(number: str, words: str, channel: str = "phone", filed: date = DAY, **fields: Any) -> Facts:
    form = Form({name: Value(name, value) for name, value in ({"phone": "13800138000"} | fields).items()}, description=words).to_json()
    return Facts.of(number, channel, filed, form)


SPOKEN = facts("1", "上个月话费多扣了五十块钱,我根本没开通视频会员", category="billing_anomaly", amount=50, occurred="last_month")
SAME = {
    "the same words": facts("2", "上个月多扣了我五十块钱,我没有开通过什么视频会员", "web"),
    "the same sum": facts("2", "请退钱", "app", category="wrong_charge", amount=50.0),
    "the same day": facts("2", "话费不对,请查一查", "web", date(2026, 11, 28), category="billing_anomaly", occurred="2026-10-15"),
    "misheard words": facts("2", "上个月画费多扣了五十块钱,我根本没开通食品会员"),
    "another phone": facts("2", "上个月话费多扣了五十块钱,我根本没开通视频会员", category="billing_anomaly", amount=50, occurred="last_month", phone="13900139000"),
}
OTHERS = {
    "another trouble": facts("2", "家里宽带断网三天了没人来修", category="service_outage"),
    "another sum": facts("2", "账单多了一百二十元", category="billing_anomaly", amount=120),
    "another month": facts("2", "话费又不对了", category="billing_anomaly", occurred="2026-6-3"),
    "long ago": facts("2", "上个月话费多扣了五十块钱,我根本没开通视频会员", filed=date(2026, 9, 1), category="billing_anomaly", amount=50),
    "phone and kind alone": facts("2", "请回电话", category="billing_anomaly"),
    "somebody else's": facts("2", "这个月网速很慢", phone="13900139000", category="slow_network"),
    "itself": facts("1", "上个月话费多扣了五十块钱", category="billing_anomaly", amount=50),
}


@pytest.mark.parametrize("name", SAME)
def test_one_trouble_by_two_channels_is_offered(name: str) -> None:
    (found,) = candidates(SPOKEN, [SAME[name]])
    assert found.number == "2" and found.reasons


@pytest.mark.parametrize("name", OTHERS)
def test_two_troubles_are_not(name: str) -> None:
    assert candidates(SPOKEN, [OTHERS[name]]) == []


def test_the_likeliest_comes_first_with_its_strongest_reason() -> None:
    less, more = facts("2", "请退钱", category="wrong_charge", amount=50), facts("3", "上个月话费多扣了五十块钱", category="billing_anomaly", amount=50)
    found = candidates(SPOKEN, [less, more])
    assert [one.number for one in found] == ["3", "2"] and found[0].reasons[0] == "phone"


@pytest.mark.parametrize(
    ("one", "other"),
    [("I was charged 50 yuan for a video service I never ordered", "they charged me fifty yuan for some video service that I never ordered"),
     ("客服态度非常恶劣,直接挂我电话", "打客服电话,客服态度恶劣还挂我电话")],
)
def test_stories_are_alike_in_other_words(one: str, other: str) -> None:
    assert words_alike(one, other) == words_alike(other, one) > 0.25
    assert words_alike(one, "My bill is higher than it should be") < 0.1 and words_alike(one, "") == 0


def test_a_call_and_a_web_form_meet(tmp_path: Path) -> None:
    with pages_in(tmp_path) as pages:
        number = pages.filed(pages.client())
        pages.records.append("CA1", ("call_started", {"from": "+8613800138000", "to": "10086"}))
        spoken = Form({"amount": Value("amount", 50)}, description="上个月多扣了我五十块钱").to_json()
        other = pages.records.file_complaint("CA1", spoken)
        (found,) = pages.reception.alike(other)
        assert (found.number, found.channel) == (number, "web") and {"phone", "amount", "words"} <= set(found.reasons)
        assert [one.number for one in pages.reception.alike(number)] == [other]


@pytest.mark.parametrize(("source", "channel"), [("web-0a", "web"), ("counter-01-02", "counter"), ("import-0", "import"), ("CA0123", "phone"), ("web", "web")])
def test_the_channel_is_known_by_the_source(source: str, channel: str) -> None:
    assert channel_of(source) == channel

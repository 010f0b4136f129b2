"""The proposed summary: the form in sentences of either language, without anybody's number."""

from __future__ import annotations

import pytest

from agent_assist.form import Form, Value
from agent_assist.summary import propose

WORDS = {
    "field.amount": "金额", "field.occurred": "时间", "field.evidence": "证据", "field.resolution": "诉求",
    "field.location": "地点", "value.refund": "退款", "value.sms": "短信", "value.bill": "账单",
}  # fmt: skip


def said(key: str) -> str:
    return WORDS.get(key, key)


def form(description: str = "", **values: object) -> Form:
    filled, _ = Form(description=description).take([Value(name, value) for name, value in values.items()])
    return filled


def test_what_happened_comes_first_then_what_is_known_and_wanted() -> None:
    one = form("上个月多扣了五十块钱。", amount=50, occurred="last_wed", evidence=["sms", "bill"], resolution=["refund"])
    assert propose(one, "zh", said, "收费错误") == (
        "收费错误：上个月多扣了五十块钱；金额：¥50；时间：上周三；证据：短信、账单；诉求：退款。"
    )


def test_numbers_of_persons_are_masked_and_fields_that_identify_left_out() -> None:
    one = form("请打一三八零零一三八零零零找我", phone="13800138000", id_number="11010519491231002X", name="王芳")
    text = propose(one, "zh", said)
    assert "13800138000" not in text and "11010519" not in text and "王芳" not in text
    assert "一三八零零一三八零零零" not in text


def test_english_and_an_empty_form() -> None:
    assert propose(form("charged twice", amount=12.5, occurred="3_days_ago"), "en", lambda key: key) == (
        "charged twice; field.amount: ¥12.5; field.occurred: 3 days ago."
    )
    assert propose(form(), "zh", said) == ""


@pytest.mark.parametrize(("name", "zh"), [("2025-10", "2025年10月"), ("10-3", "10月3日"), ("2_weeks_ago", "2周前")])
def test_times_are_said_as_people_say_them(name: str, zh: str) -> None:
    assert propose(form(occurred=name), "zh", said) == f"时间：{zh}。"

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.numberplan import is_complaint_number, is_id_number, is_landline, is_mobile, is_phone

ON = datetime.date(2026, 11, 23)


@pytest.mark.parametrize("digits", ["13800138000", "19912345678", "17765432109"])
def test_mobiles(digits):
    assert is_mobile(digits) and is_phone(digits)


@pytest.mark.parametrize("digits", ["1380013800", "138001380001", "12345678901", "23800138000", "１３８００１３８０００", ""])
def test_not_mobiles(digits):
    assert not is_mobile(digits)


def test_landlines_have_their_area_code():
    assert is_landline("01088886666") and is_landline("075526880000") and not is_landline("88886666")


@pytest.mark.parametrize(("digits", "fits"), [
    ("202611220001", True), ("202611230001", True), ("202611240001", False),  # tomorrow
    ("202602300001", False), ("20261122000", False), ("2026112200010", True), ("199911220001", False)])
def test_complaint_numbers(digits, fits):
    assert is_complaint_number(digits, ON) is fits


def test_the_check_character_of_an_identity_number():
    assert is_id_number("11010519491231002X") and is_id_number("11010519491231002x")
    assert not is_id_number("110105194912310021") and not is_id_number("11010519491331002X")


@given(st.text())
def test_any_text_has_an_answer(text):
    assert not (is_phone(text) and is_id_number(text))
    is_complaint_number(text, ON)

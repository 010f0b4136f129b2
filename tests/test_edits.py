"""What an agent writes: checked by its kind, kept against later speech, on record with what was heard."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.edits import CHOICES, EditError, checked
from agent_assist.form import FIELDS, Form, Value
from ivr.call import form_of
from tests.house import House, house_in
from tests.signed_in import client_of

ON = datetime.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("field", "given", "value"),
    [
        ("phone", "138-0013 8000", "13800138000"),
        ("phone", "+86 13800138000", "13800138000"),
        ("phone", "010-62345678", "01062345678"),
        ("id_number", "11010519491231002x", "11010519491231002X"),
        ("amount", "¥1,250.50", 1250.5),
        ("amount", "50元", 50),
        ("amount", 12.8, 12.8),
        ("occurred", "2026-10-03", "2026-10-3"),
        ("occurred", "2026年9月", "2026-9"),
        ("occurred", "上周三", "last_wed"),
        ("occurred", "last month", "last_month"),
        ("category", "slow_network", "slow_network"),
        ("evidence", ["bill", "sms", "bill"], ["bill", "sms"]),
        ("complaint_number", "20261120 0012", "202611200012"),
        ("name", "  王  小明 ", "王 小明"),
    ],
)
def test_what_is_taken(field: str, given: object, value: object) -> None:
    assert checked(field, given, ON) == value


@pytest.mark.parametrize(
    ("field", "given", "why"),
    [
        ("phone", "1380013800", "edit.phone"),
        ("phone", "", "edit.empty"),
        ("id_number", "110105194912310021", "edit.id_number"),
        ("amount", "0", "edit.amount"),
        ("amount", "-5", "edit.amount"),
        ("amount", "1e9", "edit.amount"),
        ("amount", "1,25", "edit.amount"),
        ("occurred", "2026-12-01", "edit.occurred_future"),
        ("occurred", "2026-02-30", "edit.occurred"),
        ("occurred", "someday", "edit.occurred"),
        ("category", "taxes", "edit.choose"),
        ("evidence", [], "edit.choose"),
        ("evidence", "bill", "edit.choose"),
        ("resolution", [["refund"]], "edit.choose"),
        ("complaint_number", "202613450001", "edit.complaint_number"),
        ("name", "x" * 81, "edit.text"),
        ("name", "a\x00b", "edit.text"),
        ("location", {"a": 1}, "edit.empty"),
        ("name", True, "edit.empty"),
    ],
)
def test_what_is_refused(field: str, given: object, why: str) -> None:
    with pytest.raises(EditError, match=why):
        checked(field, given, ON)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(field=st.sampled_from(FIELDS), content=ANYTHING)
def test_anything_else_is_taken_or_refused_and_never_a_fault(field: str, content: object) -> None:
    try:
        value = checked(field, content, ON)
    except EditError:
        return
    if field in CHOICES:
        assert set([value] if isinstance(value, str) else value) <= set(CHOICES[field])
    Value(field, value, "edited")


def test_the_agents_word_stands_and_what_was_said_besides_is_known() -> None:
    form, _ = Form().take([Value("amount", 50, "heard")])
    form, _ = form.take([Value("amount", 60, "edited")])
    said = [Value("amount", 70, "heard"), Value("amount", 60, "confirmed")]
    after, changed = form.take(said)
    assert (after.get("amount"), changed) == (60, [])
    assert form.contradicts(said) == [said[0]]


# -- on the line -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    with house_in(folder) as house:
        house.app.config["WTF_CSRF_ENABLED"] = False
        yield house


def heard(field: str, value: object, state: str = "heard") -> tuple[str, dict]:
    return "field_heard", {"field": field, "value": value, "state": state, "source": None}


def change(house: House, call: str, field: str, act: str, value: object = None) -> int:
    client = client_of(house.app, house.users)
    return client.post(f"/desk/calls/{call}/fields/{field}", json={"act": act, "value": value}).status_code


def test_edit_confirm_and_reject_are_on_record_with_who(house: House) -> None:
    started = ("call_started", {"from": "+8613800138000", "to": "10086"})
    house.records.append("CA1", started, heard("amount", 50), heard("category", "slow_network"), heard("name", "王"))
    assert change(house, "CA1", "amount", "edit", "60") == 200
    assert change(house, "CA1", "category", "confirm") == 200
    assert change(house, "CA1", "name", "reject") == 200
    assert change(house, "CA1", "name", "confirm") == 409, "there is nothing to confirm"
    assert change(house, "CA1", "amount", "edit", "none") == 422
    assert change(house, "CA1", "colour", "edit", "red") == 400
    assert change(house, "CA404", "amount", "edit", "60") == 404
    house.records.append("CA1", heard("amount", 70))
    events = house.records.events("CA1")
    form = form_of(events)
    assert form.get("amount") == 60, "the agent's value outlives later speech"
    assert (form.values["category"].state, form.get("name")) == ("confirmed", None)
    by_hand = [(event.kind, event.data["who"]) for event in events if event.data.get("who")]
    assert by_hand == [("field_edited", "wang"), ("field_confirmed", "wang"), ("field_rejected", "wang")]
    assert [event.data["value"] for event in events if event.data.get("field") == "amount"] == [50, 60, 70]


def test_an_edit_after_the_call_reaches_what_was_filed(house: House) -> None:
    started = ("call_started", {"from": "+8613800138000", "to": "10086"})
    house.records.append("CA2", started, heard("amount", 50))
    number = house.records.file_complaint("CA2", form_of(house.records.events("CA2")).to_json())
    house.records.append("CA2", ("call_ended", {"status": "completed"}))
    assert change(house, "CA2", "amount", "edit", "80") == 200
    assert change(house, "CA2", "amount", "reject") == 200
    assert change(house, "CA2", "amount", "edit", "90") == 200
    filed = house.records.complaint(number)
    assert filed and filed.form["fields"]["amount"] == {"value": 90, "state": "edited", "source": None}

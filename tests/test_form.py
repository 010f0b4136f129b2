import pytest

from agent_assist.form import FIELDS, Form, Source, Value

SOURCE = Source(1, "五十块", (3, 6), 1.5, 2.25, "text", 0.9, (60,))


def test_every_field_is_in_the_json_and_a_missing_one_says_so():
    data = Form().to_json()
    assert tuple(data["fields"]) == FIELDS
    assert data == {"intent": "complain", "description": "",
                    "fields": {name: {"value": None, "state": "missing", "source": None} for name in FIELDS}}


def test_json_both_ways():
    form, _ = Form(intent="status").take([Value("amount", 50, source=SOURCE), Value("evidence", ["sms"], "edited")])
    assert Form.from_json(form.to_json()) == form


def test_later_speech_corrects_what_was_heard():
    form, _ = Form().take([Value("amount", 50, source=SOURCE)])
    form, changed = form.take([Value("amount", 60, source=SOURCE)])
    assert form.get("amount") == 60 and [v.field for v in changed] == ["amount"]


@pytest.mark.parametrize("state", ["confirmed", "edited"])
def test_speech_never_changes_what_was_confirmed_or_edited(state):
    form, _ = Form().take([Value("phone", "13800138000", state)])
    after, changed = form.take([Value("phone", "13912345678")])
    assert after == form and changed == []


def test_only_an_edit_changes_an_edit():
    form, _ = Form().take([Value("phone", "13800138000", "edited")])
    assert form.take([Value("phone", "13912345678", "confirmed")])[1] == []
    assert form.take([Value("phone", "13912345678", "edited")])[0].get("phone") == "13912345678"


def test_lists_unite_in_order_of_mention():
    form, _ = Form().take([Value("evidence", ["sms", "bill"])])
    form, changed = form.take([Value("evidence", ["contract", "sms"])])
    assert form.get("evidence") == ["sms", "bill", "contract"] == changed[0].value
    assert form.take([Value("evidence", ["bill"])])[1] == []


def test_a_much_worse_hearing_does_not_replace_a_good_one():
    form, _ = Form().take([Value("phone", "13800138000", source=SOURCE)])
    bad = Source(2, "", None, 3, 4, "digits", 0.3)
    assert form.take([Value("phone", "13912345678", source=bad)])[1] == []


def test_less_of_a_place_does_not_replace_more():
    form, _ = Form().take([Value("location", "北京朝阳区", source=SOURCE)])
    assert form.take([Value("location", "北京", source=SOURCE)])[1] == []


def test_unknown_names_are_refused():
    with pytest.raises(ValueError):
        Value("colour", "red")
    with pytest.raises(ValueError):
        Value("phone", "1", "guessed")
    with pytest.raises(ValueError):
        Form.from_json({"intent": "sing", "fields": {}})


def test_missing_fields_in_order():
    form, _ = Form().take([Value("phone", "13800138000")])
    assert form.missing() == tuple(name for name in FIELDS if name != "phone")

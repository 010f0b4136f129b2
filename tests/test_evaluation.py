"""What counts as right, wrong, missing and invented, and what shares of it are worth."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist import evaluation, transcript
from agent_assist.evaluation import Caller, Judgement, Turn, facts, judge, wilson
from agent_assist.form import FIELDS, INTENTS, Form, Source, Value

ON = datetime.date(2026, 11, 23)
TEXTS = st.text(max_size=12)


def form(intent: str = "complain", **values) -> Form:
    return Form({name: Value(name, value) for name, value in values.items()}, intent)


def kinds(expected: dict, held: Form, lang: str = "zh") -> dict[str, str]:
    return {one.field: one.kind for one in judge(facts(expected), held, ON, lang)}


def kind(name: str, said: object, got: object, lang: str = "zh") -> str:
    field = "complaint_number" if name == "number" else name
    return kinds({name: said}, form(**{field: got}), lang)[name]


def test_a_value_is_right_wrong_missing_or_invented() -> None:
    expected = {"name": "王小明", "phone": "13800138000", "amount": 50}
    held = form(name="王小明", phone="13800138001", category="slow_network")
    assert kinds(expected, held) == {"category": "invented", "phone": "wrong", "name": "right", "amount": "missing"}


def test_where_nothing_was_said_and_nothing_is_held_there_is_nothing_to_judge() -> None:
    assert kinds({"name": None, "evidence": []}, form()) == {}


@pytest.mark.parametrize(
    ("name", "said", "got"),
    [
        ("phone", "+86 138-0013 8000", "13800138000"),
        ("phone", 13800138000, "13800138000"),
        ("phone", "一三八零零一三八零零零", "13800138000"),
        ("number", "20261122 0001", "202611220001"),
        ("id_number", "11010519491231002x", "11010519491231002X"),
        ("amount", 50, 50.0),
        ("amount", "12.50", 12.5),
        ("name", "Jane  Smith", "jane smith"),
        ("occurred", "last_month", "10"),
        ("occurred", "上个月", "last_month"),
        ("occurred", "昨天晚上", "yesterday"),
        ("occurred", "3-5", "3-5"),
        ("occurred", "很久以前", "很久以前"),
        ("location", "上海浦东新区", "上海市浦东"),
        ("location", "广西南宁", "广西壮族自治区南宁市"),
        ("evidence", "sms+bill", ["bill", "sms"]),
        ("resolution", ["refund"], ["refund"]),
        ("category", "wrong_charge|billing_anomaly", "billing_anomaly"),
        ("evidence", "sms|sms+bill", ["bill", "sms"]),
    ],
)
def test_the_same_written_otherwise_is_right(name: str, said: object, got: object) -> None:
    assert kind(name, said, got) == "right"


@pytest.mark.parametrize(
    ("name", "said", "got"),
    [
        ("phone", "13800138000", "13800138001"),
        ("amount", 50, 500),
        ("name", "王小明", "王晓明"),
        ("occurred", "last_month", "this_month"),
        ("occurred", "3-5", "3-15"),
        ("location", "北京朝阳区", "北京"),
        ("location", "沙市区", "长沙"),
        ("location", "、", "长沙"),
        ("category", "slow_network", "service_outage"),
        ("evidence", "sms+bill", ["sms"]),
        ("resolution", "refund", ["refund", "apology"]),
        ("category", "wrong_charge|billing_anomaly", "slow_network"),
    ],
)
def test_another_value_is_wrong(name: str, said: object, got: object) -> None:
    assert kind(name, said, got) == "wrong"


def test_english_places_may_be_said_in_another_order() -> None:
    assert kind("location", "Beijing, Chaoyang", "chaoyang district in beijing", "en") == "right"
    assert kind("location", "Chaoyang district, Beijing", "beijing", "en") == "wrong"


def test_english_times_are_resolved_in_english() -> None:
    assert kind("occurred", "last Wednesday", "last_wed", "en") == "right"


def test_each_of_several_values_is_judged_by_itself() -> None:
    (one,) = judge(facts({"resolution": "refund+apology"}), form(resolution=["refund", "repair"]), ON, "zh")
    assert (one.kind, dict(one.parts)) == ("wrong", {"refund": "right", "apology": "missing", "repair": "invented"})


@pytest.mark.parametrize(
    ("said", "heard", "found"),
    [
        ("status", "status", {"intent": "right"}),
        ("status", "agent", {"intent": "wrong"}),
        ("status", "complain", {"intent": "missing"}),
        (None, "agent", {"intent": "invented"}),
        (None, "complain", {}),
        ("complain", "complain", {"intent": "right"}),
        ("complain", "status", {"intent": "wrong"}),
    ],
)
def test_a_complaint_is_what_a_call_is_for_until_something_else_is_heard(said, heard, found) -> None:
    assert kinds({"intent": said}, form(heard)) == found


def test_a_question_mark_leaves_a_field_uncounted() -> None:
    assert kinds({"location": "?", "name": "?"}, form(location="北京")) == {}


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"telephone": "1"}, ["'telephone'", "phone", "resolution", "number"]),
        ({"category": "slow"}, ["category", "'slow'", "slow_network"]),
        ({"evidence": "sms+letter"}, ["evidence", "'letter'", "contract"]),
        ({"intent": "complaint"}, ["intent", "complain", "escalate"]),
        ({"amount": "fifty"}, ["amount", "12.5"]),
        ({"amount": True}, ["amount"]),
        ({"amount": float("nan")}, ["amount"]),
        ({"name": "|"}, ["name", "a|b"]),
        ({"phone": "none"}, ["phone", "digit"]),
        ({"name": {"first": "Jane"}}, ["name", "dict"]),
    ],
)
def test_what_cannot_be_expected_is_refused_with_what_can(expected: dict, words: list[str]) -> None:
    with pytest.raises(ValueError) as refusal:
        facts(expected)
    assert [word for word in words if word not in str(refusal.value)] == []


def test_a_refusal_repeats_no_personal_value() -> None:
    with pytest.raises(ValueError) as refusal:
        facts({"amount": "13800138000 yuan"})
    assert "138" not in str(refusal.value)


@given(st.dictionaries(st.sampled_from(evaluation.FIELDS), TEXTS | st.none() | st.integers() | st.floats() | st.lists(TEXTS)))
def test_expectations_are_understood_or_refused(expected: dict) -> None:
    try:
        found = facts(expected)
    except ValueError:
        return
    assert set(found) <= set(expected)


@given(
    st.dictionaries(st.sampled_from(["phone", "name", "occurred", "location", "number"]), TEXTS),
    st.dictionaries(st.sampled_from([name for name in FIELDS if name not in ("amount", "evidence", "resolution")]), TEXTS),
    st.sampled_from(INTENTS),
    st.sampled_from(["zh", "en"]),
)
def test_any_form_can_be_judged_and_each_field_once(expected, values, intent, lang) -> None:
    try:
        want = facts(expected)
    except ValueError:
        return
    judged = judge(want, form(intent, **values), ON, lang)
    assert {one.field for one in judged} >= set(want)
    assert len({one.field for one in judged}) == len(judged)


@given(st.dictionaries(st.sampled_from(["name", "occurred", "location", "category"]), st.text(st.characters(codec="utf-8", exclude_characters="|"), min_size=1, max_size=12)), st.sampled_from(["zh", "en"]))
def test_a_form_that_holds_what_was_said_is_right(values: dict, lang: str) -> None:
    expected = {name: value for name, value in values.items() if name != "category" and value != evaluation.UNJUDGED}
    assert set(kinds(expected, form(**expected), lang).values()) <= {"right"}


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Newcombe 1998, table I: the score interval of 81/263, 15/148, 0/20, 1/29.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_wilsons_interval_holds_the_share(pair: tuple[int, int]) -> None:
    count, of = pair
    low, high = wilson(count, of)
    assert 0 <= low <= (count / of if of else 0.5) <= high <= 1


@given(st.integers(1, 100), st.integers(1, 20))
def test_more_callers_narrow_the_interval(count: int, times: int) -> None:
    few, many = wilson(count, 2 * count), wilson(count * (times + 1), 2 * count * (times + 1))
    assert many[1] - many[0] < few[1] - few[0]


JUDGEMENTS = st.builds(
    lambda name, kind: Judgement(name, kind, None, None, parts=(("sms", "right"), ("bill", "missing")) if name == "evidence" else ()),
    st.sampled_from(evaluation.FIELDS), st.sampled_from(evaluation.KINDS),
)  # fmt: skip
CALLERS = st.lists(
    st.builds(lambda voice, judgements: Caller("d01", 1, "zh", voice, tuple(judgements), ()), st.sampled_from(["a", "b", "c"]), st.lists(JUDGEMENTS, max_size=8)),
    max_size=12,
)  # fmt: skip


@given(CALLERS)
def test_voices_add_up_to_the_whole(callers: list[Caller]) -> None:
    whole, voices = evaluation.score(callers), evaluation.by_voice(callers)
    for kind in evaluation.KINDS:
        assert sum(one.all.kinds[kind] for one in voices.values()) == whole.all.kinds[kind]
        assert whole.all.kinds[kind] == sum(judged.kind == kind for caller in callers for judged in caller.judgements)


def test_shares_are_of_what_was_told_and_of_what_is_held() -> None:
    made = [Judgement("phone", one, None, None) for one in ["right"] * 6 + ["wrong", "missing", "invented", "invented"]]
    tally = evaluation.score([Caller("d01", 1, "zh", "", tuple(made), ())]).fields["phone"]
    assert (tally.told, tally.rate) == (8, 6 / 8)
    assert (tally.filled, tally.invention) == (9, 2 / 9)


def test_a_miss_belongs_to_the_answer_it_came_from_or_was_asked_in() -> None:
    turns = (Turn("problem", None, ("a", "b"), first=1), Turn("phone", None, ("c",), first=3))
    source = Source(2, "b", (0, 1), 0.0, 1.0, "text")
    caller = Caller("d01", 1, "zh", "", (), turns)
    assert caller.turn(Judgement("phone", "wrong", "1", "2", source)) == 0
    assert caller.turn(Judgement("phone", "missing", "1", None)) == 1
    assert caller.turn(Judgement("name", "missing", "1", None)) == 0


@pytest.mark.parametrize(
    ("said", "heard", "lang", "units", "of"),
    [
        ("号码是一三八。", "号码 是 138", "zh", 0, 6),
        ("幺二零〇", "1 2 0 0", "zh", 0, 4),
        ("上个月多扣了五十块", "上个月 都 可 五十块", "zh", 3, 9),
        ("没有信号", "", "zh", 4, 4),
        ("It's one three eight, OK?", "its 138 ok", "en", 0, 5),
        ("please fix the network", "please mix network", "en", 2, 4),
    ],
)
def test_errors_of_a_transcript_are_counted_by_character_or_word(said, heard, lang, units, of) -> None:
    assert transcript.error(said, heard, lang) == transcript.Error(units, of)


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["zh", "en"]))
def test_a_transcript_is_no_farther_off_than_all_of_both(said: str, heard: str, lang: str) -> None:
    found = transcript.error(said, heard, lang)
    assert 0 <= found.units <= max(found.of, len(transcript.units(heard, lang)))
    assert transcript.error(said, said, lang).units == 0


def test_an_answer_without_dictation_has_no_transcript_to_judge() -> None:
    turn = Turn("phone", "一三八", ("",), dictated=False)
    assert evaluation.score([Caller("d01", 1, "zh", "", (), (turn,))]).transcripts == {}

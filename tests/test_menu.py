"""The menu machine: whole conversations as tables, and a random walk that must always come to an end."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.form import FIELDS
from ivr.menu import Menu
from ivr.faults import SAY_LIMIT
from ivr.state import State
from ivr.steps import (
    Close,
    Closed,
    Enqueue,
    Event,
    Facts,
    Failed,
    File,
    Filed,
    Hangup,
    Heard,
    HungUp,
    Key,
    Listen,
    LookedUp,
    LookUp,
    Promise,
    Promised,
    Escalate,
    Escalated,
    Redirect,
    Say,
    Silence,
    Started,
)
from ivr.terms import INTAKE, QUESTIONS, READ_BACK
from ivr.twiml import DOCUMENT_LIMIT, Urls, Voice
from tests.phone import BASE, SCRIPT

MENU = Menu(SCRIPT)
VOICE = Voice(SCRIPT, Urls(BASE))
NUMBER = "202611230001"


def heard(*filled: str, known: str = "", category: str | None = None, **more) -> Heard:
    """An utterance that filled these fields; ``known``: what was known before."""
    names = tuple(dict.fromkeys([*known.split(), *filled]))
    if "category" in names and category is None:
        category = "billing_anomaly"
    number = NUMBER if "complaint_number" in names else None
    return Heard(filled=filled, facts=Facts(names, category, number), told=more.pop("told", bool(filled)), **more)


def key(digits: str, *filled: str, known: str = "", category: str | None = None) -> Key:
    """A key that filled these fields."""
    event = heard(*filled, known=known, category=category)
    return Key(digits, filled, event.facts)


def with_unsure(event: Heard | Key, field: str, value: str) -> Heard | Key:
    """The same with a value that is to be read back."""
    return replace(event, facts=replace(event.facts, unsure=((field, value),)))


OWN = "13700001111"
UNSURE = with_unsure(heard("phone", known="category amount"), "phone", "13800138000")
STORY = heard("category", "amount")
PHONE = heard("phone", known="category amount")
ALL = "category amount phone evidence resolution occurred"

CONVERSATIONS = {
    "a story is sorted by itself and asks for what lacks": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (PHONE, "evidence"),
        (heard("evidence", known="category amount phone"), "resolution"),
        (heard("resolution", known="category amount phone evidence"), "occurred"),
        (heard("occurred", known=ALL), "file"),
        (Filed(NUMBER), "end"),
    ],
    "what the story holds is not asked again": [
        (Started(), "language"),
        (Key("1"), "problem"),
        (heard(*ALL.split()), "file"),
    ],
    "a key picks the issue, then the story is told": [
        (Started(), "language"),
        (Key("2"), "problem"),
        (key("1"), "problem"),
        (heard("category"), "phone"),
    ],
    "an issue of one category needs no more sorting": [
        (Started(), "language"),
        (Silence(), "problem"),
        (key("4", "category", category="service_quality"), "problem"),
        (heard(known="category", category="service_quality", told=True), "occurred"),
    ],
    "an unsorted story gets one short choice by keys": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(told=True), "category"),
        (key("3"), "category"),
        (key("2", "category", category="slow_network"), "location"),
    ],
    "a story between two issues gets just these as a choice": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(told=True, close=("plan_change", "wrong_charge")), "category"),
        (key("2", "category", category="wrong_charge"), "phone"),
    ],
    "whom neither of the two issues fits chooses among all": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(told=True, close=("plan_change", "wrong_charge")), "category"),
        (key("3"), "category"),
        (key("3"), "category"),
        (key("2", "category", category="slow_network"), "location"),
    ],
    "without signal the place is asked first": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("category", category="service_outage"), "location"),
        (heard("location", known="category", category="service_outage"), "occurred"),
        (heard("occurred", known="category location", category="service_outage"), "phone"),
    ],
    "an unsorted story goes to a human when the choice does not help, and is filed": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(told=True), "category"),
        (Silence(), "category"),
        (Silence(), "category"),
        (Silence(), "file"),
        (Filed(NUMBER), "queue"),
    ],
    "keys answer the intake": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (key("13800138000", "phone", known="category amount"), "evidence"),
        (key("6", known="category amount phone"), "resolution"),
        (key("1", "resolution", known="category amount phone"), "occurred"),
    ],
    "a number that is no number is asked for again, and then by a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (heard(known="category"), "phone"),
        (key("123", known="category"), "phone"),
        (heard(known="category"), "file"),
        (Filed(NUMBER), "queue"),
    ],
    "an answer to another question is taken and the asked one is not asked twice": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (PHONE, "evidence"),
        (heard("resolution", known="category amount phone"), "occurred"),
        (heard(known="category amount phone resolution", told=True), "file"),
    ],
    "silence and misunderstanding are counted apart, the third of either leads to a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (Silence(), "phone"),
        (key("123", known="category amount"), "phone"),
        (Silence(), "phone"),
        (key("123", known="category amount"), "phone"),
        (Silence(), "file"),
        (Filed(NUMBER), "queue"),
    ],
    "silence is met twice by optional questions, then passed over": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (PHONE, "evidence"),
        (Silence(), "evidence"),
        (Silence(), "resolution"),
        (Silence(), "resolution"),
        (Silence(), "occurred"),
        (Silence(), "occurred"),
        (Silence(), "file"),
    ],
    "the number that they call from is offered first": [
        (Started(own=OWN), "language"),
        (Silence(), "problem"),
        (STORY, "confirm"),
        (key("1", "phone", known="category amount"), "evidence"),
    ],
    "another number than the one that they call from": [
        (Started(own=OWN), "language"),
        (Silence(), "problem"),
        (STORY, "confirm"),
        (key("2", known="category amount"), "phone"),
        (UNSURE, "confirm"),
        (key("1", known="category amount phone"), "evidence"),
    ],
    "a number said instead of yes or no is read back in its turn": [
        (Started(own=OWN), "language"),
        (Silence(), "problem"),
        (STORY, "confirm"),
        (UNSURE, "confirm"),
        (key("1", known="category amount phone"), "evidence"),
    ],
    "a number read back wrong is asked for again, the third time by a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (UNSURE, "confirm"),
        (key("2", known="category amount"), "phone"),
        (UNSURE, "confirm"),
        (key("2", known="category amount"), "phone"),
        (UNSURE, "confirm"),
        (key("2", known="category amount"), "file"),
    ],
    "silence to the number that they call from leads to the question for it": [
        (Started(own=OWN), "language"),
        (Silence(), "problem"),
        (STORY, "confirm"),
        (Silence(), "phone"),
    ],
    "silence to a number read back leaves it as it was heard": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (UNSURE, "confirm"),
        (Silence(), "confirm"),
        (Silence(), "evidence"),
    ],
    "who goes on telling instead of saying yes is not held up": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (UNSURE, "confirm"),
        (with_unsure(heard("evidence", known="category amount phone"), "phone", "13800138000"), "resolution"),
    ],
    "an ID number is asked for with consent only": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("category", "phone", category="plan_change"), "confirm"),
        (key("2", known="category phone", category="plan_change"), "occurred"),
    ],
    "an ID number is keyed and its end is read back": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("category", "phone", category="plan_change"), "confirm"),
        (key("1", known="category phone", category="plan_change"), "id_number"),
        (with_unsure(key("11010519491231002*", "id_number", known="category phone", category="plan_change"),
                     "id_number", "11010519491231002X"), "confirm"),
        (key("1", known="category phone id_number", category="plan_change"), "occurred"),
    ],
    "whoever says nothing at all reaches a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (Silence(), "problem"),
        (Silence(), "problem"),
        (Silence(), "queue"),
    ],
    "whoever is not understood reaches a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(), "problem"),
        (key("7"), "problem"),
        (heard(), "queue"),
    ],
    "0 at the menu goes to a human at once": [(Started(), "language"), (Key("0"), "queue")],
    "a human asked for in words": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(intent="agent"), "queue"),
    ],
    "0 in mid-intake files first, then goes to a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (STORY, "phone"),
        (key("0", known="category amount"), "file"),
        (Filed(NUMBER), "queue"),
    ],
    "status by number": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(intent="status"), "number"),
        (heard("complaint_number"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08"), "higher"),
        (Silence(), "higher"),
        (Silence(), "higher"),
        (Silence(), "end"),
    ],
    "status only to who has the phone number on it": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(intent="status"), "number"),
        (heard("complaint_number"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08", mine=False), "holder"),
        (heard("phone", known="complaint_number"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08", mine=False), "holder"),
        (heard("phone", known="complaint_number"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08"), "higher"),
    ],
    "three wrong phone numbers lead to a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("complaint_number", intent="status"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08", mine=False), "holder"),
        (heard("phone", known="complaint_number"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08", mine=False), "holder"),
        (heard("phone", known="complaint_number"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08", mine=False), "holder"),
        (heard("phone", known="complaint_number"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08", mine=False), "queue"),
    ],
    "who guesses too often speaks to a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("complaint_number", intent="status"), "lookup"),
        (LookedUp(NUMBER, False, locked=True), "queue"),
    ],
    "a complaint is withdrawn only after a yes": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("complaint_number", intent="status"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08"), "higher"),
        (key("2"), "confirm"),
        (key("2"), "higher"),
        (key("2"), "confirm"),
        (heard(key="1", known="complaint_number"), "close"),
        (Closed(NUMBER), "end"),
    ],
    "an answer can be accepted once there is one": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("complaint_number", intent="status"), "lookup"),
        (LookedUp(NUMBER, True, "answered", "2026-12-08"), "higher"),
        (key("3"), "close"),
        (Closed(NUMBER), "end"),
    ],
    "without an answer there is nothing to accept": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("complaint_number", intent="status"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08"), "higher"),
        (key("3"), "higher"),
    ],
    "past the last level there is the regulator": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("complaint_number", intent="escalate"), "lookup"),
        (LookedUp(NUMBER, True, "escalated", "2026-12-08"), "escalating"),
        (Escalated(NUMBER, 0), "end"),
    ],
    "from the queue to a call-back": [
        (Started(own=OWN), "language"),
        (Key("0"), "queue"),
        (Key("1"), "confirm"),
        (heard(key="1"), "promise"),
        (Promised(), "end"),
    ],
    "a call-back to another number": [
        (Started(own=OWN), "language"),
        (Key("0"), "queue"),
        (heard(key="1"), "confirm"),
        (Key("2"), "callback"),
        (heard(given="13800138000"), "confirm"),
        (Key("1"), "promise"),
    ],
    "from the queue to a message": [
        (Started(), "language"),
        (Key("0"), "queue"),
        (Key("2"), "voicemail"),
        (heard(told=True), "end"),
    ],
    "from the queue back to the menu": [
        (Started(), "language"),
        (Key("0"), "queue"),
        (Key("#"), "problem"),
    ],
    "a key that means nothing in the queue changes nothing": [
        (Started(), "language"),
        (Key("0"), "queue"),
        (Key("7"), "queue"),
    ],
    "outside the hours the complaint is filed and a call-back offered": [
        (Started(own=OWN, opens="2026-11-24T08:00+08:00"), "language"),
        (Silence(), "problem"),
        (STORY, "confirm"),
        (key("0", known="category amount"), "file"),
        (Filed(NUMBER), "confirm"),
        (Key("1"), "confirm"),
        (Key("1"), "promise"),
        (Promised(), "end"),
    ],
    "who wants no call-back outside the hours is wished goodbye": [
        (Started(opens="2026-11-24T08:00+08:00"), "language"),
        (Key("0"), "confirm"),
        (Key("2"), "end"),
    ],
    "status, and then higher": [
        (Started(), "language"),
        (Silence(), "problem"),
        (key("5"), "number"),
        (key(NUMBER, "complaint_number"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08"), "higher"),
        (key("1"), "escalating"),
        (Escalated(NUMBER, 1), "queue"),
    ],
    "escalation, the number said along with the wish": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard("complaint_number", intent="escalate"), "lookup"),
        (LookedUp(NUMBER, True, "filed", "2026-12-08"), "escalating"),
        (Escalated(NUMBER, 1, sms=True), "queue"),
    ],
    "three numbers that do not exist lead to a human": [
        (Started(), "language"),
        (Silence(), "problem"),
        (heard(intent="status"), "number"),
        (heard("complaint_number"), "lookup"),
        (LookedUp(NUMBER, False), "number"),
        (heard("complaint_number"), "lookup"),
        (LookedUp(NUMBER, False), "number"),
        (heard("complaint_number"), "lookup"),
        (LookedUp(NUMBER, False), "queue"),
    ],
    "a story told before a language is chosen counts": [(Started(), "language"), (STORY, "phone")],
    "back and again": [
        (Started(), "language"),
        (Silence(), "problem"),
        (key("1"), "problem"),
        (key("#"), "problem"),
        (key("9"), "problem"),
        (STORY, "phone"),
        (PHONE, "evidence"),
        (key("#", known="category amount phone"), "phone"),
        (PHONE, "evidence"),
    ],
    "our own failure leads to a human": [(Started(), "language"), (Failed(), "queue")],
}


@pytest.mark.parametrize("talk", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_conversation(talk: list[tuple[Event, str]]) -> None:
    state = State()
    for number, (event, step) in enumerate(talk):
        state, _ = MENU.move(state, event)
        assert state.step == step, f"after {number}: {event}"
        sound(state)


def test_what_was_heard_before_a_question_fills_and_moves_nothing() -> None:
    state = at(Started(), Silence(), STORY)
    late, _ = MENU.move(state, heard("evidence", known="category amount", current=False))
    assert (late.step, late.turn) == (state.step, state.turn)
    assert "evidence" in late.known


def test_a_caller_who_is_talking_is_waited_for_in_silence() -> None:
    state = at(Started(), Silence())
    waiting, steps = MENU.move(state, Silence(speaking=True))
    assert waiting.turn == state.turn
    assert not steps[0].says and isinstance(steps[1], Redirect)
    for _ in range(SCRIPT.menu.longest_answer_s):
        waiting, _ = MENU.move(waiting, Silence(speaking=True))
    assert waiting.turn > state.turn, "noise must not hold the call for ever"


def test_the_recording_notice_cannot_be_interrupted() -> None:
    _, steps = MENU.move(State(), Started())
    notices = [step for step in steps if isinstance(step, Say)]
    assert [say.prompt for say in notices] == ["notice", "notice"]
    assert all(say.prompt != "notice" for step in steps if isinstance(step, Listen) for say in step.says)


def test_the_number_is_read_out_twice_and_before_any_agent() -> None:
    for then in (heard(*ALL.split()), key("0", known="category amount")):
        state = at(Started(), Silence(), STORY, then)
        assert MENU.steps(state) == (File(),)
        _, steps = MENU.move(state, Filed(NUMBER, sms=True))
        says = [step for step in steps if isinstance(step, Say)]
        assert sum(("number", NUMBER) in say.args for say in says) == 2


def test_a_choice_by_key_means_a_field() -> None:
    state = at(Started(), Silence())
    assert MENU.keypad.meaning(state, "4") == ("category", "service_quality")
    assert MENU.keypad.meaning(state, "1") is None, "two categories: the story decides"
    group = at(Started(), Silence(), heard(told=True), key("1"))
    assert MENU.keypad.meaning(group, "2") == ("category", "wrong_charge")
    evidence = at(Started(), Silence(), STORY, PHONE)
    assert MENU.keypad.meaning(evidence, "2") == ("evidence", "bill")
    assert MENU.keypad.meaning(evidence, "6") is None


def test_in_a_language_that_is_not_understood_keys_do_the_work() -> None:
    menu = Menu(SCRIPT, hears=("zh",))
    state, asked = State(), []
    for event in (Started(), Key("2"), key("1"), key("2", "category", category="wrong_charge")):
        state, _ = menu.move(state, event)
        asked.append(state.step)
    assert asked == ["language", "problem", "category", "phone"]
    state, steps = menu.move(state, key("13800138000", "phone", known="category"))
    assert any(say.prompt == "option" for say in steps[0].says), "the keys are said at once"
    while state.step in QUESTIONS:
        assert state.step != "occurred", "no key answers it"
        state, _ = menu.move(state, Silence())
    assert (state.step, state.then) == ("file", "queue")


def test_no_message_is_offered_where_it_could_not_be_understood() -> None:
    menu, state = Menu(SCRIPT, hears=("zh",)), State()
    for event in (Started(), Key("2"), Key("0"), Key("2")):
        state, _ = menu.move(state, event)
    assert (state.lang, state.step) == ("en", "queue")
    assert "voicemail" not in menu.keypad.phrases(state)


def at(*events: Event) -> State:
    """The state after these events."""
    state = State()
    for event in events:
        state, _ = MENU.move(state, event)
    return state


def sound(state: State) -> None:
    """The state is kept by JSON, and what is said in it is a document the carrier can take and go on from."""
    assert State.from_json(json.loads(json.dumps(state.to_json()))) == state
    steps = MENU.steps(state)
    if isinstance(steps[0], File | LookUp | Escalate | Close | Promise):
        return
    text = VOICE.document(steps, state.lang, "token")
    assert len(text.encode()) <= DOCUMENT_LIMIT
    root = ElementTree.fromstring(text)
    assert root[-1].tag in ("Redirect", "Hangup"), "a document without a next verb ends the call"
    assert all(len(say.text) <= SAY_LIMIT for say in root.iter("Say"))
    assert len(root.findall("Gather")) <= 1


VALUES = {"phone": "13800138000", "amount": "50", "id_number": "11010519491231002X"}
fields = st.lists(st.sampled_from(FIELDS), max_size=3).map(tuple)
events = st.one_of(
    st.builds(Silence, speaking=st.booleans()),
    st.tuples(st.sampled_from([*"0123456789*#", "", "13800138000", NUMBER, "12345"]), fields),
    st.builds(
        Heard,
        filled=fields,
        intent=st.sampled_from([None, None, "complain", "status", "escalate", "agent"]),
        option=st.sampled_from([None, None, *(option.name for option in SCRIPT.menu.options)]),
        language=st.sampled_from([None, None, "zh", "en"]),
        told=st.booleans(),
        key=st.sampled_from(["", "", *"0129#"]),
        given=st.sampled_from(["", "", "13800138000"]),
        current=st.booleans(),
    ),
    st.just(Failed()),
    st.just(HungUp()),
)


@settings(deadline=None)  # how long a walk takes says something about the machine it runs on only
@given(
    walk=st.lists(events, max_size=40),
    found=st.booleans(),
    hears=st.sampled_from([("zh",), ("zh", "en"), ()]),
    tail=st.sampled_from(["silence", "noise", "babble"]),
    mine=st.booleans(),
    own=st.sampled_from(["", OWN]),
    opens=st.sampled_from(["", "", "2026-11-24T08:00+08:00"]),
)
def test_every_walk_reaches_a_human_or_an_ending(
    walk: list, found: bool, hears: tuple, tail: str, mine: bool, own: str, opens: str
) -> None:
    menu = Menu(SCRIPT, hears)
    state, _ = menu.move(State(), Started(own, opens))
    known: set[str] = set()
    sure: set[str] = set()
    answered: set[str] = set()
    went_back = False

    def move(event: Event) -> None:
        nonlocal state
        before = state
        state, steps = menu.move(state, event)
        assert state.turn >= before.turn
        if state.turn != before.turn:
            sound(state)
        if state.step in INTAKE and state.step != before.step and not went_back:
            assert state.step not in answered, "asked again after it was answered"
            assert INTAKE[state.step] not in state.known, "asked although it is known"
        match steps[0]:
            case File():
                move(Filed(NUMBER, sms=found))
            case LookUp():
                due = "2026-12-08" if found else ""
                move(LookedUp(NUMBER, found, "answered" if found else "", due, mine, due, locked=not found and mine))
            case Escalate():
                move(Escalated(NUMBER, int(mine)))
            case Close():
                move(Closed(NUMBER, sms=found))
            case Promise():
                assert steps[0].number, "a call-back to nobody"
                move(Promised())

    def facts() -> Facts:
        unsure = tuple((name, VALUES[name]) for name in READ_BACK if name in known - sure)
        category = "billing_anomaly" if "category" in known else None
        return Facts(tuple(sorted(known)), category, NUMBER if "complaint_number" in known else None, unsure)

    for event in walk:
        if isinstance(event, tuple):
            digits, filled = event
            went_back = went_back or digits == SCRIPT.menu.back_key
            meaning = menu.keypad.meaning(state, digits)
            filled = (meaning[0],) if meaning else filled if len(digits) > 4 else ()
            event = Key(digits, filled, given="13800138000" if len(digits) == 11 else "")
        if isinstance(event, Key | Heard):
            known |= set(event.filled)
            pressed = event.digits if isinstance(event, Key) else event.key if event.current else ""
            if state.step == "confirm" and pressed == "1":
                known |= {"phone"} if state.about == "own" else set()
                sure.add("phone" if state.about == "own" else state.about)
            refused = menu.keypad.refused(state, pressed)
            if refused:
                known.discard(refused)
                answered.discard(refused)
            event = replace(event, facts=facts())
            if state.step in INTAKE and INTAKE[state.step] in event.filled:
                answered.add(state.step)
        move(event)

    ends = {"silence": Silence(), "noise": Silence(speaking=True), "babble": Heard(told=True)}
    for _ in range(40 * len(QUESTIONS)):
        if state.step in ("queue", "end", "gone"):
            break
        event = ends[tail]
        move(replace(event, facts=facts()) if isinstance(event, Heard) else event)
        if tail == "babble":  # words that lead nowhere at the language question wait for its time-out
            move(Silence())
    assert isinstance(menu.steps(state)[-1], Enqueue | Hangup)

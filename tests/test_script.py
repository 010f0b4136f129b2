"""The script of hotline.toml: what does not fit together is named with key, value and remedy."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from agent_assist.form import FIELDS, Form, Value
from ivr.faults import LINE_PROMPTS
from ivr.script import Script
from ivr.terms import INTAKE, LANGS, QUESTIONS
from tests.phone import SCRIPT, sections


def test_the_projects_script_is_whole() -> None:
    script = Script(**sections())
    assert script.asks(None)[0] == "phone" and script.asks("service_outage")[0] == "location"
    assert set(script.questions) <= set(QUESTIONS)
    assert set(INTAKE.values()) <= set(FIELDS)


def test_every_prompt_exists_in_both_languages_and_is_short() -> None:
    assert set(SCRIPT.prompts.zh) == set(SCRIPT.prompts.en)
    spoken = {lang: [text for name, text in SCRIPT.prompts.of(lang).items() if name[:4] != "sms_"] for lang in LANGS}
    longest = {lang: max(map(len, texts)) for lang, texts in spoken.items()}
    assert longest["zh"] <= 60 and longest["en"] <= 160, "a caller listens to every word"


def broken(change: Callable[[dict], None]) -> str:
    """What is said of the project's script after this change."""
    document = copy.deepcopy(sections())
    change(document)
    with pytest.raises(ValidationError) as told:
        Script(**document)
    return str(told.value)


def put(*path: str | int, value: object) -> Callable[[dict], None]:
    """Set the value at a path."""

    def change(document: dict) -> None:
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[dict], None]:
    """Remove what is at a path."""

    def change(document: dict) -> None:
        for part in path[:-1]:
            document = document[part]
        del document[path[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop("prompts", "en", "phone"), ["prompts.en.phone: missing"]),
        (drop("prompts", "zh", "evidence_silent"), ["prompts.zh.evidence_silent: missing"]),
        (drop("prompts", "zh", "goodbye"), ["prompts.zh.goodbye: missing"]),
        (put("prompts", "zh", "phon", value="x"), ["prompts.zh.phon: nothing says it"]),
        (put("prompts", "en", "phone", value="x" * 3001), ["prompts.en.phone: 3001 characters", "shorten"]),
        (put("prompts", "en", "filed", value="x" * 2950 + "{number}"), ["prompts.en.filed", "shorten"]),
        (put("prompts", "en", "filed", value="done"), ["prompts.en.filed: {number} is missing"]),
        (put("prompts", "en", "filed", value="{nummer} {number}"), ["{nummer} is not known", "{number}"]),
        (put("prompts", "en", "filed", value="{number"), ["prompts.en.filed", "braces"]),
        (put("menu", "options", 1, "key", value="1"), ["menu.options.plans: key '1' is already used by menu.options.charges"]),
        (put("menu", "options", 0, "key", value="0"), ["key '0' is already used", "menu.agent_key"]),
        (put("menu", "options", 0, "key", value="12"), ["menu.options.0.key"]),
        (put("menu", "options", 0, "skill", value="bills"), ["menu.options.charges.skill", "'bills'", "billing"]),
        (put("menu", "default_skill", value="all"), ["menu.default_skill", "'all'", "general"]),
        (put("menu", "options", 0, "categories", value=["bill"]), ["no category is called 'bill'", "wrong_charge"]),
        (put("menu", "options", 3, "categories", value=[]), ["menu.options.service.categories: empty", "no option leads"]),
        (put("menu", "options", 1, "name", value="charges"), ["two are called 'charges'"]),
        (put("languages", "en", "key", value="1"), ["languages.en.key: '1' also chooses zh"]),
        (put("languages", "zh", "say", value="Chinese"), ["languages.zh.say"]),
        (put("questions", "postcode", value={}), ["questions.postcode: no such question", "phone"]),
        (drop("questions", "number"), ["questions.number: missing"]),
        (put("questions", "evidence", "choices", 1, "key", value="1"), ["key '1' is already used by questions.evidence.choices[0]"]),
        (put("questions", "evidence", "choices", 1, "key", value="9"), ["key '9'", "menu.repeat_key"]),
        (put("questions", "evidence", "digits", value=4), ["choices and digits exclude each other"]),
        (put("questions", "phone", "tries", value=0), ["questions.phone.tries"]),
        (put("questions", "phone", "retries", value=2), ["questions.phone.retries"]),
        (put("questions", "occurred", "listen", value=[]), ["questions.occurred.listen: empty"]),
    ],
)
def test_a_mistake_is_named_with_its_place(change: Callable[[dict], None], words: list[str]) -> None:
    told = broken(change)
    for word in words:
        assert word in told


def test_all_mistakes_are_told_at_once() -> None:
    def change(document: dict) -> None:
        drop("prompts", "en", "phone")(document)
        put("menu", "default_skill", value="all")(document)

    told = broken(change)
    assert "prompts.en.phone" in told and "menu.default_skill" in told


def test_a_choice_said_in_so_many_words_is_the_choice_and_a_story_is_not() -> None:
    assert SCRIPT.menu.said("话费", "zh").name == "charges"
    assert SCRIPT.menu.said("我 要 查 询", "zh").name == "progress"
    assert SCRIPT.menu.said("网络 问题", "zh").name == "network"
    assert SCRIPT.menu.said("Billing, please.", "en").name == "charges"
    assert SCRIPT.menu.said("上个月我的话费多扣了五十块钱", "zh") is None
    assert SCRIPT.menu.said("", "zh") is None


def test_the_skill_follows_the_category_then_the_option() -> None:
    assert SCRIPT.skill("", "slow_network") == "network"
    assert SCRIPT.skill("plans", None) == "plans"
    assert SCRIPT.skill("plans", "slow_network") == "network"
    assert SCRIPT.skill("", None) == "general"


def test_what_may_be_heard_follows_the_question() -> None:
    phone, story = SCRIPT.questions["phone"].expect("phone#3"), SCRIPT.questions["problem"].expect("problem#2")
    assert (phone.ask, phone.dictation, phone.digits) == ("phone#3", True, True)
    assert (story.dictation, story.digits) == (True, False)
    assert story.pause >= 1.0, "a story has pauses"


def test_prompts_fixed_in_the_code_are_all_in_the_script() -> None:
    assert set(LINE_PROMPTS) <= set(SCRIPT.prompts.zh)


def test_what_lacks_is_asked_in_the_order_of_the_category() -> None:
    form = Form({"category": Value("category", "slow_network"), "occurred": Value("occurred", "yesterday")})
    assert SCRIPT.lacking(form) == ("location", "phone", "resolution")
    assert SCRIPT.lacking(Form())[:2] == ("category", "phone")
    assert SCRIPT.lacking(Form(intent="status")) == ("number",)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (["phone", "colour"], "'colour' is no intake question"),
        (["phone", "name"], "'name' has no [questions.name]"),
        (["phone", "phone"], "'phone' stands twice"),
    ],
)
def test_an_order_of_questions_that_cannot_be_asked(order: list[str], words: str) -> None:
    assert f"menu.categories.plan_change.asks: {words}" in broken(put("menu", "categories", "plan_change", "asks", value=order))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("对", "1"), ("是 的", "1"), ("嗯 对 对", "1"), ("没错", "1"), ("不 对", "2"), ("不好", "2"), ("不 是 的", "2"),
        ("对不对", ""), ("好 不 好", ""), ("一三八零零", ""), ("", ""), ("我昨天去营业厅的时候他们的态度很不好", ""),
    ],
)  # fmt: skip
def test_yes_and_no_in_words(text: str, key: str) -> None:
    words = SCRIPT.menu.words
    phrases = {**dict.fromkeys(words["yes"].zh, "1"), **dict.fromkeys(words["no"].zh, "2")}
    assert SCRIPT.menu.named(text, phrases, "zh") == key

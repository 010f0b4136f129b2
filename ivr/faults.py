"""What in a script does not fit together, in words that say where and what to do. Pure."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ivr.staff import staff_faults
from ivr.terms import ASKED_ABOUT, INTAKE, LANGS, LINE_STEPS, QUESTIONS

if TYPE_CHECKING:
    from ivr.script import Script

SAY_LIMIT = 3000
"""Twilio cuts a longer text in one ``<Say>``."""

ARGUMENT_ROOM = 100
"""Characters kept free in a prompt for each thing filled into it (a number read out, a date)."""

# What the machine says besides the questions; each name must have a text in both languages.
LINE_PROMPTS = {
    "notice": (),
    "story": (),
    "story_silent": (),
    "story_missed": (),
    "option": ("label", "key"),
    "agent_option": ("key",),
    "menu_keys": (),
    **{f"confirm_{about}": ("number",) for about in ASKED_ABOUT},
    "confirm_amount": ("amount",),
    "confirm_id_consent": (),
    "confirm_callback_offer": (),
    "number_unknown": ("number",),
    "holder_wrong": (),
    "status": ("number", "state", "due"),
    "status_closed": ("number", "state"),
    "status_changed": ("changed",),
    "state_filed": (),
    "state_escalated": (),
    "state_answered": (),
    "state_withdrawn": (),
    "state_accepted": (),
    "state_regulator": (),
    "state_closed": (),
    "state_other": (),
    "higher_higher": (),
    "higher_withdraw": (),
    "higher_accept": (),
    "escalated": ("number", "level"),
    "regulator": (),
    "regulator_needs": (),
    "withdrawn": ("number",),
    "accepted": ("number",),
    "sms_told": (),
    "filed": ("number",),
    "filed_again": ("number",),
    "sms_said": (),
    "answer_in": ("days",),
    "goodbye": (),
    "to_agent": (),
    "no_answer": (),
    "sorry": (),
    "queue_position": ("position",),
    "queue_wait": (),
    "queue_callback": (),
    "queue_voicemail": (),
    "queue_back": (),
    "queue_estimate": ("minutes",),
    "queue_estimate_unknown": (),
    "queue_joining": (),
    "agent_whisper": ("category",),
    "agent_whisper_unknown": (),
    "agent_whisper_number": ("number",),
    "agent_gone": (),
    "agent_consult": ("agent",),
    "hold": (),
    "transferred": (),
    "returned": (),
    "callback_greeting": (),
    "callback_press": (),
    "callback_taken": (),
    "callback_goodbye": (),
    "closed": ("opens",),
    "callback_noted": ("number",),
    "voicemail_kept": (),
    "sms_code": ("code",),
    "sms_filed": ("number", "due"),
    "sms_callback_missed": (),
    "sms_escalated": ("number", "level", "due"),
    "sms_regulator": ("number",),
    "sms_decided": ("number", "decision"),
    "sms_answered": ("number", "answer"),
    "sms_satisfaction": ("number",),
    "sms_mark_taken": (),
    "sms_mark_missed": (),
    "sms_unasked": (),
    "sms_stopped": (),
    "sms_withdrawn": ("number",),
    "sms_accepted": ("number",),
}

MAY_LEAVE_OUT = ("answer_in", "escalated", "number_unknown", "callback_noted", "withdrawn", "accepted", "confirm_withdraw")
"""Prompts that need not say all that can be filled in; neither need text messages."""

ASKED_ONCE = ("language", "higher")
"""Questions without other words for a second time."""

CHOICES = ("agent", "repeat", "back", "yes", "no", "higher", "withdraw", "accept", "callback", "voicemail")
"""What can be chosen in words wherever it is offered; ``menu.words`` has the words."""

_REPEATS = ("", "_silent", "_missed")


def faults(script: Script) -> list[str]:
    """What in the script does not fit together: each fault with key, value and remedy."""
    return [*_menu_faults(script), *_question_faults(script), *_prompt_faults(script), *staff_faults(script)]


def _menu_faults(script: Script) -> Iterator[str]:
    menu, languages = script.menu, script.languages
    if languages.zh.key == languages.en.key:
        yield f"languages.en.key: {languages.en.key!r} also chooses zh; give each language its own key"
    keys = [(f"menu.options.{option.name}", option.key) for option in menu.options]
    keys += [("menu.agent_key", menu.agent_key), ("menu.repeat_key", menu.repeat_key), ("menu.back_key", menu.back_key)]
    yield from _double("menu", keys)
    yield from _word_faults(script)
    names = Counter(option.name for option in menu.options)
    for name in (name for name, count in names.items() if count > 1):
        yield f"menu.options: two are called {name!r}; rename one"
    for place, skill in [
        ("menu.default_skill", menu.default_skill),
        ("menu.escalation_skill", menu.escalation_skill),
        *((f"menu.options.{option.name}.skill", option.skill) for option in menu.options),
        *((f"escalation[{place}].skill", rung.skill) for place, rung in enumerate(script.escalation)),
    ]:
        if skill not in menu.skills:
            yield f"{place}: no skill is called {skill!r}; add it to menu.skills or use one of {', '.join(menu.skills)}"
    for option in menu.options:
        if option.intent == "complain" and not option.categories:
            yield f"menu.options.{option.name}.categories: empty; name a category or give it an intent"
        for category in option.categories:
            if category not in menu.categories:
                yield (
                    f"menu.options.{option.name}.categories: no category is called {category!r}; "
                    f"add menu.categories.{category} or use one of {', '.join(menu.categories)}"
                )
    if not script.hours.ever:
        yield "hours: no weekday has any; nobody would ever answer: give one day a span, as 08:00-20:00"
    used = {menu.default_skill, menu.escalation_skill, *(option.skill for option in menu.options)}
    used |= {rung.skill for rung in script.escalation}
    for skill in menu.skills:
        if skill not in used:
            yield f"menu.skills: nothing leads to {skill!r}; give it to an option or to a level, or remove it"
    reached = {category for option in menu.options for category in option.categories}
    for category in menu.categories:
        if category not in reached:
            yield f"menu.categories.{category}: no option leads to it; add it to an option or remove it"


def _word_faults(script: Script) -> Iterator[str]:
    words = script.menu.words
    for name in CHOICES:
        if name not in words:
            yield f"menu.words.{name}: missing; write what callers say for it in each language"
    for name in words:
        if name not in CHOICES:
            yield f"menu.words.{name}: nothing can be chosen by it; there are {', '.join(CHOICES)}"
    for lang in LANGS:
        places = [(f"menu.words.{name}", words[name].of(lang)) for name in words]
        for place, said in places:
            if not said:
                yield f"{place}.{lang}: empty; write what callers say in this language too"
        places += [(f"menu.options.{option.name}.words", option.words.of(lang)) for option in script.menu.options]
        yield from _double(f"{lang}", [(place, word) for place, said in places for word in said], "word")


def _question_faults(script: Script) -> Iterator[str]:
    for step in LINE_STEPS:
        if step not in script.questions:
            yield f"questions.{step}: missing; add [questions.{step}]"
    orders = {"menu.asks": script.menu.asks}
    orders |= {f"menu.categories.{name}.asks": one.asks for name, one in script.menu.categories.items()}
    for place, order in orders.items():
        for name in order:
            if name not in INTAKE:
                yield f"{place}: {name!r} is no intake question; there are {', '.join(INTAKE)}"
            elif name not in script.questions:
                yield f"{place}: {name!r} has no [questions.{name}]; add it or leave it out"
        for name in (name for name, count in Counter(order).items() if count > 1):
            yield f"{place}: {name!r} stands twice; once is enough"
    for name in script.questions:
        if name in INTAKE and not any(name in order for order in orders.values()):
            yield f"questions.{name}: nothing asks it; add it to menu.asks or to a category's asks, or remove it"
    reserved = [("menu.agent_key", script.menu.agent_key), ("menu.repeat_key", script.menu.repeat_key)]
    reserved.append(("menu.back_key", script.menu.back_key))
    for name, question in script.questions.items():
        place = f"questions.{name}"
        if name not in QUESTIONS:
            yield f"{place}: no such question; there are {', '.join(QUESTIONS)}"
            continue
        keys = [(f"{place}.choices[{number}]", choice.key) for number, choice in enumerate(question.choices)]
        if keys:
            yield from _double(place, [*keys, *reserved])
        if question.choices and question.digits is not None:
            yield f"{place}: choices and digits exclude each other; remove one"
        if question.choices and name not in INTAKE:
            yield f"{place}.choices: only intake questions have choices; remove them"
        if not question.listen and not question.keyed:
            yield f"{place}.listen: empty, and no key answers it; add dictation, digits or choices"


def _prompt_faults(script: Script) -> Iterator[str]:
    needed = dict(LINE_PROMPTS)
    for name in script.questions:
        needed.update({name + repeat: () for repeat in _REPEATS if name not in ASKED_ONCE or not repeat})
    for lang in LANGS:
        texts = script.prompts.of(lang)
        for name, arguments in needed.items():
            if name not in texts:
                yield f"prompts.{lang}.{name}: missing; write it in this language too"
                continue
            text = texts[name]
            try:
                used = [part for _, part, _, _ in string.Formatter().parse(text) if part is not None]
            except ValueError as error:
                yield f"prompts.{lang}.{name}: {error}; write braces only as {{name}}"
                continue
            for part in used:
                if part not in arguments:
                    known = ", ".join("{" + one + "}" for one in arguments) or "nothing"
                    yield f"prompts.{lang}.{name}: {{{part}}} is not known here; it can hold {known}"
            for part in arguments:
                if part not in used and name not in MAY_LEAVE_OUT and not name.startswith("sms_"):
                    yield f"prompts.{lang}.{name}: {{{part}}} is missing; put it where it is to be said"
            if len(text) + ARGUMENT_ROOM * len(used) > SAY_LIMIT:
                yield (
                    f"prompts.{lang}.{name}: {len(text)} characters; the carrier says at most {SAY_LIMIT} at once, "
                    f"{ARGUMENT_ROOM} of them kept for each thing filled in: shorten it"
                )
        for name in texts:
            if name not in needed and not name.startswith("state_"):
                yield f"prompts.{lang}.{name}: nothing says it; remove it or correct its name"


def _double(place: str, keys: Iterable[tuple[str, str]], what: str = "key") -> Iterator[str]:
    owners: dict[str, str] = {}
    for owner, key in keys:
        if key in owners:
            yield f"{owner}: {what} {key!r} is already used by {owners[key]}; in {place} each {what} can mean one thing"
        owners.setdefault(key, owner)

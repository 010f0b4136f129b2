"""The words of a prompt: numbers as they are read out, days as they are spoken."""

from __future__ import annotations

from datetime import date, datetime

from ivr.script import Script
from ivr.steps import Say

_HAN_DIGITS = "零一二三四五六七八九"
_GROUP = 4


def text(script: Script, say: Say, lang: str, *, spoken: bool = True) -> str:
    """The text of a prompt in its own language, else in ``lang``; ``spoken`` reads numbers digit by digit."""
    lang = say.lang or lang
    args = {name: _argument(script, name, value, lang, spoken) for name, value in say.args}
    return script.prompts.of(lang)[say.prompt].format(**args)


def digits(number: str, lang: str) -> str:
    """A number as it is read out: each digit for itself, a pause after every four."""
    names = [_HAN_DIGITS[int(one)] if lang == "zh" and one in "0123456789" else one for one in number]
    groups = [" ".join(names[at : at + _GROUP]) for at in range(0, len(names), _GROUP)]
    return ("," if lang == "zh" else ", ").join(groups)


def day(iso: str, lang: str) -> str:
    """A day as it is spoken: 11月23日, November 23."""
    when = date.fromisoformat(iso)
    if lang == "zh":
        return f"{when.month}月{when.day}日"
    return f"{_MONTHS[when.month - 1]} {when.day}"


def moment(iso: str, lang: str) -> str:
    """A moment as it is spoken: 11月23日8点30分, November 23, 8:30."""
    at = datetime.fromisoformat(iso)
    if lang == "zh":
        return f"{day(iso[:10], lang)}{at.hour}点" + (f"{at.minute}分" if at.minute else "")
    return f"{day(iso[:10], lang)}, {at.hour}:{at.minute:02}"


# strftime would follow the machine's locale.
_MONTHS = (
    "January February March April May June July August September October November December".split()
)


def _argument(script: Script, name: str, value: str, lang: str, spoken: bool) -> str:
    if name == "number" and spoken:
        return digits(value, lang)
    if name in ("due", "changed"):
        return day(value, lang)
    if name == "opens":
        return moment(value, lang)
    if name == "level":
        return script.escalation[int(value) - 1].of(lang)
    if name == "state":
        texts = script.prompts.of(lang)
        return texts.get(f"state_{value}", texts["state_other"])
    return value

"""Digits as people say and write them: 幺三八零零, 两个八, "one three double eight", 138-0013-8000."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .line import Line

ZH = dict(zip("〇零一二三四五六七八九幺两", "0012345678912", strict=True))
"""Chinese digit words."""

EN = {"zero": "0", "oh": "0", "o": "0", "nought": "0", "nil": "0", "one": "1", "two": "2", "three": "3", "four": "4",
      "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}
_EN_TEENS = {"ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
             "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19"}
_EN_TENS = {"twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
            "eighty": "8", "ninety": "9"}
_EN_TIMES = {"double": 2, "triple": 3, "treble": 3}

_ZH_TIMES = {"两": 2, "俩": 2, "二": 2, "2": 2, "三": 3, "3": 3, "四": 4, "4": 4, "五": 5, "5": 5}
_ZH_ATOM = re.compile(rf"(?P<times>[两俩二三四五2345])个(?P<of>[{''.join(ZH)}0-9])|(?P<one>[{''.join(ZH)}0-9])(?!位)|(?P<x>[x])")
_ZH_JOIN = re.compile(r"(?:[,\-\s()()]|杠|呃|嗯|啊|哦|额|然后是?|再来?是?|接着是?|后面是?|那个)*")

_EN_WORD = re.compile(r"[a-z]+|[0-9]+")
_EN_JOIN = re.compile(r"(?:[,\-\s.()]|\b(?:and|then|um|uh|er|dash)\b)*")

CORRECTION = {
    "zh": re.compile(r"不对|不是|错了|[,.]是|说错|记错|更正|纠正|应该是|我重新说|重新说|重来|哦不"),
    "en": re.compile(r"\b(?:no|sorry|wait|actually|correction|i mean|mistake|wrong|rather)\b"),
}


_COUNTED = re.compile(r"\b(?:the|my) (?:last|final|first) $")
"""What makes a number count digits: "the last two are zero one"."""


@dataclass(frozen=True)
class Run:
    """A stretch of digits in an utterance."""

    digits: str
    start: int
    end: int


def zh_atom(text: str, at: int) -> tuple[str, int] | None:
    """The digits said at a position (幺, 两个八) and where they end; None when none are. 'X' for an x."""
    match = _ZH_ATOM.match(text, at)
    if not match:
        return None
    if match["times"]:
        one = match["of"]
        return ZH.get(one, one) * _ZH_TIMES[match["times"]], match.end()
    if match["x"]:
        return "X", match.end()
    return ZH.get(match["one"], match["one"]), match.end()


def en_atom(text: str, at: int) -> tuple[str, int] | None:
    """The digits said at a position ("thirty eight", "double oh") and where they end; None when none are."""
    match = _EN_WORD.match(text, at)
    if not match or (at and text[at - 1].isalpha()):
        return None
    word = match[0]
    if word.isdigit():
        return word, match.end()
    if word == "x":
        return "X", match.end()
    if word in EN:
        return EN[word], match.end()
    if word in _EN_TEENS:
        return _EN_TEENS[word], match.end()
    if word in _EN_TENS:
        unit = re.compile(r"[\s-]*([a-z]+)").match(text, match.end())
        if unit and unit[1] in EN and EN[unit[1]] != "0":
            return _EN_TENS[word] + EN[unit[1]], unit.end()
        return _EN_TENS[word] + "0", match.end()
    if word in _EN_TIMES:
        following = re.compile(r"[\s-]*([a-z]+|[0-9])").match(text, match.end())
        if following:
            digit = EN.get(following[1].removesuffix("s"), EN.get(following[1], following[1]))
            if len(digit) == 1 and digit.isdigit():
                return digit * _EN_TIMES[word], following.end()
    return None


def runs(text: str, lang: str) -> list[Run]:
    """All stretches of digits in folded text (`Line.chars`), groups joined over pauses and fillers.

    An 'X' is kept only at the end of 17 digits (identity numbers).
    """
    atom: Callable = zh_atom if lang == "zh" else en_atom
    join = _ZH_JOIN if lang == "zh" else _EN_JOIN
    found: list[Run] = []
    position = 0
    while position < len(text):
        first = atom(text, position)
        if not first or first[0] == "X":
            position += 1
            continue
        start, digits, end = position, first[0], first[1]
        while True:
            gap = join.match(text, end)
            following = atom(text, gap.end() if gap else end)
            if not following:
                break
            if following[0] == "X":
                if len(digits) == 17:
                    digits, end = digits + "X", following[1]
                break
            digits, end = digits + following[0], following[1]
        found.append(Run(digits, start, end))
        position = end
    return found


def corrected(line: Line, fits: Callable[[str], bool], lengths: tuple[int, ...] = (11,)) -> list[Run]:
    """The runs of a line with spoken corrections carried out.

    "…, 不对, 是三五…" replaces what went before: wholly when the new run fits by itself, otherwise the part
    of the earlier run that it re-reads ("后四位", "前三位", or the overlap that brings the length right).
    Only digits that were said are used; the result must satisfy `fits`.
    """
    lang = "zh" if line.heard.lang == "zh" else "en"
    said = [run for run in runs(line.chars, lang) if not _COUNTED.search(line.chars[max(0, run.start - 12):run.start])]
    marks = [m.end() for m in CORRECTION[lang].finditer(line.chars)]
    if not marks or not said:
        return said
    result: list[Run] = []
    for run in said:
        previous = result[-1] if result else None
        between = [mark for mark in marks if previous and previous.end <= mark <= run.start]
        if previous and between:
            joined = _repair(previous, run, line.chars[between[-1]:run.start], fits, lengths)
            if joined:
                result[-1] = joined
                continue
        result.append(run)
    return result


def _repair(old: Run, new: Run, words: str, fits: Callable[[str], bool], lengths: tuple[int, ...]) -> Run | None:
    if fits(new.digits):
        return new
    count = len(new.digits)
    options: list[str] = []
    if len(old.digits) >= count:
        last, first = old.digits[:-count] + new.digits, new.digits + old.digits[count:]
        if re.search(r"前|开头|first|start|begin", words):
            options = [first]
        elif re.search(r"[后尾末]|last|end", words):
            options = [last]
        else:
            likest = sorted(
                range(len(old.digits) - count, -1, -1),
                key=lambda at: sum(a != b for a, b in zip(old.digits[at:at + count], new.digits, strict=True)),
            )
            options = [old.digits[:at] + new.digits + old.digits[at + count:] for at in likest]
    # What was already a whole number keeps its length.
    for length in () if fits(old.digits) else lengths:
        keep = length - count
        if len(old.digits) != length and 0 < keep <= len(old.digits):
            options.insert(0, old.digits[:keep] + new.digits)
    return next((Run(option, old.start, new.end) for option in options if fits(option)), None)

"""What the digit recogniser may hear, as phrases.

Vosk does not keep to the phrases of a grammar: it counts which word follows which in
them (a bigram, ``recognizer.cc``) and hears by these odds. A bare list of digit words makes
each digit dear and each ``[unk]`` as cheap as a digit, so doubled digits collapse and
whole groups vanish in ``[unk]``. So the Mandarin phrases are whole answers: numbers of the
length that people say, groups (两个八), words before and after, few ``[unk]``.

Measured at four starting points of each recording (the number that the number plan lets
through): 15 answers in calls and 14 numbers read by real people, 116 trials: 108 right, 4 wrong,
4 missing. 79 sentences without a question for a number: no number that was not said. Of 38 clean
answers by four voices that were not used for this, 33 were right, 3 wrong. With the model's own
search (``models.DIGITS_SEARCH``) two numbers fewer of those 82 are right. Filler words in the
phrases in place of ``[unk]`` lose 2 of 13, no ``[unk]`` at all hears numbers in 16 sentences.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence

DIGIT_WORDS = {
    "zh": dict(zip("零一幺二两三四五六七八九", "011223456789", strict=True)),
    "en": {
        **{word: str(digit) for digit, word in enumerate("zero one two three four five six seven eight nine".split())},
        "oh": "0",
        "double": "",
        "triple": "",
    },
}
"""The words of digits, with the digit each stands for."""

UNKNOWN = "[unk]"
"""Vosk's name for what is none of the words."""

_PHRASES = 600
_SEED = 1
_BEFORE = (
    "我 的 手机号 是", "手机号 是", "我 的 号码 是", "号码 是", "我 的 电话 是", "电话 是", "我 的 电话号码 是", "电话号码",
    "我 手机 是", "嗯", "是", "投诉 编号 是", "编号 是", "编号", "我 的 投诉 编号 是", "投诉 编号", "座机",
)  # fmt: skip
_AFTER = ("吧", "对", "谢谢", "就是 这个 号", "啊")

# Shares of the phrases that have each.
_DATED, _YAO, _GROUP, _WITH_UNKNOWN, _WITH_BEFORE, _WITH_AFTER = 0.2, 0.4, 0.15, 0.1, 0.5, 0.2


@functools.cache
def phrases(lang: str) -> tuple[str, ...]:
    """The phrases of the digit recogniser's grammar in a language; the same ones every time."""
    if lang != "zh":
        return (*DIGIT_WORDS[lang], UNKNOWN)
    chance = random.Random(_SEED)
    return tuple(_answer(chance) for _ in range(_PHRASES))


def _answer(chance: random.Random) -> str:
    """An answer to a question for a number, its digits by chance."""

    def one_of(words: Sequence[str]) -> str:
        return words[int(chance.random() * len(words))]

    def happens(share: float) -> bool:
        return chance.random() < share

    plain = "零一二三四五六七八九"
    if happens(_DATED):  # the number of a complaint: year, month, day, serial
        month, day = 1 + int(chance.random() * 12), 1 + int(chance.random() * 28)
        digits = f"202{one_of('56')}{month:02}{day:02}{int(chance.random() * 3000):04}"
    else:
        digits = "1" + one_of("35789") + "".join(one_of("0123456789") for _ in range(9))
    words = [plain[int(digit)] for digit in digits]
    if happens(_YAO):
        words = ["幺" if word == "一" else word for word in words]
    if happens(_GROUP):
        at = 3 + int(chance.random() * 6)
        count, size = (("两", 2), ("三", 3))[happens(0.3)]
        words[at : at + size] = [count, "个", words[at]]
    if happens(_WITH_UNKNOWN):
        words = [UNKNOWN, *words]
    elif happens(_WITH_BEFORE):
        words = [*one_of(_BEFORE).split(), *words]
    if happens(_WITH_AFTER):
        words = [*words, *one_of(_AFTER).split()]
    return " ".join(words)


_TIMES = {"double": 2, "triple": 3}
_GROUPS = {"两": 2, "二": 2, "三": 3, "四": 4}


def spelled(words: Sequence[str], lang: str) -> str:
    """The digits that digit words and figures stand for; other words are passed over.

    'double eight' and '两 个 八' are '88'.
    """
    meaning = DIGIT_WORDS[lang]
    digits, times, at = "", 1, 0
    while at < len(words):
        word = words[at]
        if words[at + 1 : at + 2] == ["个"] and word in _GROUPS and meaning.get("".join(words[at + 2 : at + 3])):
            times, at = _GROUPS[word], at + 2
            continue
        digits += (word if word.isdigit() else meaning.get(word, "")) * times
        times, at = _TIMES.get(word, 1), at + 1
    return digits

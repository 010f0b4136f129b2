"""What a desk is shown: numbers hidden however they are written or said, everything else readable."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent_assist import live
from agent_assist.form import FIELDS, INTENTS, STATES
from hotline.language import rooms
from ivr.terms import QUESTIONS

# A digit in the ways people write and say it and the recogniser mishears it.
WAYS = {
    "written": "0 1 2 3 4 5 6 7 8 9".split(),
    "wide": "０ １ ２ ３ ４ ５ ６ ７ ８ ９".split(),
    "chinese": "零 一 二 三 四 五 六 七 八 九".split(),
    "telephone": "零 幺 两 三 四 五 六 七 八 九".split(),
    "misheard": "玲 要 儿 散 斯 无 留 气 霸 就".split(),
    "english": "zero one two three four five six seven eight nine".split(),
    "oh": "oh one two three four five six seven eight nine".split(),
}
MEANT = {word.lower(): str(digit) for words in WAYS.values() for digit, word in enumerate(words)}
PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
IDS = st.from_regex(r"[1-6][1-9]0[1-9]0[1-9](19[5-9]|200)[0-9](0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}[0-9X]", fullmatch=True)


@st.composite
def spoken(draw: st.DrawFn, number: str) -> list[str]:
    """The number's digits as words, with what stands between them."""
    words = WAYS[draw(st.sampled_from(sorted(WAYS)))]
    gaps = st.sampled_from([" ", " ", "-", ",", "，", " 嗯 "]) if words[1] == "one" else st.sampled_from(["", "", " ", "-", "，", "嗯"])
    return [(words[int(char)] if char.isdigit() else char) + draw(gaps) for char in number]


def digits_of(text: str) -> str:
    """What is left of a text when only digits and stars are read."""
    pieces = re.findall(r"[A-Za-z]+|.", text)
    return "".join(piece if piece in "*X" else MEANT.get(piece.lower(), "") for piece in pieces)


def texts(data: object) -> Iterator[str]:
    """All strings in a JSON value but the ids of calls and complaints, which have digits of their own."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, part in data.items():
            if key not in ("call", "id", "number"):
                yield from texts(part)
    elif isinstance(data, list):
        for part in data:
            yield from texts(part)


def hidden(text: str, number: str) -> bool:
    """True when no more of the number stands together than the mask leaves: three digits, and four at the end."""
    left = digits_of(text)
    return not any(part in left for part in (number[:4], number[2:-3], number[-5:]))


@settings(deadline=None, max_examples=300)
@given(data=st.data(), number=st.one_of(PHONES, IDS), ask=st.sampled_from(["phone", "problem", "", "number"]))
def test_numbers_are_hidden_however_they_are_said(data: st.DataObject, number: str, ask: str) -> None:
    assume(number[:4] != number[-4:])  # then the end that stays would look like the beginning
    words = data.draw(spoken(number))
    whole = "我的是 " + "".join(words) + " 谢谢"
    half = len(words) // 2
    assert hidden(live.show(whole, ask=ask).text, number)
    assert all(hidden(live.show("".join(part), ask="phone").text, number) for part in (words[:half], words[half:]))
    for count in range(1, len(words) + 1):
        spoken_so_far = {"text": "我的是 " + "".join(words[:count]), "end": count, "ask": ask}
        assert hidden(live.partial("CA1", spoken_so_far)["text"], number)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("我 的 手机 号 是 一三八 零零 一三八 零零零", "我的手机号是一三八****八零零零"),
        ("号码 是 一三八玲玲 幺 三 霸凌 玲玲", "号码是一三八****霸凌玲玲"),
        ("my number is one three eight zero zero one three eight", "my number is * * * * * * three eight"),
        ("+86 138-0013-8000", "+86 138-****-8000"),
        ("110101199003070 02X", "110***********0 02X"),
        ("编号是 2 0 2 6 1 1 2 3 0 0 0 1", "编号是 2 0 2 6 1 1 2 3 0 0 0 1"),
        ("二零二六年 十一月 二十三 号 多 扣 五十 块", "二零二六年十一月二十三号多扣五十块"),
        ("原来 三十八 元 现在 八十八 元", "原来三十八元现在八十八元"),
        ("it was fifty dollars too much for two months", "it was fifty dollars too much for two months"),
        ("", ""),
    ],
)
def test_what_is_shown_of_a_text(raw: str, shown: str) -> None:
    assert live.show(raw).text == shown


@given(st.text(alphabet="我的 一三八玲零5x*a。", max_size=40))
def test_every_shown_character_knows_its_place(raw: str) -> None:
    shown = live.show(raw)
    assert len(shown.text) == len(shown.at)
    assert list(shown.at) == sorted(set(shown.at))
    assert all(char in ("*", raw[place]) for char, place in zip(shown.text, shown.at, strict=True))
    assert shown.span([0, len(raw)]) == ([0, len(shown.text)] if shown.text else None)


@pytest.mark.parametrize(
    ("field", "content", "shown"),
    [
        ("phone", "+8613800138000", "138****8000"),
        ("phone", "62345678", "******78"),
        ("phone", 13800138000, "138****8000"),
        ("id_number", "11010119900307002X", "110***********002X"),
        ("caller", "anonymous", "anonymous"),
        ("complaint_number", "202611230001", "202611230001"),
        ("complaint_number", "13800138000", "138****8000"),
        ("occurred", "2025-11-23", "2025-11-23"),
        ("occurred", "10-3", "10-3"),
        ("amount", 88.5, 88.5),
        ("amount", None, None),
        ("evidence", ["sms", "bill"], ["sms", "bill"]),
        ("category", "billing_anomaly", "billing_anomaly"),
    ],
)
def test_what_is_shown_of_a_value(field: str, content: object, shown: object) -> None:
    assert live.value(field, content) == shown


def test_every_field_state_intent_and_step_has_words_in_both_languages() -> None:
    words = {key for room in rooms().values() for key in room}
    needed = {f"field.{name}" for name in FIELDS} | set(STATES) | {f"intent.{name}" for name in INTENTS}
    doing = ("start", "file", "lookup", "raise", "close", "promise", "queue", "end", "gone")
    needed |= {f"step.{name}" for name in (*QUESTIONS, *doing)}
    assert needed <= words

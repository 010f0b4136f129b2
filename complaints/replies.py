"""What a caller's text message says about satisfaction: a mark from 1 to 5, a wish for no more questions, or neither. Pure.

Generous with words for a mark, careful with the rest: a number in a story ("3天没修好") and a greeting ("你好") are no marks,
two different marks in one text are none, and what is doubtful is asked again instead of counted.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_SIMPLE = str.maketrans("滿訂錯還極別發讚說沒處網務態過亂話幾約", "满订错还极别发赞说没处网务态过乱话几约")
_APOSTROPHE = str.maketrans("’‘", "''")
_EDGE = " \t\r\n。.!！?？,，~…'\"“”「」【】()"

_STOP = re.compile(
    r"(?:请|我要|我想|申请|回复|帮我|please\s*)*(?:td|t|stop|stopall|stop all|unsubscribe|cancel|end|quit|optout|opt out|revoke|退订|不要再发|别再?发|别发了)"
    r"(?:短信|信息|了|吧|谢谢|[\s,，。!]|please|texts?|messages?)*"
)

_NUMERALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5}
_SPELLED = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_UNIT = r"(?:分(?![钟钱之])|颗?星|(?:points?|stars?)(?![a-z])|/\s*5(?!\d)|out of (?:5|five)(?![a-z\d]))"
_STORY = (
    r"(?:天|日|号|月|年|周|个|次|遍|回|小时|分[钟钱]|钟|秒|点|块|元|毛|角|人|位|条|张|台|户|家|层|楼|级|折|倍|%|成|种|件|项|句|名|岁|万|千|百|兆|"
    r"[a-z]*(?:days?|hours?|weeks?|months?|years?|min|mins|minutes?|seconds?|times?|calls?|people|yuan|rmb|am|pm|st|nd|rd|th|g|m|k|h|x)(?![a-z]))"
)
"""What makes a number part of a story."""
_NUMBER = re.compile(rf"(?P<before>第|[-a-z])?(?P<number>\d+(?:[.:]\d+)*)\s*(?:(?P<unit>{_UNIT})|(?P<story>{_STORY}))?")
_IN_WORDS = re.compile(rf"(?<![十百千第])(?P<zh>[{''.join(_NUMERALS)}])\s*(?:分(?![钟钱之])|颗?星)|(?<![a-z])(?P<en>{'|'.join(_SPELLED)})\s*{_UNIT}")

_NO_JUDGEMENT = re.compile(
    r"不好意思|没有?(?:能|给我)?(?:修|弄|办|搞|处理|解决|装|接|换)好|对不起|你们?好|您好|大家好|早上好|下午好|晚上好|(?<![一-鿿])好[的吧嘞](?!评)|好久|好像|好多|好几|好不容易|好歹|最好|不过|不但|不仅|不管|不论|不愧|不得不说?|不用|不客气|"
    r"没问题|没事|没意见|差不多|差点|差别|差异|差额|差错|误差|相差|出差|时差|good (?:morning|afternoon|evening|night|day|luck|bye)|\bno problem\b|\ba fine\b"
)
"""Phrases that hold a word of praise or blame and mean neither."""
_HOW = "非常|很|十分|特别|超级?|太|极其?|相当|完全|百分百"
_NOT = r"(?:不|没有?|谈不上|算不上|并非|(?:\bnot|n't|\bnever|\bhardly)\b)"
_WORDS: tuple[tuple[int | None, re.Pattern[str]], ...] = tuple(
    (mark, re.compile(words))
    for mark, words in (
        (None, r"(?:没|不是|并非|无|谈不上|算不上)[^,，。;；]{0,2}不太?满意"),
        (3, r"(?:不算?|不是[很太]|没那么)(?:太)?差|\bnot (?:too |so |that )?bad\b"),
        (1, rf"(?:{_HOW})的?不(?:满意|好)|(?:{_HOW})(?:的)?(?:差|烂|糟)|差劲|垃圾|恶劣|\b(?:very|extremely|so) (?:dissatisfied|unhappy|unsatisfied|disappointed|bad|poor)\b|"
            r"\b(?:terrible|awful|horrible|worst|useless)\b"),
        (2, rf"{_NOT}(?!错)[^,，。;；.!?]{{0,4}}(?:满意|好|行)|{_NOT}[^,.;!?]{{0,15}}\b(?:satisfied|happy|good|great|fine|ok|okay)\b|\bno good\b"),
        (2, r"差|糟糕|\b(?:dissatisfied|unsatisfied|unhappy|disappoint(?:ed|ing)|bad|poor)\b"),
        (3, r"一般|还行|还可以|还好|凑合|马马虎虎|中等|普通|^可以$|\bso[ -]so\b|\b(?:ok|okay|average|neutral)\b"),
        (5, rf"(?:{_HOW})的?(?:满意|好|棒|赞)|好评|\b(?:very|extremely|so|fully) (?:satisfied|happy|good)\b|\b(?:excellent|great|perfect|amazing|awesome)\b"),
        (4, r"满意|不错|(?:挺|真|蛮|也|都|服务|态度|处理|得)好|^好$|\b(?:satisfied|happy|good|fine)\b"),
    )
)  # fmt: skip
"""Mark and the words for it, in this order; None: praise or blame is denied twice, nobody knows how much is left."""


@dataclass(frozen=True)
class Reply:
    """What a text message says: a mark from 1 to 5, or no more questions; neither: not understood."""

    mark: int | None = None
    stop: bool = False


def read(text: str) -> Reply:
    """What a reply means."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHE).casefold().translate(_SIMPLE).strip(_EDGE)
    if _STOP.fullmatch(plain):
        return Reply(stop=True)
    marks = {_NUMERALS[found["zh"]] if found["zh"] else _SPELLED[found["en"]] for found in _IN_WORDS.finditer(plain)}
    for found in _NUMBER.finditer(plain):
        if found["story"] or found["before"] not in (None, "-") and not found["unit"]:
            continue
        if found["before"] == "-" or found["number"] not in {"1", "2", "3", "4", "5"}:
            return Reply()
        marks.add(int(found["number"]))
    if plain in _NUMERALS or plain in _SPELLED:
        marks.add((_NUMERALS | _SPELLED)[plain])
    if marks:
        return Reply(marks.pop()) if len(marks) == 1 else Reply()
    judged = _NO_JUDGEMENT.sub(" ", plain).strip(_EDGE)
    return Reply(next((mark for mark, words in _WORDS if words.search(judged)), None))

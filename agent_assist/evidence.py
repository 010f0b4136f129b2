"""What the caller can show: sms, bill, screenshot, call_record, contract."""

from __future__ import annotations

import re

from .form import Value
from .lexicon import Hit, lexicon
from .line import Line
from .negation import denied

ASKED = ("evidence", "proof")
"""Questions whose answer tells the evidence."""

SOUND_NEEDED = {True: 0.55, False: 0.85}
"""The least weight of a match by sound, in answer to the question and elsewhere."""

_HAVE = {
    "zh": re.compile(r"我(?:这里|这边|这儿|手里|手上|手机里|手机上)(?:还|也|都|是|可以)?有|我(?:还|也|都|是|可以)?有(?!合约|[^,.]{0,6}(?:换不|改不|绑|期|在身|限制))|(?<!我)有(?=[^,.]{0,12}(?:为证|作证|证明))|手[里上]有|(?:保存|保留|留)(?:了|着|下)|[拍截录](?:了|过|下)(?!没)|可以(?:提供|发|出示|给)|能(?:提供|发|出示)|证据(?:是|有)|提供|(?:^|[,.])(?:都|也|还)?有(?=[^,.没]{0,8}(?:短信|账单|截图|录音|合同|协议|记录|照片|详单|清单|发票))"),
    "en": re.compile(r"\b(?:i (?:do |still |also )?have|i'?ve(?: still| also)?(?: got| kept| saved)?|still (?:have|got)|i (?:can|could) (?:send|show|provide|give)|i (?:saved|kept|took)|as (?:proof|evidence)|proof|evidence)\b"),
}
_HAVE_AFTER = {
    "zh": re.compile(r"^(?:的)?(?:我|我这|我这里|手里|手上)?(?:也|都|还|全都?)*(?:有(?:[一两几](?:份|段|张|条)|(?!误|错|问题|出入|没有|个|一|点|几))|在(?=我?手|[,.]|$)|留着|存着|保存|拍了照?|截了|可以(?:给|发|提供)|能(?:给|发|提供))"),
    "en": re.compile(r"^(?:,)? (?:which )?i(?:'ve| have| still have| can (?:send|show|provide)|'ve still)\b"),
}
"""What follows a thing that is at hand (账单我有, "the bill I can send")."""
_PICTURE_OF = {
    "zh": re.compile(r"^(?:的|上的|那)?(?:截|屏|照|图|拍)"),
    "en": re.compile(r"(?:screen\s?-?shots?|screen captures?|photos?|pictures?)\s+(?:of|from|with)\s+(?:\w+\s+){0,4}$"),
}


def evidence(line: Line) -> Value | None:
    """The kinds of evidence at hand, in order of mention; a picture of a bill is the bill."""
    lang = "zh" if line.heard.lang == "zh" else "en"
    asked = line.heard.ask in ASKED
    if line.heard.ask and not asked and line.heard.ask not in ("problem", "resolution", "other", "more"):
        return None
    hits = sorted(lexicon("evidence", lang).find(line), key=lambda hit: (hit.start, -hit.end))
    hits = [hit for hit in hits if not any(
        o is not hit and o.start <= hit.start and hit.end <= o.end and (o.end - o.start) > (hit.end - hit.start)
        for o in hits)]
    kept: list[Hit] = []
    for hit in hits:
        if hit.label == "screenshot" and _of_something(line, hit, hits, lang):
            continue
        if hit.how == "sound" and hit.weight < SOUND_NEEDED[asked]:
            continue
        if denied(line, hit.start, hit.end, "have"):
            continue
        if not asked and not _at_hand(line, hit, lang):
            continue
        if all(hit.label != other.label for other in kept):
            kept.append(hit)
    if not kept:
        return None
    how = "sound" if any(hit.how == "sound" for hit in kept) else "text"
    first, last = min(hit.start for hit in kept), max(hit.end for hit in kept)
    return Value("evidence", [hit.label for hit in kept],
                 source=line.source(first, last, how, 1.0 if how == "text" else 0.8))


def _of_something(line: Line, hit: Hit, hits: list[Hit], lang: str) -> bool:
    """True for the picture in 账单截图 or "screenshot of the bill": the thing shown is counted instead."""
    for other in hits:
        if other.label == "screenshot":
            continue
        if lang == "zh" and other.end <= hit.start and line.chars[other.end:hit.start] in ("", "的", "上的"):
            return True
        if lang == "en":
            between = line.chars[hit.start:other.start]
            if other.start > hit.start and _PICTURE_OF["en"].match(between):
                return True
            if other.end < hit.start and line.chars[other.end:hit.start].strip(" -") == "":
                return True
    return False


def _at_hand(line: Line, hit: Hit, lang: str) -> bool:
    low = max(line.chars.rfind(".", 0, hit.start), line.chars.rfind(";", 0, hit.start)) + 1
    ends = [m.end() for m in _HAVE[lang].finditer(line.chars, low) if m.end() <= hit.start]
    if _HAVE_AFTER[lang].match(line.chars[hit.end:]):
        return True
    return bool(ends) and hit.start - ends[-1] <= (10 if lang == "zh" else 45)

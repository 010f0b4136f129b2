"""The caller's name: 我叫王小明, 免贵姓李, "my name is Jane Smith"."""

from __future__ import annotations

import re

from .form import Value
from .lexicon import table
from .line import Line

_INTRO = re.compile(
    r"(?:我的?(?:名字|姓名|大名)(?:就?是|叫做?)?|我(?:的?名字)?叫做?|(?:机主|户主|本人|客户|用户)(?:的?(?:名字|姓名))?(?:是|叫)|"
    r"(?:姓名|名字)(?:是|叫|[,.])?|本人叫?|(?:(?<=[,.])|^)叫我?|姓[㐀-鿿],?(?:名字?)?叫|我是(?=[^,.]{2,4}(?:[,.]|$)))"
)
_SURNAME_ONLY = re.compile(r"(?:免贵|敝姓|贵姓)?(?:我)?姓(?!名)")
_TITLE = re.compile(r"(先生|女士|小姐|太太|师傅|同志)")
_STOP = set("我你他她的是了被在有要想就也都和跟打手电号今昨上这那不没来去说请,. 住家从因")
_NOT_NAMES = {"高兴", "安装", "方便", "任何", "于是", "万一", "平时", "马上", "何时", "和你", "用户", "客户", "老用户", "老客户", "江苏人", "包月", "时候"}

_EN_INTRO = re.compile(
    r"\b(?:my (?:full )?name(?:'s| is)|(?:name(?:'s| is))|i am called|call me|(?:this is|i'm|i am)(?=\s+(?:(?:mr|mrs|ms|miss)\b|[a-z'-]+(?:\s+[a-z'-]+)?\s+(?:speaking|calling|here)\b)))\s+",
)
_EN_STOP = set("and i my the a an is from calling here speaking with on at please in number phone but not so very really "
               "unhappy upset angry having going still just sorry complaining trying getting being paying writing calling "
               "charged unable no your our his her this that to for of it you we as was am are have has".split())


def name(line: Line) -> Value | None:
    """The name that the caller gives, None when none is given."""
    return _zh(line) if line.heard.lang == "zh" else _en(line)


def _surname(text: str) -> str | None:
    names = table("surnames")
    if text[:2] in names["double"]:
        return text[:2]
    return text[:1] if text[:1] and text[:1] in names["single"] else None


def _cut(line: Line, start: int) -> str | None:
    """Surname and one or two characters from `start`; a dictated line also ends it at a word's start."""
    rest = line.chars[start:start + 4]
    family = _surname(rest)
    if not family:
        return None
    given = ""
    for offset in range(len(family), len(family) + 2):
        char = rest[offset:offset + 1]
        if not char or not "㐀" <= char <= "鿿" or char in _STOP:
            break
        if line.dictated and given and start + offset in line.starts and len(given) >= 1 \
                and start + offset + 1 < len(line.chars) and start + offset + 1 not in line.starts:
            break  # the recogniser began a longer word here
        given += char
    return family + given if given else None


def _zh(line: Line) -> Value | None:
    text = line.chars
    for m in _INTRO.finditer(text):
        start = m.end()
        found = _cut(line, start)
        if m[0] == "我是" and found and re.split("[,.]", text[start:start + 5])[0] != found:
            continue
        if found and found not in _NOT_NAMES and not any(found.startswith(word) for word in _NOT_NAMES):
            return Value("name", found, source=line.source(start, start + len(found)))
    for m in _SURNAME_ONLY.finditer(text):
        family = _surname(text[m.end():m.end() + 2])
        if family:
            end = m.end() + len(family)
            # "我姓欧阳,欧阳雪": the whole name often follows
            again = re.compile(rf"[,.]?(?:我?叫|名字?(?:叫|是))?(?={family})").match(text, end)
            whole = _cut(line, again.end()) if again else None
            if whole:
                return Value("name", whole, source=line.source(again.end(), again.end() + len(whole)))
            return Value("name", family, source=line.source(m.end(), end, score=0.7))
    if m := re.search(r"(?:我是|姓)?(?P<who>[㐀-鿿])(?P<title>先生|女士|小姐|太太)", text):
        if line.heard.ask == "name" and _surname(m["who"]):
            return Value("name", m["who"], source=line.source(*m.span("who"), score=0.6))
    if line.heard.ask == "name":
        bare = re.fullmatch(r"(?:是|叫|呃|嗯|,)*(?P<who>[㐀-鿿]{2,4})[,.]?", text)
        if bare and _surname(bare["who"]) and bare["who"] not in _NOT_NAMES and len(bare["who"]) <= (
                4 if len(_surname(bare["who"]) or "") == 2 else 3):
            return Value("name", bare["who"], source=line.source(*bare.span("who"), score=0.8))
    return None


def _en(line: Line) -> Value | None:
    text = line.chars
    for m in _EN_INTRO.finditer(text):
        words = []
        for word in re.finditer(r"[a-z][a-z'-]*\.?|[,.]", text[m.end():]):
            token = word[0]
            if token in (",", ".") or token.rstrip(".") in _EN_STOP:
                break
            words.append((token, word.end()))
            if len(words) == 3 or (token.endswith(".") and token not in ("mr.", "mrs.", "ms.")):
                break
        if words:
            end = m.end() + words[-1][1]
            start = m.end()
            raw = text[start:end].rstrip(".")
            value = " ".join(part.capitalize() for part in raw.split())
            return Value("name", value, source=line.source(start, start + len(raw)))
    if line.heard.ask == "name":
        # Asked for it, the last of several readings is the whole one ("Peter, Peter Smith").
        bare = re.fullmatch(r"(?:(?:uh|um|well|yes|yeah|sure|okay|ok),? )*(?:it'?s |it is |i'?m |i am |this is |that'?s )?(?:[a-z'-]+, )?"
                            r"(?P<who>[a-z'-]+(?: [a-z'-]+){0,2})(?: (?:speaking|here))?\.?", text)
        if bare and not set(bare["who"].split()) & _EN_STOP:
            value = " ".join(part.capitalize() for part in bare["who"].split())
            return Value("name", value, source=line.source(*bare.span("who"), score=0.7))
    return None

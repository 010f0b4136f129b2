"""What happened, in one or two sentences of the caller's own words.

Nothing is added: clauses are chosen, hesitation is dropped, numbers of persons are hidden. The whole
transcript stays beside it, word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .form import Form
from .privacy import mask

TOLD = ("language", "problem", "category", "occurred", "location", "amount", "")
"""Questions whose answers tell what happened; the others are answered by a number, evidence or a wish."""

SENTENCES = 2
LONGEST = {"zh": 60, "en": 32}
"""Characters (Mandarin) or words (English) of one sentence."""

PAUSE_S = 0.35
"""A silence between two words that ends a clause where the recogniser writes no marks; shorter ones
fall within phrases in the recordings."""

_WEIGHT = {"category": 3.0, "amount": 2.0, "occurred": 1.5, "location": 1.0}
_BESIDE = frozenset({"phone", "name", "id_number", "complaint_number", "evidence", "resolution"})

_MARKS = re.compile(r"[,，.。!！?？;；:：、…\n]+(?!\d)")
_TURNS = re.compile(r"(?=(?:然后|但是|可是|结果|后来|所以|不过|而且)[^,，.。]{3})")
_FILLERS = {
    "zh": re.compile(r"^(?:(?:嗯|呃|额|哦|啊|唉|哎|喂|欸|诶|[那这]个(?=[,，我你他咱上前昨今])|我(?:想|要)?(?:投诉|反映)(?:一下|一个问题)?(?=[^的])|就是说|就是|你好|您好|请问|是这样的?|我想问一下|我跟你说)[\s,，]*)+(?=.)"
                     r"|[嗯呃]|(?<=\S)(?:啊|呀|嘛|哈|呢)$"),
    "en": re.compile(r"^(?:(?:well|so|ok|okay|yeah|hello|hi|hey|good (?:morning|afternoon|evening)|um+|uh+|er+|ah+|you know|i mean|like)\b[\s,]*)+"
                     r"|\b(?:um+|uh+|er+|you know|i mean)\b", re.IGNORECASE),
}
_EMPTY = {
    "zh": re.compile(r"(?:我(?:要|想|是来)?(?:投诉|反映)(?:一下|一个问题|个事情?)?|反映(?:一下|一个)?(?:问题|情况)|你们?好|谢谢|喂|麻烦(?:你|您)?(?:了|一下)?|对|是的?|好的?)"),
    "en": re.compile(r"(?:i(?:'d| would)? (?:want|like|need|have) to (?:make a )?complain(?:t)?|i have a complaint|hello|thanks?|thank you|please|yes|no|okay?)", re.IGNORECASE),
}
_WISH = {"zh": re.compile(r"我?(?:们)?(?:希望|要求|想要)"), "en": re.compile(r"(?:and )?i(?:'d| would)? (?:want|like|hope)\b", re.IGNORECASE)}
_HAN = r"[㐀-鿿〇]"


@dataclass(frozen=True)
class Told:
    """One utterance as far as the description needs it."""

    text: str
    ask: str = ""
    words: Sequence[dict] = ()
    """Words with "text", "start", "end" (seconds)."""


@dataclass(frozen=True)
class _Clause:
    utterance: int
    text: str
    weight: float


def describe(told: Iterable[Told], form: Form, lang: str) -> str:
    """One or two sentences on what happened, '' when nothing was told.

    ``told`` are the call's utterances in order; ``form`` says by its sources (numbered from 1) which of
    their words carry facts.
    """
    clauses: list[_Clause] = []
    for number, one in enumerate(told, start=1):
        if one.ask.partition("#")[0] in TOLD:
            clauses += _clauses(number, one, form, lang)
    # A second sentence repeats nothing: what was said again was said for us.
    clauses = [clause for at, clause in enumerate(clauses) if not any(clause.text in other.text for other in clauses[:at])]
    sentences: dict[int, list[_Clause]] = {}
    for clause in clauses:
        sentences.setdefault(clause.utterance, []).append(clause)
    best = sorted(sentences.values(), key=lambda parts: -max(part.weight for part in parts))[:SENTENCES]
    kept = sorted((parts for parts in best if any(part.weight >= 1 for part in parts)), key=lambda parts: parts[0].utterance)
    return mask(("" if lang == "zh" else " ").join(_sentence(parts, lang) for parts in kept))


def _clauses(number: int, one: Told, form: Form, lang: str) -> list[_Clause]:
    facts = [
        (value.source.span, value.field) for value in form.values.values()
        if value.source is not None and value.source.utterance == number and value.source.span is not None
    ]
    out = []
    for low, high in _spans(one, lang):
        fields = {field for (start, end), field in facts if start < high and end > low}
        text = _tidy(one.text[low:high], lang)
        if not text or _EMPTY[lang].fullmatch(text):
            continue
        if _WISH[lang].match(text) and not fields & _WEIGHT.keys():
            continue
        weight = sum(_WEIGHT.get(field, 0.0) for field in fields)
        if weight == 0 and fields & _BESIDE:
            continue
        # Words without a fact still tell: the longer, the more.
        out.append(_Clause(number, text, weight + min(_length(text, lang) / LONGEST[lang], 0.9)))
    if form.get("category") and out and not facts and one.ask.partition("#")[0] == "problem":
        out[0] = _Clause(number, out[0].text, out[0].weight + 1)
    return out


def _spans(one: Told, lang: str) -> list[tuple[int, int]]:
    """Clauses of an utterance: between marks, pauses, and before words that turn the story."""
    cuts = {0, len(one.text)}
    for mark in _MARKS.finditer(one.text):
        cuts |= {mark.start(), mark.end()}
    position, before = 0, None
    for word in one.words:
        found = one.text.find(word["text"], position)
        if found < 0:
            continue
        if before is not None and word["start"] - before >= PAUSE_S:
            cuts.add(found)
        position, before = found + len(word["text"]), word["end"]
    if lang == "zh":
        cuts |= {turn.start() for turn in _TURNS.finditer(one.text)}
    ordered = sorted(cuts)
    return [(low, high) for low, high in zip(ordered, ordered[1:]) if not _MARKS.fullmatch(one.text, low, high)]


def _tidy(text: str, lang: str) -> str:
    text = re.sub(rf"(?<={_HAN})\s+(?={_HAN})", "", text).strip()
    while (plain := _FILLERS[lang].sub("", text).strip(" ,，、")) != text:
        text = plain
    return re.sub(r"\s+", " ", text)


def _length(text: str, lang: str) -> int:
    return len(text) if lang == "zh" else len(text.split())


def _sentence(parts: list[_Clause], lang: str) -> str:
    parts = list(parts)
    while len(parts) > 1 and sum(_length(part.text, lang) for part in parts) > LONGEST[lang]:
        parts.remove(min(parts, key=lambda part: part.weight))
    text = (",".join if lang == "zh" else ", ".join)(part.text for part in parts)
    if lang == "zh":
        return text.replace(",", "，") + "。"
    text = re.sub(r"\bi\b", "I", text)
    return text[:1].upper() + text[1:] + "."

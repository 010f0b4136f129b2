"""What the caller wants to come of it: one or several of refund, compensation, restore_plan, ..."""

from __future__ import annotations

import re

from .form import Value
from .lexicon import Hit, lexicon
from .line import Line
from .negation import denied

ASKED = ("resolution", "outcome", "want")
"""Questions whose answer tells the outcome."""

SOUND_NEEDED = {True: 0.55, False: 0.85}
"""The least weight of a match by sound, in answer to the question and elsewhere."""

_WANT = {
    "zh": re.compile(r"要求|希望|直接|(?:^|[,.])(?=(?:退(?:钱|费|款|还我|给我)|赔(?:偿|钱|我))(?!了|的|还?没|到|一直|申请))|我要|我想要?|请|帮我|给我|麻烦|必须|(?:^|[,.])(?=要(?:个|一个|他|她|你们?))|把(?=[^,.]{0,14}(?:就行|就好|就可以|即可|就成))|尽快|马上|立即|赶紧|需要|应该给|要你们|让你们|得给我|务必|立刻|能不能|可不可以|诉求"),
    "en": re.compile(r"\b(want|would like|i'?d like|please|demand|request|require|expect|need you|ask(ing)? for|should|must|can you|could you)\b"
        r"|(?:^|[,.]|\b(?:and|then|just|so|or)\b)\s*(?=(?:give|get|put|refund|cancel|remove|take|switch|turn|stop|fix|send|pay|return"
        r"|restore|reinstate|apologi[sz]e|explain|tell me|reverse|waive|compensate)\b)"),
}
_TOLD = {
    "zh": re.compile(r"(已经|说|但|之前|答应|承诺|报|没人|没有人|没来|我)[^,.]{0,3}$"),
    "en": re.compile(r"\b(already|said|told|promised|i|was|were|have|had|never|after i)\s*$"),
}


def outcome(line: Line) -> Value | None:
    """The outcomes wanted, in order of mention; what the caller rejects (不要赔偿) is left out."""
    lang = "zh" if line.heard.lang == "zh" else "en"
    asked = line.heard.ask in ASKED
    if line.heard.ask in ("phone", "number", "id_number", "evidence", "name", "amount", "location", "occurred"):
        return None
    hits = sorted(lexicon("outcome", lang).find(line), key=lambda hit: (hit.start, -hit.end))
    kept: list[Hit] = []
    for hit in hits:
        if hit.how == "sound" and hit.weight < SOUND_NEEDED[asked]:
            continue
        if denied(line, hit.start, hit.end, "want"):
            continue
        if not asked and not _wanted(line, hit, lang) and not (kept and _goes_on(line, kept[-1], hit, lang)):
            continue
        if all(hit.label != other.label for other in kept):
            kept.append(hit)
    kept = _settle(line, kept)
    if not kept:
        return None
    how = "sound" if any(hit.how == "sound" for hit in kept) else "text"
    first, last = min(hit.start for hit in kept), max(hit.end for hit in kept)
    return Value("resolution", [hit.label for hit in kept],
                 source=line.source(first, last, how, 1.0 if how == "text" else 0.8))


_LOOK_ON = 14
"""Characters after a mention in which 就行 still makes it a wish."""


def _wanted(line: Line, hit: Hit, lang: str) -> bool:
    """Outside the question, a word of wanting must stand before it in its clause."""
    low = line.clause(hit.start)[0]
    before = line.chars[low:hit.start]
    want = None
    # Beyond the mention as well: an order (退给我, "refund me") begins with it.
    for one in _WANT[lang].finditer(line.chars[low:hit.end + _LOOK_ON]):
        if one.end() <= len(before):
            want = one
    if want is None or len(before) - want.end() > (12 if lang == "zh" else 40):
        return False
    return not _TOLD[lang].search(before[want.end():])


_ALSO = {
    "zh": re.compile(r"^[^,.]{0,6},?(?:再|也|还|并且?|而且|同时|然后|顺便|另外|以及|和|钱|把|,)[^,.]{0,6}$"),
    "en": re.compile(r"^[^,.]{0,20},?\s*(?:and|also|plus|then)\b[^,.]{0,25}$"),
}


def _goes_on(line: Line, before: Hit, hit: Hit, lang: str) -> bool:
    """True for a further wish that leans on the one before it (给我改回去,钱也退了)."""
    return hit.start >= before.end and bool(_ALSO[lang].match(line.chars[before.end:hit.start]))


def _settle(line: Line, kept: list[Hit]) -> list[Hit]:
    """Readings of one wording that exclude each other: putting a plan back is neither a repair nor a refund."""
    plan = [hit for hit in kept if hit.label == "restore_plan"]
    if not plan:
        return kept
    return [hit for hit in kept if hit.label == "restore_plan" or not any(
        hit.label in ("repair", "refund") and hit.start < p.end and p.start < hit.end for p in plan)]

"""What a caller complains about, apart from what is mentioned only to be set aside (不是账单的问题,是…)."""

from __future__ import annotations

import copy
import re

from .line import Line

_POINT = {
    "zh": re.compile(
        r"(?:我|真正|今天|这次)*(?:要|想)(?:投诉|反映|说)的(?:问题)?是|(?:关键|主要|重点|最主要的?|最关键的?)(?:问题)?(?:就)?是|(?<=[,.])(?:但|但是|可是|可)?(?:这次|这回|今天|现在)(?:的问题)?(?:就)?是"),
    "en": re.compile(
        r"\bwhat i (?:really |actually )?(?:want to complain about|am complaining about|mean|want to report) is\b"
        r"|\b(?:my|the) (?:real |actual |main )?(?:problem|complaint|issue|point) (?:here )?is\b|\bit'?s just that\b|\bbut this time\b"),
}
"""Words that announce the matter: what stands before them does not count."""

_ASIDE = {
    "zh": re.compile(
        r"^(?:我|这|也|倒|打电话|并)*不是(?:说|因为|为了|想说|要说|投诉|反映|来)?(?!我)[^,.]{0,12}$|已经(?:[^,.]{0,4})(?:退|解决|处理好|修好|改回|恢复|道歉)[^,.]{0,5}$"
        r"|(?:没(?:有)?(?:意见|问题|毛病)|(?:还|挺|也)(?:好|行|可以|正常|不错)的?|正常(?:的|得很)?|(?:我)?(?:忍了|认了|不计较|不在乎|不追究|不管)|无所谓|就不说了|先不说|暂且不提|不提了)$"),
    "en": re.compile(
        r"^\W*(?:but |and |so |look )*(?:it'?s|it is|this is|this isn'?t|it isn'?t|i'?m not (?:calling|complaining)|not)(?: not)? (?:really )?(?:about|because of|a matter of)\b"
        r"|\b(?:don'?t|do not|dont) (?:mind|care about)\b(?!.*\bjust\b)|\b(?:is|are|was|works?) (?:fine|ok|okay|good|alright|not the problem)\s*$"
        r"|\b(?:has|have|was|were|you|been)\b.*\b(?:refunded|fixed|solved|resolved|settled|sorted)\b.*\b(?:last time|already|before|back then)\b"
        r"|\balready (?:been )?(?:refunded|fixed|solved|resolved|settled|sorted)\b"),
}
"""Clauses whose matter is denied, settled or waived."""


def focus(line: Line) -> Line:
    """The line with all that is set aside blanked out, positions unchanged; the line itself when nothing is.

    Something must remain to be complained about, else nothing is blanked.
    """
    lang = "zh" if line.heard.lang == "zh" else "en"
    chars = line.chars
    points = [m.end() for m in _POINT[lang].finditer(chars)]
    blank = [False] * len(chars)
    if points and len(chars) - points[-1] >= 4:
        blank[:points[-1]] = [True] * points[-1]
    for clause in re.finditer(r"[^,.;]+", chars):
        if _ASIDE[lang].search(clause[0]):
            blank[clause.start():clause.end()] = [True] * len(clause[0])
    kept = "".join("," if out else char for char, out in zip(chars, blank, strict=True))
    if kept == chars or len(re.sub(r"[,.;\s]+", "", kept)) < 4:
        return line
    apart = copy.copy(line)
    apart.chars = kept
    for derived in ("sound", "_marks"):  # were made from the whole
        apart.__dict__.pop(derived, None)
    return apart

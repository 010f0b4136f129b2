"""Whether a mention is denied: 没有短信, 不要赔偿, 短信删了, "no contract"."""

from __future__ import annotations

import re

from .line import Line

_TURN = {
    "zh": re.compile(r"但是?|不过|只有|只是|可是|而是|倒是|就|有的是|还有|我(?:还|也|都)?(?:留|存|保存|保留|拍|截|录)(?:了|着|下|过)|(?<!没)(?<!没有)(?<!只)(?<!有)有(?!没)|[.;]"),
    "en": re.compile(r"\b(but|only|just|however|though|except|instead|i (?:do |still |also )?(?:have|kept|saved)(?! no)|i'?ve (?:still |also )?(?:got|kept|saved)(?! no)|there is|there are)\b|[.;]"),
}
_BEFORE = {
    "have": {
        "zh": re.compile(r"没有?(?!问题)|无(?!法)|不是|缺|丢了|找不到|拿不出|提供不了|不(?:能|会)?提供"),
        "en": re.compile(r"\b(no|not|n'?t|never|don'?t|dont|haven'?t|without|neither|nor|lost|deleted|missing|can'?t find|cannot find|cannot provide|isn'?t)\b|n't\b"),
    },
    "want": {
        "zh": re.compile(r"不(?:是)?(?:要|用|想|需要|必|求|稀罕|在乎|接受|同意)|别|不是(?:为了|想|要)?|无需|无须|没(?:有)?(?:要求|想|说)|不打算|不图"),
        "en": re.compile(r"\b(no|not|n'?t|don'?t|do not|without|never|rather than|instead of|isn'?t about)\b|n't\b"),
    },
}
_AFTER = {
    "have": {
        "zh": re.compile(r"^(?:[和跟与及或、]|短信|账单|截图|合同|通话记录|录音|照片|记录|的|我|什么|之类|也|都|就|倒|是|通知|已经|早就?|被|给)*(?:没有?(?!问题)|删|丢|找不到|不见|不在|弄没|拿不出|不全)"),
        "en": re.compile(r"^\s*(?:i|we|was|were|is|are|has|have|got|that|i've|they)*\s*(?:been )?(?:don'?t have|do not have|deleted|lost|missing|gone|not)\b"),
    },
    "want": {
        "zh": re.compile(r"^[^,.要]{0,4}?(?:就|都|也|我)*(?:不(?:赔偿|补偿|道歉|退款|退|赔)的?(?:都)?(?:无所谓|不重要|没关系|随便)|无所谓|(?:不用|不要|不需要|不必|不想要?)(?:了|的|$|[,.])|免了|算了|就算了|没(?:有)?用|不(?:管用|顶用|算数|顶事)|有(?:什么|啥|个屁|屁)用|(?:有)?什么用|不是(?:我|重点))"),
        "en": re.compile(r"^\s*(?:is|are|was)? ?(?:not|n't|isn'?t|won'?t(?: be)?) (?:what|needed|necessary|important|enough|do|cut it|help)|^\s*(?:won'?t|will not|does(?: not|n't)) (?:do|help|be enough|cut it)"),
    },
}


_NEW_WISH = {
    "zh": re.compile(r",|要|希望|请|直接|只|把"),
    "en": re.compile(r",|\b(want|please|like|need|just)\b"),
}
_THIS_WISH = re.compile(r"^\s*(?:really |just )?(?:want|need|like|ask(?:ing)? for)\b")


def denied(line: Line, start: int, end: int, kind: str) -> bool:
    """True when the mention at a span is denied.

    `kind` is 'have' (things at hand) or 'want' (things asked for). A denial reaches forward over a list
    (没有短信也没有账单, 没有短信和账单) until a word that turns it round (但是, 只有, "but").
    """
    lang = "zh" if line.heard.lang == "zh" else "en"
    text = line.chars
    low = max(text.rfind(".", 0, start), text.rfind(";", 0, start)) + 1
    before = text[low:start]
    last = None
    for last in _BEFORE[kind][lang].finditer(before):
        pass
    if last is not None:
        between = before[last.end():]
        if kind == "have" and "," in between and not re.match(r"[,、.]|$", text[end:]):
            between = "."  # "短信没留,账单有": the comma ends it, but not in a bare list
        reach = 12 if lang == "zh" else 40
        if kind == "want" and _NEW_WISH[lang].search(_THIS_WISH.sub("", between)):
            between = "."
        if len(between) <= reach and not _TURN[lang].search(between):
            return True
    return bool(_AFTER[kind][lang].match(text[end:]))

"""When it happened: what the caller said of the time, and the days that this means."""

from __future__ import annotations

import calendar
import datetime
import re

from . import festivals
from .form import Value
from .line import Line
from .sound import SAME, by_sound

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ZH_WEEKDAYS = dict(zip("一二三四五六日天1234567", (0, 1, 2, 3, 4, 5, 6, 6, 0, 1, 2, 3, 4, 5, 6), strict=True))
_ZH_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "幺": 1}

_N = r"(?:[12]?[0-9]|3[01]|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_PART = r"(?:的?(?:早上|上午|中午|下午|傍晚|晚上|夜里|凌晨|半夜|晚|早))?"

_ZH = [
    (r"(?:(?P<year>[今去前])年的?)?(?P<festival>" + "|".join(festivals.WORDS["zh"]) + r")(?!的?(?:套餐|活动|优惠|促销|礼包|卡|档|特惠|流量|大促))", "festival"),
    (rf"(?:(?P<year>(?:[12][0-9]{{3}}|[二一][零〇一二三四五六七八九]{{3}}|今|去|前))年的?)?(?P<month>{_N})月份?的?(?P<day>{_N})(?:[号日]|(?=[,.]|$))", "date"),
    (rf"(?P<rel>上个?月|这个?月|本月|当月)的?(?P<day>{_N})[号日]", "relmonth"),
    (rf"(?:(?P<year>(?:[12][0-9]{{3}}|[二一][零〇一二三四五六七八九]{{3}}|今|去|前))年的?)?(?P<month>{_N})月(?:份|初|底|末|中旬)?", "month"),
    (r"上上个?(?:周|星期|礼拜)", "week_before_last"),
    (r"(?P<which>上|这|本)个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天1-6])", "weekday"),
    (r"(?<![上下这本每一二三两四个几])(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天])(?!个)", "bareweekday"),
    (r"上个?(?:周末|礼拜末)", "last_weekend"),
    (r"上个?(?:周|星期|礼拜)", "last_week"),
    (r"(?:这|本)个?(?:周|星期|礼拜)", "this_week"),
    (r"大前天", "3_days_ago"),
    (r"前天|前晚", "day_before_yesterday"),
    (r"昨天|昨日|昨晚|昨夜|昨儿", "yesterday"),
    (r"今天|今日|今早|今晚|今儿|刚才|刚刚", "today"),
    (rf"(?P<count>{_N}|两)天(?:以)?(?:之)?前", "daysago"),
    (rf"(?P<count>{_N}|两)个?(?:周|星期|礼拜)(?:以)?(?:之)?前", "weeksago"),
    (rf"(?P<count>{_N}|两)个月(?:以)?(?:之)?前", "monthsago"),
    (r"上上个?月", "month_before_last"),
    (r"上个?月", "last_month"),
    (r"这个?月|本月|当月", "this_month"),
    (r"前年", "year_before_last"),
    (r"去年", "last_year"),
    (r"半个(?:多)?月(?:以)?(?:之)?前", "halfmonth"),
    (rf"(?P<day>{_N})[号](?!码|工|线|楼|店|机|段|院|营|卡|台|厅|门|公)", "day"),
]
_EN_MONTHS = {m.lower(): n for n, m in enumerate(calendar.month_name) if m}
_EN_MONTHS |= {m[:3]: n for m, n in _EN_MONTHS.items()} | {"sept": 9}
_EN_ORDINALS = {w: n for n, w in enumerate(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(), 1)}
_EN_ORDINALS |= {f"twenty[ -]{w}": 20 + n for w, n in list(_EN_ORDINALS.items())[:9]} | {
    "thirtieth": 30, "thirty[ -]first": 31}
_EN_CARDINALS = {w: n for n, w in enumerate(
    "one two three four five six seven eight nine ten eleven twelve".split(), 1)} | {"a": 1, "an": 1, "couple of": 2, "a couple of": 2}
_EN_MONTH = r"(?P<month>(?:" + "|".join(sorted((m for m in _EN_MONTHS), key=len, reverse=True)) + r"))\b"
_EN_DAY = (r"(?P<day>[0-3]?[0-9](?:st|nd|rd|th)?|"
           + "|".join(sorted(_EN_ORDINALS, key=len, reverse=True)) + r")\b")
_EN_WEEKDAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b"
_EN_COUNT = r"(?P<count>[0-9]+|" + "|".join(sorted(_EN_CARDINALS, key=len, reverse=True)) + r")"
_EN = [
    (rf"\blast\s+year\s+in\s+{_EN_MONTH}|\b{_EN_MONTH.replace('month', 'other')}\s+(?:of\s+)?last\s+year", "lastyear"),
    (rf"\b{_EN_MONTH}\s+(?:the\s+)?{_EN_DAY}(?!\d)", "date"),
    (rf"\b(?:the\s+)?{_EN_DAY}\s+(?:of\s+)?{_EN_MONTH}", "date"),
    (rf"\b(?:the\s+)?{_EN_DAY}\s+of\s+(?P<rel>last|this)\s+month", "relmonth"),
    (r"\b(?:the\s+)?day\s+before\s+yesterday", "day_before_yesterday"),
    (r"\byesterday|\blast\s+(?:night|evening)", "yesterday"),
    (r"\btoday|\bthis\s+(?:morning|afternoon|evening)|\btonight", "today"),
    (rf"\b(?P<which>last|this|past)\s+{_EN_WEEKDAY}", "weekday"),
    (r"\bthe\s+week\s+before\s+last", "week_before_last"),
    (r"\blast\s+weekend", "last_weekend"),
    (r"\blast\s+week", "last_week"),
    (r"\bthis\s+week", "this_week"),
    (r"\bthe\s+month\s+before\s+last", "month_before_last"),
    (r"\b(?:last|previous)\s+month", "last_month"),
    (r"\bthis\s+month", "this_month"),
    (r"\blast\s+year", "last_year"),
    (rf"\b{_EN_COUNT}\s+days?\s+ago", "daysago"),
    (rf"\b{_EN_COUNT}\s+weeks?\s+ago", "weeksago"),
    (rf"\b{_EN_COUNT}\s+months?\s+ago", "monthsago"),
    (rf"\bon\s+{_EN_WEEKDAY}", "bareweekday"),
    (r"\b(?P<rel>last\s+)?(?P<festival>" + "|".join(festivals.WORDS["en"]) + r")\b(?!\s+(?:plan|package|offer|deal|promotion|sale|gift|discount))", "festival"),
    (rf"\b(?:in|since|during|for|my|the|of)\s+(?!may\s+(?:i|be|not|have)){_EN_MONTH}", "month"),
    (rf"\bon\s+the\s+{_EN_DAY}(?!\s+(?:floor|street|avenue|line|phone|call|attempt|try|page|row|corner|one|of\s+(?!the\s+month)))", "day"),
]

_COMPILED = {
    "zh": [(re.compile(pattern), kind) for pattern, kind in _ZH],
    "en": [(re.compile(pattern), kind) for pattern, kind in _EN],
}
_BY_SOUND = [(re.compile(by_sound(p, SAME)), kind) for p, kind in (
    (r"上个月", "last_month"), (r"昨天晚上", "yesterday"), (r"昨天", "yesterday"), (r"前天", "day_before_yesterday"),
    (r"今天[早上下晚]", "today"), (r"上个星期", "last_week"), (r"去年", "last_year"))]

_COMPARED = re.compile(r"比\s*$|(?:和|跟|同|与)$|每$")
"""Times that are only compared with (比上个月多) are not when it happened."""
_DAY_CUE = re.compile(r"(?:^|在|从|到|自|是|于|这个?月|[就的])$")
_TAKEN_BACK = re.compile(
    r"(?:[,.啊哦噢呃嗯]|的|那?个?)*(?:不对|不是|不,|说错了?|错了|记错了?)[,.]*(?:是|应该是)?|[\s,.]*(?:no|sorry|wait|actually|i mean|rather)\b[\s,.]*(?:it was |the )?")
"""What stands between a time said by mistake and the one that was meant."""
_MONTH_COUNT = re.compile(r"^(?:个|月)")
_FUTURE = re.compile(r"下个?(?:周|星期|礼拜|月)$")


def _zh_count(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    if "十" in text:
        tens, _, units = text.partition("十")
        return (_ZH_DIGITS[tens] if tens else 1) * 10 + (_ZH_DIGITS[units] if units else 0)
    return _ZH_DIGITS.get(text) if len(text) == 1 else None


def _en_count(text: str) -> int | None:
    if re.match(r"\d+", text):
        return int(re.match(r"\d+", text)[0])
    for table in (_EN_CARDINALS, _EN_ORDINALS):
        for word, number in table.items():
            if re.fullmatch(word, text):
                return number
    return None


def _year(text: str | None, on: datetime.date) -> int | None:
    if not text:
        return None
    relative = {"今": on.year, "去": on.year - 1, "前": on.year - 2}
    if text in relative:
        return relative[text]
    return int("".join(c if c.isdigit() else str(_ZH_DIGITS[c]) for c in text))


def _name(kind: str, groups: dict, lang: str, on: datetime.date) -> str | None:
    """The value's name, None when it cannot be a day in the past."""
    count = _zh_count if lang == "zh" else _en_count

    def month_of(text: str) -> int | None:
        return _zh_count(text) if lang == "zh" else _EN_MONTHS.get(text)

    if kind in ("date", "month"):
        month, year = month_of(groups["month"]), _year(groups.get("year"), on)
        if month is None or not 1 <= month <= 12:
            return None
        prefix = "" if year is None or year == on.year else f"{year}-"
        if kind == "month":
            return f"{prefix}{month}"
        day = count(groups["day"])
        if day is None or not 1 <= day <= calendar.monthrange(year or 2024, month)[1]:
            return None
        return f"{prefix}{month}-{day}"
    if kind == "lastyear":
        month = month_of(groups["month"] or groups["other"])
        return f"{on.year - 1}-{month}" if month else None
    if kind == "festival":
        festival = next(name for pattern, name in festivals.WORDS[lang].items() if re.fullmatch(pattern, groups["festival"]))
        year = _year(groups.get("year"), on)
        return festival if year in (None, on.year) else f"{year}-{festival}"
    if kind == "halfmonth":
        return "15_days_ago"
    if kind == "relmonth":
        back = groups["rel"].startswith(("上", "last"))
        first = on.replace(day=1)
        month = (first - datetime.timedelta(days=1)).month if back else on.month
        day = count(groups["day"])
        return f"{month}-{day}" if day and 1 <= day <= 31 else None
    if kind == "day":
        day = count(groups["day"])
        if not day or not 1 <= day <= 31:
            return None
        month = on.month if day <= on.day else (on.replace(day=1) - datetime.timedelta(days=1)).month
        return f"{month}-{day}"
    if kind in ("weekday", "bareweekday"):
        day = _ZH_WEEKDAYS[groups["weekday"]] if lang == "zh" else _WEEKDAYS.index(groups["weekday"][:3])
        which = groups.get("which") or ""
        if which in ("上", "last", "past"):
            return f"last_{_WEEKDAYS[day]}"
        if which:
            return f"this_{_WEEKDAYS[day]}" if day <= on.weekday() else None
        return f"{'this' if day <= on.weekday() else 'last'}_{_WEEKDAYS[day]}"
    if kind.endswith("sago"):
        number = count(groups["count"]) or (2 if groups["count"] == "两" else None)
        return f"{number}_{kind.removesuffix('ago')}_ago" if number else None
    return kind


def occurred(line: Line, on: datetime.date) -> Value | None:
    """The first time that is told, named as in `resolve`; None when none is."""
    lang = "zh" if line.heard.lang == "zh" else "en"
    told: list[tuple[int, int, str]] = []
    taken = bytearray(len(line.chars))
    for pattern, kind in _COMPILED[lang]:
        for m in pattern.finditer(line.chars):
            # of two that overlap, the pattern listed first (the most specific)
            if any(taken[m.start():m.end()]):
                continue
            if _COMPARED.search(line.chars[max(0, m.start() - 12):m.start()]) or _FUTURE.search(line.chars[max(0, m.end() - 12):m.end()]):
                continue
            name = _name(kind, m.groupdict(), lang, on)
            if name is None or (kind == "month" and _MONTH_COUNT.match(line.chars[m.end():])):
                continue
            if kind == "day" and line.dictated and not _DAY_CUE.search(line.chars[:m.start()], max(0, m.start() - 3)):
                continue  # a month before it may have been misheard
            told.append((m.start(), m.end(), name))
            taken[m.start():m.end()] = b"1" * (m.end() - m.start())
    best: tuple[int, int, str, str] | None = None
    for start, end, name in sorted(told):
        if best is None or _TAKEN_BACK.fullmatch(line.chars[best[1]:start]):
            best = (start, end, name, "text")
    if best is None and line.dictated:
        for pattern, kind in _BY_SOUND:
            m = pattern.search(line.sound)
            if m and not _COMPARED.search(line.chars[:m.start()]):
                best = (m.start(), m.end(), kind, "sound")
                break
    if best is None:
        return None
    start, end, name, how = best
    return Value("occurred", name, source=line.source(start, end, how, 1.0 if how == "text" else 0.8))


def _month_span(year: int, month: int) -> tuple[datetime.date, datetime.date]:
    return datetime.date(year, month, 1), datetime.date(year, month, calendar.monthrange(year, month)[1])


def _months_back(on: datetime.date, count: int) -> tuple[int, int]:
    index = on.year * 12 + on.month - 1 - count
    return index // 12, index % 12 + 1


def resolve(name: str, on: datetime.date) -> tuple[datetime.date, datetime.date] | None:
    """First and last day that a value of `occurred` means, seen from the day of the call; None if unknown.

    Days and months without a year are the latest that are not in the future.
    """
    day = datetime.timedelta(days=1)
    monday = on - day * on.weekday()
    fixed = {
        "today": (on, on), "yesterday": (on - day, on - day), "day_before_yesterday": (on - 2 * day, on - 2 * day),
        "this_week": (monday, on), "last_week": (monday - 7 * day, monday - day),
        "week_before_last": (monday - 14 * day, monday - 8 * day),
        "last_weekend": (monday - 2 * day, monday - day),
        "this_month": (on.replace(day=1), on), "last_month": _month_span(*_months_back(on, 1)),
        "month_before_last": _month_span(*_months_back(on, 2)),
        "last_year": (datetime.date(on.year - 1, 1, 1), datetime.date(on.year - 1, 12, 31)),
        "year_before_last": (datetime.date(on.year - 2, 1, 1), datetime.date(on.year - 2, 12, 31)),
    }
    if name in fixed:
        return fixed[name]
    if m := re.fullmatch(r"(last|this)_(mon|tue|wed|thu|fri|sat|sun)", name):
        which = monday + day * _WEEKDAYS.index(m[2]) - (7 * day if m[1] == "last" else 0 * day)
        return which, which
    if m := re.fullmatch(r"(\d+)_(days|weeks|months)_ago", name):
        count = int(m[1])
        if m[2] == "months":
            return _month_span(*_months_back(on, count))
        when = on - day * count * (7 if m[2] == "weeks" else 1)
        return when, when
    if (m := re.fullmatch(r"(?:(\d{4})-)?([a-z_]+)", name)) and m[2] in festivals.NAMES:
        for year in [int(m[1])] if m[1] else range(on.year, on.year - 5, -1):
            days = festivals.span(m[2], year)
            if days and days[0] <= on:
                return days[0], min(days[1], on)
        return None
    if m := re.fullmatch(r"(?:(\d{4})-)?(\d{1,2})(?:-(\d{1,2}))?", name):
        month = int(m[2])
        for year in ([int(m[1])] if m[1] else [on.year, on.year - 1, on.year - 2, on.year - 3, on.year - 4]):
            try:
                span = _month_span(year, month) if not m[3] else (datetime.date(year, month, int(m[3])),) * 2
            except ValueError:
                continue
            if span[0] <= on:
                return span[0], min(span[1], on)
    return None

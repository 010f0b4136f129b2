"""Holidays that callers date things by: 国庆期间, 春节, "over Christmas"."""

from __future__ import annotations

import datetime

WORDS = {
    "zh": {
        r"元旦": "new_year", r"春节|过年|大年(?:初[一二三四五六七]|三十)|除夕": "spring_festival", r"清明(?:节)?": "qingming",
        r"五一(?:节|假期|长假|放假|黄金周|劳动节)?|劳动节": "labour_day", r"端午(?:节)?": "dragon_boat",
        r"中秋(?:节)?": "mid_autumn", r"国庆(?:节)?|十一(?:假期|长假|放假|黄金周)": "national_day", r"圣诞(?:节)?": "christmas",
    },
    "en": {
        r"new year'?s?(?: day| eve)?": "new_year",
        r"(?:spring festival|(?:chinese|lunar) new year)": "spring_festival", r"(?:qingming|tomb.sweeping)(?: festival| day)?": "qingming",
        r"(?:may day|labou?r day)": "labour_day", r"dragon boat(?: festival)?": "dragon_boat",
        r"(?:mid.?autumn|moon)(?: festival)": "mid_autumn", r"(?:national day|golden week)": "national_day",
        r"(?:christmas|xmas)": "christmas",
    },
}
"""Patterns and the names that values of `occurred` have."""

NAMES = frozenset(WORDS["zh"].values())

_FIXED = {
    "new_year": ((1, 1), (1, 3)), "qingming": ((4, 4), (4, 6)), "labour_day": ((5, 1), (5, 5)),
    "national_day": ((10, 1), (10, 7)), "christmas": ((12, 24), (12, 26)),
}
"""First and last day (month, day) of those that follow the sun; the usual days off."""

_MOON = {
    "spring_festival": "0125 0212 0201 0122 0210 0129 0217 0206 0126 0213 0203 0123 0211 0131 0219 0208",
    "dragon_boat": "0625 0614 0603 0622 0610 0531 0619 0609 0528 0616 0605 0624 0612 0601 0620 0610",
    "mid_autumn": "1001 0921 0910 0929 0917 1006 0925 0915 1003 0922 0912 1001 0919 0908 0927 0916",
}
"""Month and day in 2020, 2021, … of those that follow the moon (first day of the first month, fifth of the
fifth, fifteenth of the eighth; the calendar of GB/T 33661)."""

_AROUND = {"spring_festival": (1, 6), "dragon_boat": (0, 2), "mid_autumn": (0, 2)}
"""Days off before and after that day."""


def span(name: str, year: int) -> tuple[datetime.date, datetime.date] | None:
    """First and last day of a holiday in a year; None when that year is not in the table."""
    if name in _FIXED:
        first, last = _FIXED[name]
        return datetime.date(year, *first), datetime.date(year, *last)
    days = _MOON[name].split()
    if not 0 <= year - 2020 < len(days):
        return None
    day = datetime.date(year, int(days[year - 2020][:2]), int(days[year - 2020][2:]))
    before, after = _AROUND[name]
    return day - datetime.timedelta(days=before), day + datetime.timedelta(days=after)

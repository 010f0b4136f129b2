"""Where it happened: provinces, cities, districts (national register in `words/places.tsv`) and countries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pypinyin import lazy_pinyin

from .form import Value
from .lexicon import table
from .line import Line
from .sound import distance, syllables

_REGISTER = Path(__file__).parent / "words" / "places.tsv"
_PEOPLES = re.compile(
    r"(?:壮族|回族|维吾尔|特别行政区|[一-鿿]{1,4}族|蒙古|哈萨克|柯尔克孜)*(?:自治[区州县旗]|特别行政区)$|地区$|盟$")
_CUE = re.compile(r"(?:在|到|去|来|从|位于|住|是|地址|地点|人在|回|于|家|位置)(?:[是:,的])?$")
_NETWORK = re.compile(r"^(?:省|市)?(?:的)?(?:移动|联通|电信|广电|号码|号|卡|人|话|用户|银行|路|大道|街)")
_HERE = re.compile(r"^(?:这边|这里|那边|那里|地区|市区|没|的?信号|的?网|的?宽带|的?家|漫游|旅游|出差|玩|用|上网|出国|境内|境外)")
_ABROAD = re.compile(r"(?:在|到|去(?:了|过)?(?:一趟|一次|两趟)?|飞|从|漫游|出国|出差|旅游|来|人在|赴|回)[了过]?$")

_SOUND_MEAN, _SOUND_WORST = 0.2, 0.45
"""Mean and worst distance per syllable at which a place is recognised by sound."""


@dataclass(frozen=True)
class Place:
    """One entry of the register."""

    code: str
    name: str
    short: str

    @property
    def level(self) -> int:
        """1 province, 2 city, 3 district or county."""
        return 1 if self.code.endswith("0000") else 2 if self.code.endswith("00") else 3

    @property
    def prefix(self) -> str:
        """The start of the codes of everything inside it."""
        return self.code[:2 * self.level]


def _short(name: str) -> str:
    if name == "内蒙古自治区":
        return "内蒙古"
    bare = _PEOPLES.sub("", name)
    bare = bare if len(bare) >= 2 else name[:2]
    if bare == name and len(name) >= 3:
        bare = re.sub(r"(?:新区|[省市区县旗])$", "", name)
        bare = bare if len(bare) >= 2 else name
    return bare


@cache
def register() -> tuple[Place, ...]:
    """Every province, city and county."""
    rows = [line.split("\t") for line in _REGISTER.read_text("utf-8").splitlines() if not line.startswith("#")]
    return tuple(Place(code, name, _short(name)) for code, name in rows)


@cache
def _by_start() -> dict[str, list[tuple[str, Place]]]:
    """Names (full and short) by their first two characters, longest first."""
    index: dict[str, list[tuple[str, Place]]] = {}
    for place in register():
        for form in {place.name, place.short, place.short + ("市" if place.level == 1 else "")}:
            if len(form) >= 2:
                index.setdefault(form[:2], []).append((form, place))
    for forms in index.values():
        forms.sort(key=lambda pair: (-len(pair[0]), pair[1].code))
    return index


@cache
def _children(prefix: str) -> tuple[tuple[Place, tuple[str, ...]], ...]:
    return tuple((place, tuple(lazy_pinyin(place.name))) for place in register()
                 if place.code.startswith(prefix) and place.prefix != prefix)


@cache
def _upper() -> tuple[tuple[Place, tuple[str, ...]], ...]:
    return tuple((place, tuple(lazy_pinyin(place.short))) for place in register() if place.level <= 2)


@cache
def _countries(lang: str) -> tuple[str, ...]:
    text = table("countries")[lang]
    names = text.split() if lang == "zh" else [" ".join(n.split()) for n in text.split(";")]
    return tuple(sorted(names, key=len, reverse=True))


def _options(text: str, at: int) -> list[tuple[str, Place]]:
    return [(form, place) for form, place in _by_start().get(text[at:at + 2], ()) if text.startswith(form, at)]


def _chain(text: str, at: int) -> tuple[int, list[tuple[str, Place]]]:
    """The longest row of places, each inside the one before, that starts at a position."""
    best: tuple[int, list[tuple[str, Place]]] = (at, [])
    for form, place in _options(text, at):
        end, row = at + len(form), [(form, place)]
        while True:
            inside = [(f, p) for f, p in _options(text, end + (text[end:end + 1] in ("的", ",")))
                      if p.code.startswith(row[-1][1].prefix) and p.level > row[-1][1].level]
            if not inside:
                break
            gap = text[end:end + 1] in ("的", ",")
            end += gap + len(inside[0][0])
            row.append(inside[0])
        if (end, len(row)) > (best[0], len(best[1])):
            best = end, row
    return best


def _alike(wanted: tuple[str, ...], said: list[str]) -> float | None:
    """Mean distance of two rows of syllables of one length, None when they are not alike."""
    if len(said) != len(wanted) or not all(s.isascii() and s.isalpha() for s in said):
        return None
    costs = [distance(a, b) for a, b in zip(wanted, said, strict=True)]
    mean = sum(costs) / len(costs)
    return mean if mean <= _SOUND_MEAN and max(costs) <= _SOUND_WORST else None


def _heard_at(options: tuple[tuple[Place, tuple[str, ...]], ...], said: list[str], at: int,
              shortest: int) -> tuple[float, int, Place] | None:
    best = None
    for place, wanted in options:
        if len(wanted) < shortest:
            continue
        cost = _alike(wanted, said[at:at + len(wanted)])
        if cost is not None and (best is None or (cost - 0.05 * len(wanted)) < best[0] - 0.05 * best[1]):
            best = (cost, len(wanted), place)
    return best


def _completed(row: list[tuple[str, Place]], end: int, said: list[str]) -> tuple[int, list[tuple[str, Place]]]:
    """A short name at the end of a row filled up when the rest was heard (浦东兴起 for 浦东新区)."""
    form, place = row[-1]
    rest = tuple(lazy_pinyin(place.name[len(form):])) if place.name.startswith(form) else ()
    if rest and _alike(rest, said[end:end + len(rest)]) is not None:
        return end + len(rest), [*row[:-1], (place.name, place)]
    return end, row


def _zh(line: Line) -> Value | None:
    text = line.chars
    asked = line.heard.ask in ("location", "place", "address")
    said = syllables(text) if line.dictated else []
    at = 0
    weak: Value | None = None
    while at < len(text) - 1:
        end, row = _chain(text, at)
        if not row:
            at += 1
            continue
        names = [form for form, _ in row]
        heard_inside = None
        if line.dictated and row[-1][1].level < 3:
            heard_inside = _heard_at(_children(row[-1][1].prefix), said, end, 3)
        cue = asked or _CUE.search(text[:at]) or _HERE.match(text[end:])
        if line.dictated and (cue or len(row) > 1):
            end, row = _completed(row, end, said)
            names = [form for form, _ in row]
        full = names[-1] == row[-1][1].name and len(names[-1]) >= 3
        if heard_inside and (cue or len(row) > 1):
            cost, length, place = heard_inside
            source = line.source(at, end + length, "sound", 0.9 - cost)
            return Value("location", "".join(names) + place.name, source=source)
        if _NETWORK.match(text[end:]) and not (len(row) > 1 and full):
            at = end
            continue
        if len(row) > 1 or (full and row[-1][1].level >= 2) or cue and (row[-1][1].level < 3 or full or asked):
            value = "".join(names)
            if len(row) > 1 or full:
                return Value("location", value, source=line.source(at, end))
            weak = weak or Value("location", value, source=line.source(at, end, score=0.8))
        at = end
    if weak:
        return weak
    for country in _countries("zh"):
        where = text.find(country)
        if where >= 0 and (asked or _ABROAD.search(text[:where]) or _HERE.match(text[where + len(country):])):
            return Value("location", country, source=line.source(where, where + len(country)))
    if line.dictated:
        return _zh_sound(line, said, asked)
    return None


def _zh_sound(line: Line, said: list[str], asked: bool) -> Value | None:
    """A place after 在 (or asked for) that the recogniser wrote with other characters."""
    for m in re.finditer(r"在|地址[在是]?" + (r"|^" if asked else ""), line.chars):
        outer = _heard_at(_upper(), said, m.end(), 2)
        if not outer:
            continue
        cost, length, place = outer
        end = m.end() + length
        inner = _heard_at(_children(place.prefix), said, end, 3)
        if inner:
            value = place.short + inner[2].name
            return Value("location", value, source=line.source(m.end(), end + inner[1], "sound", 0.8 - cost))
    return None


@cache
def _english() -> tuple[re.Pattern, re.Pattern]:
    upper = sorted({"".join(said).lower() for _, said in _upper()} | {"hong kong", "xi'an", "inner mongolia", "tibet", "macau"},
                   key=len, reverse=True)
    cities = "|".join(re.escape(name) for name in upper if len(name) >= 4)
    countries = "|".join(re.escape(name.lower()) for name in _countries("en"))
    district = r"(?!(?:our|your|this|that|the|whole|same|entire|any|every|local|my)\b)[a-z]{3,12}(?: new)? (?:district|county|area)"
    place = rf"(?:{district}(?:,? (?:in |of )?(?:{cities}))?|(?:{cities})(?: city| province)?(?:,? {district})?|[a-z]{{4,12}}, (?:{cities})|(?:{countries}))"
    return (re.compile(rf"\b(?:in|at|from|near|to|around|of|visiting)\s+(?:the\s+)?(?P<place>{place})\b"), re.compile(rf"(?P<place>{place})\b"))


def _en(line: Line) -> Value | None:
    cued, bare = _english()
    asked = line.heard.ask in ("location", "place", "address")
    m = (bare if asked else cued).search(line.chars)
    if not m:
        return None
    low, high = line.original(*m.span("place"))
    return Value("location", line.heard.text[low:high], source=line.source(*m.span("place")))


def place(line: Line) -> Value | None:
    """The place that the caller names, as said ("北京朝阳区"); None when none is named.

    A lone province or city counts only after a word such as 在, since 北京移动 and 广东号码 are no places
    of an event.
    """
    return _zh(line) if line.heard.lang == "zh" else _en(line)


def province_of(text: str) -> str:
    """Code of the province that a place lies in, two digits: "浙江省杭州市" and "杭州" are 33; '' for none or more than one."""
    found = {place.code[:2] for _, place in _options(text, 0) if place.level == 1} or {place.code[:2] for _, place in _options(text, 0) if place.level == 2}
    return found.pop() if len(found) == 1 else ""

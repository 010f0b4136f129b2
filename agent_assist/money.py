"""Sums of money, and which of them is in dispute."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import cn2an

from .form import Value
from .line import Line

_ZH_NUMBER = (r"(?:(?<![0-9])[0-9][0-9,]{0,15}(?![0-9])(?:\.[0-9]{1,8})?[十百千万]?"
              r"|(?<![零〇一二两三四五六七八九十百千万])[零〇一二两三四五六七八九十百千万]{1,24}(?:点[零一二三四五六七八九]{1,8})?)")
"""Bounded, and never begun inside a number: else time grows with the square of the length of a run of digits."""
_ZH_MONEY = re.compile(
    rf"(?:[¥¥]|人民币)\s*(?P<sign>{_ZH_NUMBER})"
    rf"|(?P<number>{_ZH_NUMBER})(?P<about>[多几来]?)(?:个)?(?P<unit>块钱|块|元钱|元|圆|rmb|人民币|美元|港币|刀)"
    rf"(?P<tail>[零〇一二两三四五六七八九0-9](?![0-9十百千万个天次年月号日点块元]))?(?P<jiao>[一二两三四五六七八九0-9]?[毛角])?(?:[多几来])?(?:钱)?"
    rf"|(?P<cents>{_ZH_NUMBER})(?:毛|角)(?:钱)?"
)
# 块, 元 and 钱 are what dictation mishears most: 十九会, 三十八人的, 八十八远.
_ZH_MONEY_SOUND = re.compile(
    rf"(?P<number>{_ZH_NUMBER})(?P<about>[多几来]?)(?P<unit>[会快筷款回汇惠贵归亏块][钱前千先]?|[人远员原园圆缘愿云元])"
)
_MISHEARD_HUNDREDS = re.compile(r"([一二两三四五六七八九])[把白摆拜败班吧爸]$")
"""一百二十 often comes out as 一把二十."""
_ZH_BARE = re.compile(rf"(?P<number>{_ZH_NUMBER})(?P<about>[多几来]?)")
_ZH_NOT_MONEY = re.compile(r"^(?:[个天次年月号日点分秒兆级岁位条张遍周期g m%小半星礼]|(?:mb|gb|kb|m|g|k)\b|个月)")

_EN_UNITS = {w: n for n, w in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen".split())} | {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_EN_SIZES = {"hundred": 100, "thousand": 1000, "grand": 1000}
_EN_DIGITS = r"(?<![0-9])[0-9][0-9,]{0,15}(?![0-9])(?:\.[0-9]{1,8})?"
_EN_NUMBER = (rf"(?:{_EN_DIGITS}(?: grand\b|k\b)?|\b(?:(?:and )?a half (?=thousand|grand)|(?:a |an )?(?:"
              + "|".join([*_EN_UNITS, *_EN_SIZES]) + r"|(?:couple (?:of )?)(?=hundred|thousand|grand)|a half(?= *(?:[.,]|$|dollars|bucks|yuan))|and|point)(?:[\s-]+|(?=[.,]|$)|\b)){1,16}|\ba(?= (?:dollar|buck|pound|quid|euro)\b))")
_EN_INSIDE = re.compile(r"\b(?:" + "|".join([*_EN_UNITS, *_EN_SIZES, "point", "few"]) + r")[\s-]+$")
_EN_MONEY = re.compile(
    rf"(?:[$¥£€]\s*|\b(?:rmb|cny|usd|eur|gbp)\s*)(?P<sign>{_EN_DIGITS}k?)"
    rf"|(?P<number>{_EN_NUMBER})(?:[\s-]+odd)?[\s-]*(?P<unit>dollars?|bucks?|yuan|rmb|cny|usd|eur|gbp|kuai|renminbi|euros?|pounds?|quid|[¥$€£])(?!\w)"
    rf"(?:\s+(?:and\s+)?(?P<tail>{_EN_NUMBER})(?:\s*(?:cents|fen))?(?=[\s,.]*$|[,.]|\s(?:for|a|per|each|on|from|in|every|last|too|extra|instead|more|and|when|but|again|twice|to|without|off)\b))?"
    rf"|(?P<cents>{_EN_NUMBER})\s*(?:cents?|pence|fen)\b"
)
_EN_BARE = re.compile(rf"(?P<number>{_EN_NUMBER})")
_EN_VERB = re.compile(
    r"\b(?:(?:over\s?|double\s?)?charg(?:ed?|ing)|(?:over)?bill(?:ed|ing)|lost|losing|owe|short|refund|took|taken|taking|deduct(?:ed|s|ing)?|paid|paying|debited|cost(?:s|ing)?)"
    r"(?: (?:me|us|him|her|my \w+|out))?(?: again| twice)?,?(?: (?:by|roughly|approximately|another|just|only|well over|close to|about|around|some|like|an? (?:extra|additional|whole)|over|almost|nearly|exactly|up to|for))*\s*$")
_EN_NOT_MONEY = re.compile(
    r"^\s*(?:times?|days?|weeks?|months?|years?|hours?|minutes?|gigs?|gb|mb|giga\w*|mega\w*|calls?|texts?|messages?|services?|"
    r"different|people|percent|%|of\b|or\b|too many|st\b|nd\b|rd\b|th\b|g\b|am\b|pm\b|o'clock|[:/-])")

_EN_EXTRA = re.compile(r"\b(?:an? |another )?(?:extra|additional) $")
_EN_ENDS = re.compile(r"\s*(?:[.,]|$|on (?:my|the|this)\b)")
"""After "an extra 23" a number ends so when it is money."""
_EN_CHARGING = re.compile(r"\b(?:\w*charg\w+|\w*bill\w*|paid|pay(?:ing)?|took|deduct\w*|cost\w*|fee|invoice|statement)\b")

# Roles of a sum, by the words around it (same clause, before or after).
_ROLES = {
    "zh": {
        "excess": (r"(多|乱|误|重复|错|少|白)(给|退|返)?(扣|收|算|出|花|交|缴|付|刷|了|退|返|要)|收错|扣错|要加|加收|另收|多加|这笔|超(出|过|了)|不该|退(还|回|给|掉|款|钱)?|返还|差(了|额)?|"
                   r"(要回|拿回|还给)|莫名", r"退|不该|(是)?多(扣|收|出|算)|没了|不见|还给我|返还|没到账|不到账|对不上|要回"),
        "charge": (r"扣|收(?!到|入|集|费员)|花|刷|交|缴|付|算|欠|要(了)?我|罚|账单|费用?(是|为|有|共|一共)|话费", r"(的)?[^,.]{0,8}费|扣|(被)?收"),
        "price": (r"原来|本来|之前|以前|原先|原价|说好|说(是|的)?|广告|宣传|承诺|答应|应该|变成|改成|换成|涨到|升到|一直(用|是)|用的是|套餐|资费|月租|最低消费|办(的|了)|价格|海报|写(着|的|了)",
                  r"^的?(的)?(套餐|月租|流量包|卡|档|资费|保底|优惠|最低消费)|^的(?![^,.]{0,8}费|[^,.]{0,3}钱|话费|增值)|包月|一个月|每个?月|/月|封顶"),
        "wanted": (r"赔偿?|补偿|弥补|精神损失", r"赔|补偿"),
        "other": (r"余额|剩|还有|里有|充|存|预存|押金|卡里|账户里?|工资|送|优惠|减", r"(的)?(余额|押金|优惠券?|红包|话费券)"),
    },
    "en": {
        "excess": (r"over\s?charged?|extra|too much|refund|back|wrong(ly)?|twice|double|more than|excess|missing|return|owe me",
                   r"too (much|high|many)|extra|more\b|higher|over|back|refund|that i (did|have)|i never|without|less"),
        "charge": (r"charged?|bill(ed)?|took|tak(e|es|en|ing)|goes down|drop(s|ped)|los(t|es|ing)|eat(s|en|ing)|deduct(ed)?|cost|paid|pay|fee|debited|withdr[ae]wn?|invoice", r"fee|charge|was (taken|charged|deducted)|for\b|on my bill"),
        "price": (r"used to be|was supposed|should (be|have)|originally|advert\w*|promis\w+|told|said|plan|was|from|to|instead of|per month",
                  r"^(plan|package|a month|per month|monthly|tariff)"),
        "wanted": (r"compensat\w+", r"compensat\w+|in damages"),
        "other": (r"balance|left|credit|top\w* up|deposit|remain\w*|gift|discount", r"balance|left|credit|deposit|discount|^off\b(?! me| my)"),
    },
}

_COMPARE = {
    "zh": re.compile(r"原来|本来|之前|以前|原先|说好|说是|广告|宣传|承诺|答应|应该|变成|改成|换成|涨到|涨成|升到|结果|实际|却|合同上|不一样|而不是"),
    "en": re.compile(r"used to|was supposed|should|originally|adverti\w*|promis\w+|told|said|instead|but|now|from\b.*\bto|went up|not the"),
}


_UNWANTED = re.compile(
    r"(没|没有|未|不)(经|让|同意|订|开|办|要|点|申请|买|用)|不是我|莫名|[平无][白缘]无故|被(人)?(订|开|办|加|定)|谁(给|帮)|就给我(订|开|办|加)|(多|冒)(了|出)|偷|私自|擅自|什么(东西|玩意|业务|费)|不知"
    r"|(取消|退订|关)[^.]{0,8}(还|仍|照)"
    r"|\b(without (my|me|asking|permission|consent)|never|didn't|did not|don't want|who (?:said|asked|told)|cancel (?:it|this|that)|not (ordered|requested|asked)|cancel+ed|unsubscribed)\b")
"""Words of things never ordered: their monthly price is the sum in dispute."""
_PROMISED = re.compile(r"广告|宣传|说好|承诺|号称")
_EN_PROMISED = re.compile(
    rf"\b(?:ads?|advert\w*|poster|banner|leaflet|flyer|website|promised|told|said|says|quoted)\b[^.]{{0,25}}?(?P<number>{_EN_NUMBER})(?=\s*(?:,|but|a month|per|$))")
"""A promised price, even one without a currency."""
_FREE = re.compile(r"免(?:费|月租|收|单)|\bfree\b|\bno (?:fee|charge|cost|extra)s?\b|不收|不要钱|不用钱|没有(月租|费用)|不花钱|赠送|送")
_NOT_CREDITED = re.compile(
    r"(没有?|不|未)(显示)?(到账?|收到|进账|入账|进来)|余额(还|仍|依然|依旧)?(是|为)(零|0)|(never|not|n't)\s+(arriv|credit|receiv|show|been (add|credited)|gone through|add)"
    r"|(never|not|n't) (on|in) my (account|balance|phone)|nothing (was|got|has been) (added|credited)|still (shows |says |is )?(zero|the same|empty)"
    r"|(就|都|全)?(没了|没有了|不见了|光了|花完了)|(already|just|all) (gone|vanished|disappeared)|\b(vanish|disappear|evaporat)ed")
"""What follows a top-up that went astray."""
_WITHHELD = re.compile(r"(余额|押金|预存款?|话费)[^.]{0,8}(不|没|未)(有)?(肯)?(退|还给|返)|\b(balance|deposit|credit)\b[^.]{0,30}\b(never|not|n't|won't|refuse)[^.]{0,15}(return|refund|back)|\b(balance|credit|account)\b[^.]{0,20}\b(zero|empty|nothing)\b"
    r"|\bwhere (did|has|have|is|are)\b[^.]{0,40}\b(go|gone|credit|balance|money)\b")
"""Money of the caller's that the line keeps."""
_NEARBY = 60
"""Characters within which it follows."""


_PLAN = re.compile(r"套餐|月租|资费|档|流量卡|\b(?:plan|package|tariff|contract|bundle)\b")


@dataclass(frozen=True)
class Sum:
    """An amount of money in an utterance."""

    value: int | float
    start: int
    end: int
    how: str
    role: str
    """excess, charge, price, wanted, other or '' (see `amount`)."""


_LONGEST = 15
"""Digits or words of the longest sum that is read; a float holds no more digits exactly."""


def chinese_number(text: str) -> int | float | None:
    """三百六 -> 360, 一千零五 -> 1005, 1,200 -> 1200, 十九点五 -> 19.5; None when it is no number."""
    plain = text.replace(",", "").replace("〇", "零").rstrip("点")
    if not plain or len(plain) > _LONGEST:
        return None
    if re.fullmatch(r"[十百千万]+", plain):
        plain = plain if plain == "十" else "一" + plain
    try:
        value = cn2an.cn2an(plain, "smart")
    except (ValueError, KeyError, IndexError):
        return None
    return int(value) if value == int(value) else round(float(value), 2)


def english_number(text: str) -> int | float | None:
    """'one hundred and twenty' -> 120, '1,200.50' -> 1200.5; None when it is no number."""
    plain = text.replace(",", "").strip()
    if len(re.findall(r"[a-z]+|[0-9]", plain)) > _LONGEST:
        return None
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", plain):
        value = float(plain)
        return int(value) if value == int(value) else value
    if thousands := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s?(?:k|grand)", plain):
        value = round(float(thousands[1]) * 1000, 2)
        return int(value) if value == int(value) else value
    if plain == "a":
        return 1  # a dollar
    words = re.findall(r"[a-z]+", plain)
    if (price := _spoken_price(words)) is not None:
        return price
    total, part, seen, fraction, size = 0, 0, False, "", 0
    for word in words:
        if word == "point":
            fraction = "."
        elif fraction and word in _EN_UNITS:
            fraction += str(_EN_UNITS[word])
        elif word in _EN_UNITS:
            part, seen = part + _EN_UNITS[word], True
        elif word == "half":
            # "a grand and a half", but "three and a half thousand"
            part += 0.5 * size if size and not part else 0.5
        elif word == "couple":
            part = 2
        elif word == "hundred":
            part, seen = max(1, part) * 100, True
        elif word in _EN_SIZES:
            total, part, seen, size = total + int(max(0.5, part or 1) * 1000), 0, True, 1000
    if not seen:
        return None
    return float(f"{total + part}{fraction}") if len(fraction) > 1 else total + part


def _is_price(number: str) -> bool:
    """True for a number said or written as prices are: nineteen ninety nine, 19.99."""
    return bool(re.fullmatch(r"[0-9]+\.[0-9]{2}", number)) or _spoken_price(re.findall(r"[a-z]+", number) or ["zero"]) is not None


def _spoken_price(words: list[str]) -> int | float | None:
    """nineteen ninety nine -> 19.99, twelve fifty -> 12.5, one twenty -> 120; None for other rows of numbers."""
    if not all(word in _EN_UNITS for word in words):
        return None
    groups: list[int] = []
    for word in words:
        value = _EN_UNITS[word]
        if groups and groups[-1] >= 20 and groups[-1] % 10 == 0 and 0 < value < 10:
            groups[-1] += value
        else:
            groups.append(value)
    if len(groups) != 2 or not groups[0] or groups[1] < 10:
        return None
    whole, rest = groups
    # "one twenty" is 120, yet "nine ninety" and "nine ninety nine" are prices
    return whole * 100 + rest if whole < 10 and rest < 90 else round(whole + rest / 100, 2)


def _role(line: Line, start: int, end: int, lang: str) -> str:
    low, high = line.clause(start)
    low = max(low, start - (10 if lang == "zh" else 45))
    before, after = line.chars[low:start], line.chars[end:min(high, end + (8 if lang == "zh" else 35))].strip()
    table = _ROLES[lang]
    if lang == "zh" and re.search(r"(要|让|叫)我(们)?赔", before):
        return "charge"
    if re.search(table["wanted"][0], before) or re.match(table["wanted"][1], after):
        return "wanted"
    if lang == "zh" and re.match(r"的?(那个?|这个?)?(老|旧)?(套餐|月租|档|流量卡|卡)", after):
        return "price"
    if re.search(table["excess"][0], before) or re.search(table["excess"][1], after):
        return "excess"
    if _NOT_CREDITED.search(line.chars[end:end + _NEARBY]) and re.search(r"充|缴|交了|\btop|recharg|refill|load|paid", before):
        return "excess"
    places = {}
    for role in ("charge", "price", "other"):
        hits = [m.end() for m in re.finditer(table[role][0], before)]
        if hits:
            places[role] = max(hits)
    if re.search(table["price"][1], after):
        # "88元的套餐" names a plan even after 扣, "120元的增值业务费" does not
        return "price" if "charge" not in places else "charge"
    if re.search(table["other"][1], after):
        return "other"
    if places:
        return max(places, key=lambda role: places[role])
    if re.search(table["charge"][1], after):
        return "charge"
    return ""


def sums(line: Line) -> list[Sum]:
    """Every sum of money in a line, with its role."""
    lang = "zh" if line.heard.lang == "zh" else "en"
    found: list[Sum] = []
    if lang == "en":
        return _english(line)
    taken = bytearray(len(line.chars))
    patterns = [(_ZH_MONEY, "text")] + ([(_ZH_MONEY_SOUND, "sound")] if line.dictated else [])
    for pattern, how in patterns:
        for m in pattern.finditer(line.chars):
            groups = m.groupdict()
            value = chinese_number(groups.get("cents") or groups.get("sign") or groups["number"])
            if value is None or value <= 0 or any(taken[m.start():m.end()]):
                continue
            if groups.get("cents"):
                value = round(value / 10, 2)
            if groups.get("tail"):
                value = round(value + (chinese_number(groups["tail"]) or 0) / 10, 2)
            if groups.get("jiao"):
                value = round(value + (chinese_number(groups["jiao"][:-1] or "零") or 0) / 10, 2)
            start = m.start()
            if line.dictated and (more := _MISHEARD_HUNDREDS.search(line.chars[:start], max(0, start - 2))) and value < 100:
                value, start = value + (chinese_number(more[1]) or 0) * 100, more.start()
            role = _role(line, start, m.end(), lang)
            if how == "sound" and role not in ("excess", "charge", "price") and line.heard.ask != "amount":
                continue
            found.append(Sum(value, start, m.end(), how, role))
            taken[start:m.end()] = b"1" * (m.end() - start)
    found.extend(_bare(line, found))
    return _meant(line, sorted(found, key=lambda s: s.start), lang)


def _mask(line: Line, found: list[Sum]) -> bytearray:
    """Which characters belong to a sum already found (a look-up, since a long text may hold thousands)."""
    taken = bytearray(len(line.chars))
    for one in found:
        taken[one.start:one.end] = b"1" * (one.end - one.start)
    return taken


def _english(line: Line) -> list[Sum]:
    """Every sum of an English line; bare numbers straight after a verb of charging or asked for."""
    found: list[Sum] = []
    for m in _EN_MONEY.finditer(line.chars):
        if not m["sign"] and _EN_INSIDE.search(line.chars[max(0, m.start() - 12):m.start()]):
            continue  # the end of a longer row of numbers is no sum
        value = english_number(m["sign"] or m["number"] or m["cents"])
        if value and m["cents"]:
            value = round(value / 100, 2)
        if value and m["tail"]:
            value = round(value + (english_number(m["tail"]) or 0) / 100, 2)
        if value:
            found.append(Sum(value, m.start(), m.end(), "text", _role(line, m.start(), m.end(), "en")))
    taken = _mask(line, found)
    for m in _EN_BARE.finditer(line.chars):
        value = english_number(m["number"])
        if not value or value > 100000 or any(taken[m.start():m.end()]):
            continue
        before, after = line.chars[max(0, m.start() - _NEARBY):m.start()], line.chars[m.end():m.end() + _NEARBY]
        alone = line.heard.ask == "amount" and not re.sub(r"[.,!?]|i (?:guess|think|reckon)|or so|maybe|please|give or take|something|ish|-|odd|roughly|in total|altogether|total", "", after).strip()
        charged = (_EN_VERB.search(before) and value >= 2) or (_EN_EXTRA.search(before) and _EN_ENDS.match(after)) or (
            re.match(r"\s*(?:too (?:high|much)|more than (?:it|i|usual))\b", after)) or (
            "grand" in m["number"]) or (_is_price(m["number"]) and _EN_CHARGING.search(line.chars))
        # What was loaded is a sum only when it went astray.
        charged = charged or (re.search(r"\b(?:topped (?:it |my \w+ )?up|loaded|recharged|refilled|added)(?: with| by)? $", before)
                              and _NOT_CREDITED.search(after))
        if before.endswith("half "):
            continue  # half a grand
        if alone or (charged and not _EN_NOT_MONEY.match(after)):
            role = _role(line, m.start(), m.end(), "en") or "charge"
            found.append(Sum(value, m.start(), m.end(), "text", role))
    return _meant(line, sorted(found, key=lambda s: s.start), "en")


_INSTEAD = {
    "zh": re.compile(r"[^.]{0,4}?(?:哦不|噢不|啊不|不对|不不|不是|说错|错了|记错)[^.]{0,8}"),
    "en": re.compile(r"\W*(?:uh |um |oh )?(?:no|sorry|wait|actually|i mean|rather|correction|make that)\b[^.]{0,15}"),
}
"""What stands between a slip of the tongue and the sum that was meant."""


def _meant(line: Line, found: list[Sum], lang: str) -> list[Sum]:
    """The sums without those taken back at once (三十,哦不,三十五块); the later one has the earlier one's role."""
    kept: list[Sum] = []
    for one in found:
        if kept and _INSTEAD[lang].fullmatch(line.chars[kept[-1].end:one.start]):
            slip = kept.pop()
            one = replace(one, role=slip.role or one.role)
        kept.append(one)
    return kept


def _bare(line: Line, found: list[Sum]) -> list[Sum]:
    """Numbers without a unit, straight after a verb of charging (扣了我三百六) or asked for."""
    bare = []
    taken = _mask(line, found)
    for m in _ZH_BARE.finditer(line.chars):
        if any(taken[m.start():m.end()]):
            continue
        value = chinese_number(m["number"])
        if not value or len(m["number"]) >= 7 or _ZH_NOT_MONEY.match(line.chars[m.end():]):
            continue
        before = line.chars[max(0, m.start() - 5):m.start()]
        verb = re.search(r"(扣|收|多|欠|少|算|薅|坑|押金|要我赔|张口就要|开口就要|就返|出来)(费|款)?(了|走|掉|出|去)?(我|他|她)?(了)?$|(?<!月租)(?<!年)费(用)?(是|要|就)?$", before) or (
            m["about"] and re.search(r"(要|花|交|缴)(了)?我?(了)?$", before))
        verb = verb or (re.search(r"(充值?|缴费?)(了)?$", before) and _NOT_CREDITED.search(line.chars[m.end():m.end() + _NEARBY]))
        verb = verb or re.search(r"(扣|收)了?[一两二三四五几](次|回|笔|遍)$|(扣|收)[^.]{0,12},(一|每)(次|回|笔|条)(是)?$", line.chars[max(0, m.start() - 20):m.start()])
        verb = verb or (re.search(r"(一个?|每个?)月$", before) and _UNWANTED.search(line.chars))
        verb = verb or (re.search(r"(这|那|一)笔$", before) and re.match(r"(的)?[^,.]{0,4}(费|钱|款)", line.chars[m.end():]))
        verb = verb or re.match(r"(的)?(违约金|滞纳金|罚款)", line.chars[m.end():])
        if (verb and value >= 10) or (line.heard.ask == "amount" and not line.chars[m.end():].strip(".,多钱吧啊呢左右的样子出头上下开外")):
            role = _role(line, m.start(), m.end(), "zh") or "charge"
            bare.append(Sum(value, m.start(), m.end(), "text", role))
    return bare


def amount(line: Line) -> Value | None:
    """The sum in dispute, None when there is none or it is not said.

    Said to be in excess, taken wrongly or wanted back: that one. Otherwise the one sum that was charged.
    When two different prices are compared (was and is, promised and taken) the dispute is about their
    difference, which nobody said: none. Compensation asked for, balances and names of plans are not it.
    """
    lang = "zh" if line.heard.lang == "zh" else "en"
    every = sums(line)
    if not every:
        return None
    excess = [s for s in every if s.role == "excess"]
    rest = [s for s in every if s.role in ("charge", "")]
    prices = [s for s in every if s.role == "price"]
    compared = len({s.value for s in every if s.role in ("charge", "", "price")}) > 1 and (
        bool(prices) or bool(_COMPARE[lang].search(line.chars)))
    if excess:
        chosen = excess[-1]
    elif lang == "zh" and _PROMISED.search(line.chars) and not _FREE.search(line.chars):
        return None  # compared with a promised price, even one without unit or misheard; free is no price
    elif lang == "en" and len(every) == 1 and (told := _EN_PROMISED.search(line.chars)) and told.end() <= every[0].start and (
            english_number(told["number"])):
        return None
    elif rest and not compared and (len({s.value for s in rest}) == 1 or line.heard.ask == "amount"):
        chosen = rest[-1]
    elif rest and not compared:
        charged = [s for s in rest if s.role == "charge"]
        if len({s.value for s in charged}) != 1:
            return None
        chosen = charged[0]
    elif prices and len(every) == 1 and (line.heard.ask == "amount" or (
            not _PLAN.search(line.chars) and (_UNWANTED.search(line.chars) or (lang == "en" and _FREE.search(line.chars))))):
        chosen = prices[0]
    elif len(every) == 1 and _WITHHELD.search(line.chars):
        chosen = every[0]
    else:
        return None
    others = tuple(dict.fromkeys(s.value for s in every if s.value != chosen.value))[:3]
    score = (1.0 if chosen.how == "text" else 0.8) - (0.1 if others else 0.0)
    return Value("amount", chosen.value, source=line.source(chosen.start, chosen.end, chosen.how, score, others))

"""Satisfaction: after a complaint is closed its caller is asked by text message, 1 to 5; the reply is counted once.

Whoever replies TD, STOP or 退订 is not asked again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from sqlalchemy import insert, select

from complaints.reception import Reception, lang_of
from hotline.records import Records
from hotline.tables import ComplaintRow, OptOutRow

REPLY_WITHIN_S = 14 * 86_400.0
NUMERALS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
WORDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (1, ("非常不满意", "很不满意", "极不满意", "太差", "very dissatisfied", "very unhappy", "terrible", "awful")),
    (2, ("不太满意", "不满意", "不好", "差评", "not satisfied", "dissatisfied", "unhappy", "not happy", "not good", "bad", "poor")),
    (3, ("一般", "还行", "凑合", "so so", "so-so", "ok", "okay", "average", "neutral")),
    (5, ("非常满意", "很满意", "十分满意", "特别满意", "好评", "very satisfied", "very happy", "very good", "excellent", "great", "perfect")),
    (4, ("满意", "不错", "挺好", "好", "satisfied", "happy", "good", "fine")),
)  # fmt: skip
"""Longer words come before those inside them."""
DENIED = re.compile(r"(?:不|没|谈不上)(?!错)[^,，。;；]{0,4}(?:满意|好|行)|\b(?:not|isn't|wasn't|n't)\b[^,.;]{0,15}\b(?:satisfied|happy|good|great|fine|ok)\b")
"""Praise that is denied: 不是很满意, not really happy."""
STOP = ("td", "t", "stop", "unsubscribe", "退订", "退订短信", "不要再发", "别发了")


@dataclass(frozen=True)
class Reply:
    """What a text message says: a mark from 1 to 5, or no more questions; neither: not understood."""

    mark: int | None = None
    stop: bool = False


def read(text: str) -> Reply:
    """What a reply means; generous, but two different marks in one text are none."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip(" \t\r\n。.!！?？,，~…'\"")
    if plain in STOP:
        return Reply(stop=True)
    digits = set(re.findall(r"(?<![\d.])([1-5])(?:\s*(?:分|星|/\s*5|points?|stars?))?(?![\d.])", plain))
    numbers = re.findall(r"\d+", plain)
    if len(digits) == 1 and all(one in (*digits, "5") for one in numbers):
        return Reply(int(digits.pop()))
    if numbers:
        return Reply()
    bare = re.sub(r"[分星]$", "", plain)
    if bare in NUMERALS:
        return Reply(NUMERALS[bare])
    for mark, words in ((1, WORDS[0][1]), (2, (DENIED,)), *WORDS[1:]):
        for word in words:
            if isinstance(word, re.Pattern):
                if word.search(plain):
                    return Reply(mark)
            elif word.isascii() and re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", plain) or not word.isascii() and word in plain:
                return Reply(mark)
    return Reply()


class Satisfaction:
    """Asks and counts. ``send`` puts a prompt (name, language, values) into a text message to a number; ``now``: Unix seconds."""

    def __init__(
        self, records: Records, reception: Reception, *, send: Callable[[str, str, str, Mapping[str, str]], None],
        background: Executor, now: Callable[[], float],
    ) -> None:  # fmt: skip
        self._records, self._reception, self._send, self._background, self._now = records, reception, send, background, now

    def ask(self, number: str) -> bool:
        """Ask the caller of a closed complaint, once; False when nobody is to be asked."""
        found, phone, table = self._records.complaint(number), self._reception.phone_of(number), ComplaintRow.__table__
        if found is None or found.state != "closed" or phone is None:
            return False
        with self._records.writing() as connection:
            if connection.scalar(select(OptOutRow.phone).where(OptOutRow.phone == phone)):
                return False
            mine = table.update().where(table.c.number == number, table.c.asked_at.is_(None))
            if not connection.execute(mine.values(asked_at=self._now())).rowcount:
                return False
        self._background.submit(self._send, phone, "sms_satisfaction", lang_of(found.form), {"number": number})
        return True

    def replied(self, from_: str, text: str) -> tuple[str, str]:
        """Take a reply; (prompt to answer with, language). A mark belongs to the newest question to that number, once."""
        phone, reply, table = from_.removeprefix("+86"), read(text), ComplaintRow.__table__
        with self._records.writing() as connection:
            asked = select(table.c.id, table.c.satisfaction, table.c.form).where(
                (table.c.phone == phone) | (table.c.phone.is_(None) & (table.c.caller == phone)), table.c.asked_at >= self._now() - REPLY_WITHIN_S
            )
            row = connection.execute(asked.order_by(table.c.asked_at.desc()).limit(1)).first()
            lang = lang_of(row.form) if row else "en" if text.isascii() and any(map(str.isalpha, text)) else "zh"
            if reply.stop:
                if not connection.scalar(select(OptOutRow.phone).where(OptOutRow.phone == phone)):
                    connection.execute(insert(OptOutRow).values(phone=phone, at=self._now()))
                return "sms_stopped", lang
            if row is None:
                return "sms_unasked", lang
            if reply.mark is None:
                return "sms_mark_missed", lang
            if row.satisfaction is None:
                connection.execute(table.update().where(table.c.id == row.id, table.c.satisfaction.is_(None)).values(satisfaction=reply.mark))
        return "sms_mark_taken", lang

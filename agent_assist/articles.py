"""The operator's short articles: Markdown with TOML front matter, one file an article and language.

``name.zh.md`` and ``name.en.md``; front matter between two lines of ``+++``: ``title``, ``categories``, ``keywords``
and ``[[rule]]`` (``categories``, ``appeal_months``). Pages never get HTML from them: the text becomes plain
nodes ``[tag, children…]`` of a short list of tags, so that a hostile article is only text.
"""

from __future__ import annotations

import calendar
import datetime
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pypinyin import lazy_pinyin

from agent_assist.edits import CHOICES
from agent_assist.occurred import resolve

_FILE = re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<lang>zh|en)\.md")
_HAN = re.compile(r"[㐀-鿿]+")
_WORD = re.compile(r"[a-z0-9]{2,}|[㐀-鿿]+")
_STOP = frozenset("the and for that this with was were are you your have has not but can will from they them what when".split())
_TAGS = frozenset({"p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "hr", "br", "s"})
LARGEST = 64 * 1024


class ArticleError(ValueError):
    """An article cannot be used; the text says which file, where and what to do."""


class Rule(BaseModel):
    """A time limit for appeals: so many months after the event, for these categories."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    categories: list[str]
    appeal_months: int = Field(ge=1, le=120)


class _Front(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1, max_length=80)
    categories: list[str] = []
    keywords: list[str] = []
    rule: list[Rule] = []


@dataclass(frozen=True)
class Article:
    """One article in one language; ``text`` is Markdown."""

    name: str
    lang: str
    title: str
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    rules: tuple[Rule, ...]
    text: str

    @property
    def tokens(self) -> str:
        """What full-text search finds it by; the title and keywords weigh more."""
        named = " ".join((self.title, *self.keywords))
        return " ".join([*tokens(named)] * 4 + tokens(self.text))


def read(path: Path) -> Article:
    """The article in a file. Raises ``ArticleError``."""
    named = _FILE.fullmatch(path.name)
    if named is None:
        raise ArticleError(f"{path}: articles are named like plan-change.zh.md (small letters, digits, '-', then zh or en)")
    try:
        content = path.read_bytes()
        if len(content) > LARGEST:
            raise ArticleError(f"{path}: larger than 64 KiB; articles beside a call are short, split it")
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ArticleError(f"{path}: not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise ArticleError(f"{path}: cannot be read: {error.strerror}") from None
    parts = re.match(r"\+\+\+\r?\n(.*?)^\+\+\+\r?\n(.*)", text, re.DOTALL | re.MULTILINE)
    if parts is None:
        raise ArticleError(f"{path}:1: the front matter is missing; begin with +++, title = \"…\", +++")
    try:
        front = _Front.model_validate(tomllib.loads(parts[1]))
    except tomllib.TOMLDecodeError as error:
        raise ArticleError(f"{path}: front matter is not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ArticleError(f"{path}:{_line(parts[1], key)}: {key}: {first['msg']}") from None
    for category in [*front.categories, *(one for rule in front.rule for one in rule.categories)]:
        if category not in CHOICES["category"]:
            raise ArticleError(f"{path}: no category {category!r}; there are {', '.join(CHOICES['category'])}")
    if not parts[2].strip():
        raise ArticleError(f"{path}: nothing stands below the front matter")
    return Article(
        named["name"], named["lang"], front.title, tuple(front.categories), tuple(front.keywords), tuple(front.rule), parts[2]
    )


def _line(front: str, key: str) -> int:
    first = key.partition(".")[0]
    lines = front.splitlines()
    return 2 + next((at for at, line in enumerate(lines) if line.strip("[ ").startswith(first)), 0)


def tokens(text: str) -> list[str]:
    """What a text is searched by: pairs of neighbouring sounds in Mandarin, words in English.

    By sound, because the recogniser writes 话费 as 花费; all ASCII letters and digits, so no query can be malformed.
    """
    found: list[str] = []
    for piece in _WORD.findall(text.lower()):
        if _HAN.match(piece):
            sounds = [sound for sound in lazy_pinyin(piece, errors="ignore") if sound.isascii() and sound.isalpha()]
            found += [a + b for a, b in zip(sounds, sounds[1:], strict=False)]
        elif piece not in _STOP:
            found.append(piece[:-1] if len(piece) > 3 and piece.endswith("s") else piece)
    return found


def nodes(markdown: str) -> list[Any]:
    """The text as nodes ``[tag, child…]`` and strings; HTML in it is text, links and pictures are their words."""
    return _nodes(MarkdownIt("commonmark", {"html": False}).parse(markdown))


def _nodes(parsed: Sequence[Token]) -> list[Any]:
    stack: list[list[Any]] = [[]]
    for token in parsed:
        if token.type == "inline":
            stack[-1] += _nodes(token.children or ())
        elif token.nesting == 1:
            stack.append([token.tag if token.tag in _TAGS and not token.hidden else "span"])
        elif token.nesting == -1:
            done = stack.pop()
            stack[-1].append(done)
        elif token.type in ("softbreak", "hardbreak"):
            stack[-1].append("\n")
        elif token.tag in ("code", "hr") and token.type != "text":
            stack[-1].append([token.tag, token.content])
        elif token.content:
            stack[-1].append(token.content)
    return stack[0]


def limit_of(rules: Sequence[Rule], category: str) -> int | None:
    """Months within which somebody may appeal in a matter of this category, None when no rule says."""
    return next((rule.appeal_months for rule in rules if category in rule.categories), None)


def appeal_until(occurred: str, months: int, on: datetime.date) -> datetime.date | None:
    """The last day of an appeal over something that happened at ``occurred`` (a form value), seen on ``on``.

    From the last day that the words can mean (``months_after``).
    """
    span = resolve(occurred, on)
    if span is None:
        return None
    return months_after(min(span[1], on), months)


def months_after(day: datetime.date, months: int) -> datetime.date:
    """The same day of the month so many months later; the month's last day where there is none (31 Aug + 6 → 28 Feb)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))

"""Answer templates: the operator's own texts, ``answers/name.zh.md`` and ``name.en.md``, with fields that are filled.

Front matter as in articles (``title``, ``categories``). A field stands in braces, like ``{number}``; what the complaint
does not tell becomes a blank, and an answer with a blank in it is not sent.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agent_assist.articles import Article, ArticleError, read

FIELDS = ("number", "name", "category", "amount", "occurred", "filed", "due", "agent")
"""What can be filled in: the complaint's number, its form's values, the days of filing and answer, who answers."""
BLANK = "____"
LONGEST = 2000

_FIELD = re.compile(r"\{([^{}\n]*)\}")


@dataclass(frozen=True)
class Template:
    """A template in one language, and for which categories it is meant (none: for all)."""

    name: str
    lang: str
    title: str
    categories: tuple[str, ...]
    text: str

    def filled(self, values: Mapping[str, str]) -> str:
        """The answer with these values; blanks where one is missing."""
        return _FIELD.sub(lambda found: values.get(found[1]) or BLANK, self.text).strip()


class Answers:
    """The folder of templates, read anew when it changes. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: dict[Path, tuple[int, int]] | None = None
        self._templates: list[Template] = []
        self.faults: list[str] = []
        """What could not be used, in words."""

    def of(self, category: str | None) -> list[Template]:
        """Templates for this category, those made for it first."""
        self._refresh()
        fit = [one for one in self._templates if not one.categories or category in one.categories]
        return sorted(fit, key=lambda one: (not one.categories, one.name, one.lang != "zh"))

    def _refresh(self) -> None:
        with self._lock:
            now = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(self._folder.glob("*.md"))}
            if now == self._seen:
                return
            self.faults, found = [], []
            for path in now:
                try:
                    found.append(template(read(path), path))
                except ArticleError as error:
                    self.faults.append(str(error))
            self._seen, self._templates = now, found


def template(article: Article, path: Path) -> Template:
    """A template from what was read. Raises ``ArticleError`` for a field that does not exist."""
    for field in _FIELD.findall(article.text):
        if field not in FIELDS:
            raise ArticleError(f"{path}: no field {{{field}}}; there are {', '.join(FIELDS)}")
    return Template(article.name, article.lang, article.title, article.categories, article.text)


def sendable(text: str) -> bool:
    """Is this an answer without a blank, neither empty nor too long?"""
    return bool(text.strip()) and len(text) <= LONGEST and BLANK not in text and not any(
        found in FIELDS for found in _FIELD.findall(text)
    )

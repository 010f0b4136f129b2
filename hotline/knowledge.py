"""The articles beside a call, found by full-text search in the database that is there (FTS5 or tsvector)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text

from agent_assist.articles import Article, ArticleError, Rule, read, tokens
from hotline.records import Records

log = logging.getLogger(__name__)

MOST_TOKENS = 40
"""Newest words of a call that are searched with."""


class Knowledge:
    """The folder of articles and its index. Thread-safe; ``refresh`` takes changed files in."""

    def __init__(self, records: Records, folder: Path) -> None:
        self._records = records
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: dict[Path, tuple[int, int]] = {}
        self._articles: dict[tuple[str, str], Article] = {}

    def refresh(self) -> list[str]:
        """Take in what has changed in the folder; returns what could not be used, in words. Old articles stay then."""
        with self._lock:
            now = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(self._folder.glob("*.md"))}
            if now == self._seen:
                return []
            faults, articles = [], {}
            for path in now:
                try:
                    article = read(path)
                except ArticleError as error:
                    faults.append(str(error))
                    continue
                articles[article.lang, article.name] = article
            for fault in faults:
                log.warning("%s", fault)
            self._seen, self._articles = now, articles
            self._index(articles.values())
            return faults

    def article(self, name: str, lang: str) -> Article | None:
        """The article in this language, else in the other, or None."""
        other = "en" if lang == "zh" else "zh"
        return self._articles.get((lang, name)) or self._articles.get((other, name))

    @property
    def rules(self) -> list[Rule]:
        """All rules of all articles, each once."""
        return [rule for article in self._articles.values() if article.lang == "zh" for rule in article.rules]

    def search(self, query: str, lang: str, *, category: str = "", limit: int = 5) -> list[Article]:
        """Articles for these words, the best first; those of the category come before others and also without words.

        Any text is a query; one that says nothing finds what the category has.
        """
        self.refresh()
        wanted = list(dict.fromkeys(reversed(tokens(query))))[:MOST_TOKENS]
        ranked = self._ranked(wanted, lang) if wanted else []
        scores = dict(ranked)
        best = max(scores.values(), default=0.0) or 1.0

        def score(article: Article) -> float:
            return scores.get(article.name, 0.0) / best + (0.75 if category and category in article.categories else 0.0)

        own = [article for (of, _), article in self._articles.items() if of == lang]
        found = sorted((article for article in own if score(article) > 0), key=lambda one: (-score(one), one.name))
        return found[:limit]

    # -- inside --------------------------------------------------------------------

    def _ranked(self, wanted: Sequence[str], lang: str) -> list[tuple[str, float]]:
        with self._records.reading() as connection:
            if connection.dialect.name == "postgresql":
                query = text(
                    "SELECT name, ts_rank(to_tsvector('simple', tokens), to_tsquery('simple', :words)) AS score FROM articles "
                    "WHERE lang = :lang AND to_tsvector('simple', tokens) @@ to_tsquery('simple', :words)"
                )
                rows = connection.execute(query, {"words": " | ".join(wanted), "lang": lang})
            else:
                # FTS5's bm25 is smaller for what fits better.
                query = text("SELECT name, -bm25(articles) AS score FROM articles WHERE articles MATCH :words AND lang = :lang")
                rows = connection.execute(query, {"words": " OR ".join(f'"{one}"' for one in wanted), "lang": lang})
            return [(row.name, float(row.score)) for row in rows]

    def _index(self, articles: object) -> None:
        rows = [{"name": one.name, "lang": one.lang, "tokens": one.tokens} for one in articles]  # type: ignore[attr-defined]
        with self._records.writing() as connection:
            connection.execute(text("DELETE FROM articles"))
            if rows:
                connection.execute(text("INSERT INTO articles (name, lang, tokens) VALUES (:name, :lang, :tokens)"), rows)

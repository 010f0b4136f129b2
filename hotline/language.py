"""Both languages of the pages: words side by side in ``translations/*.toml``, served by Flask-Babel.

A file is a room, a line is ``key = ["中文", "English"]``; keys are the same in all pages, so that one
thing has one word. They become gettext catalogues when the application is made.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import tomllib
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale, gettext
from flask_login import current_user

ROOMS = Path(__file__).parent / "translations"
LANGS = ("zh", "en")


class WordsError(Exception):
    """A file of words cannot be used; the text says which, where and why."""


@cache
def rooms() -> dict[str, dict[str, tuple[str, str]]]:
    """Room → key → (Mandarin, English). Raises ``WordsError``."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    owner: dict[str, str] = {}
    for path in sorted(ROOMS.glob("*.toml")):
        try:
            words = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise WordsError(f"{path}: not valid TOML: {error}") from None
        for key, pair in words.items():
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) and one for one in pair)):
                raise WordsError(f'{path}: {key}: two texts are needed, ["中文", "English"]')
            if key in owner:
                raise WordsError(f"{path}: {key}: stands in {owner[key]}.toml already; use that word or another key")
            owner[key] = path.stem
        found[path.stem] = {key: (pair[0], pair[1]) for key, pair in words.items()}
    return found


def languages(app: Flask, *, zone: str, default: str = "zh") -> None:
    """Give the application its languages: ``_()`` and ``words(room, …)`` in templates, times in ``zone``."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = _catalogues()
    Babel(
        app,
        default_locale=default,
        default_timezone=zone,
        locale_selector=lambda: chosen(default),
    )

    @app.context_processor
    def in_templates() -> dict[str, object]:
        lang = str(get_locale())
        return {"lang": lang, "html_lang": "zh-CN" if lang == "zh" else "en", "zone": zone, "words": words_of}


@cache
def _catalogues() -> str:
    """The folder of the catalogues, made once a process and removed with it."""
    folder = tempfile.mkdtemp(prefix="hotline-words-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for at, lang in enumerate(LANGS):
        catalog = Catalog(locale=lang)
        for words in rooms().values():
            for key, pair in words.items():
                catalog.add(key, pair[at])
        place = Path(folder) / lang / "LC_MESSAGES"
        place.mkdir(parents=True)
        with (place / "messages.mo").open("wb") as file:
            write_mo(file, catalog)
    return folder


def chosen(default: str = "zh") -> str:
    """The language of this request: the user's, the browser's cookie, what the browser asks for."""
    if not has_request_context():
        return default
    own = current_user.lang if current_user and current_user.is_authenticated else ""
    for lang in (own, session.get("lang")):
        if lang in LANGS:
            return lang
    return request.accept_languages.best_match(LANGS) or default


def words_of(*names: str) -> dict[str, str]:
    """Words of these rooms in the language of the request, for the page's scripts."""
    return {key: gettext(key) for name in names for key in rooms()[name]}

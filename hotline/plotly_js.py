"""Plotly's script for the pages with charts, from its wheel: nothing is fetched from elsewhere."""

from __future__ import annotations

from pathlib import Path

import plotly
from flask import Blueprint, Response, send_file

from hotline.hall import POLICY

SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
KEPT_S = 7 * 24 * 3600
# Plotly puts a style element into the page, empty at first, and its rules into that: the hashes are those of the two texts.
STYLES = (
    "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
)


def with_charts(page: str) -> Response:
    """The answer for a page that draws charts."""
    return Response(page, headers={"Content-Security-Policy": f"{POLICY}; {STYLES}"})


def plotly_blueprint() -> Blueprint:
    """``/plotly/<version>.js``: the version in the address, so that a browser may keep it."""
    pages = Blueprint("plotly", __name__)

    @pages.get("/plotly/<version>.js")
    def script(version: str) -> Response:
        answer = send_file(SCRIPT, mimetype="text/javascript", conditional=True, max_age=KEPT_S)
        answer.headers["Cache-Control"] = f"private, max-age={KEPT_S}"
        return answer

    @pages.app_context_processor
    def version() -> dict[str, str]:
        return {"plotly_version": plotly.__version__}

    return pages

"""One utterance made ready for matching: compact characters, their sounds, and the way back to the source."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from functools import cached_property

from .form import Heard, Source
from .sound import spell

_STOPS = {"。": ".", "!": ".", "?": ".", ";": ".", "…": ".", "\n": ".", "，": ",", ":": ",", "~": ","}


def _is_han(char: str) -> bool:
    return "㐀" <= char <= "鿿" or char == "〇"


class Line:
    """The text of an utterance, folded for matching.

    `chars`: lower case, half width, no spaces between Chinese characters, sentence marks as '.' and
    clause marks as ','. `sound`: the same length, each Chinese character replaced by a code of its
    pronunciation (see `sound`). Spans are half-open character positions in `chars`.
    """

    def __init__(self, heard: Heard) -> None:
        self.heard = heard
        chars: list[str] = []
        at: list[int] = []
        starts: set[int] = set()
        spaced = False
        for index, original in enumerate(heard.text):
            for char in unicodedata.normalize("NFKC", original).lower():
                char = _STOPS.get(char, char)
                if char.isspace():
                    spaced = True
                    continue
                if spaced and chars:
                    both_han = _is_han(char) and _is_han(chars[-1])
                    starts.add(len(chars))
                    if not both_han and heard.lang != "zh":
                        chars.append(" ")
                        at.append(index - 1)
                spaced = False
                chars.append(char)
                at.append(index)
        self.chars = "".join(chars)
        self.at = at
        self.starts = starts
        """Positions at which the recogniser began a word (spaces in its output)."""
        self.dictated = heard.lang == "zh" and (bool(heard.words) or bool(starts)) and "." not in self.chars
        """True for a recogniser's output: homophones must be expected."""

    @cached_property
    def sound(self) -> str:
        """`chars` with each Chinese character replaced by the code of its pronunciation."""
        return spell(self.chars)

    @cached_property
    def _marks(self) -> list[int]:
        """Where sentence and clause marks stand; kept, since a long text is asked for its clauses thousands of times."""
        return [at for at, char in enumerate(self.chars) if char in ".,"]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span in the utterance's own text of a span in `chars`."""
        if start >= end or not self.at:
            return (0, 0)
        return (self.at[start], self.at[end - 1] + 1)

    def source(self, start: int, end: int, how: str = "text", score: float = 1.0,
               alternatives: tuple = ()) -> Source:
        """The source record of a span in `chars`; audio time from the words it touches."""
        low, high = self.original(start, end)
        begin, finish = self._time(low, high)
        return Source(self.heard.utterance, self.heard.text[low:high], (low, high), begin, finish, how,
                      round(min(1.0, max(0.0, score)), 3), alternatives)

    def _time(self, low: int, high: int) -> tuple[float, float]:
        text, position = self.heard.text, 0
        touched = []
        for word in self.heard.words:
            found = text.find(word.text, position)
            if found < 0:
                continue
            position = found + len(word.text)
            if found < high and position > low:
                touched.append(word)
        if not touched:
            return self.heard.start, self.heard.end
        return touched[0].start, touched[-1].end

    def clause(self, position: int) -> tuple[int, int]:
        """The span between the sentence or clause marks around a position."""
        at = bisect_left(self._marks, position)
        start = self._marks[at - 1] + 1 if at else 0
        return start, self._marks[at] if at < len(self._marks) else len(self.chars)

"""What is proposed to an agent for the wrap-up of a call: a summary from the form, the deadline from the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent_assist.summary import propose
from agent_assist.wrapup import WrapUp
from hotline.records import Records
from ivr.call import form_of
from ivr.script import Script


class Proposals:
    """Call it with a call's id. ``lang`` and ``words`` give the agent's language; the deadline is a day in ``zone``."""

    def __init__(
        self, records: Records, script: Script, zone: ZoneInfo, *, lang: Callable[[], str], words: Callable[[str], str]
    ) -> None:
        self._records = records
        self._script = script
        self._zone = zone
        self._lang = lang
        self._words = words

    def __call__(self, call: str) -> WrapUp:
        """The summary of the form as it stands; the answer is due so many days after the complaint was filed."""
        events = self._records.events(call)
        form, lang = form_of(events), self._lang()
        summary = propose(form, lang, self._words, self._category(form.get("category") or "", lang))
        filed = [event.at for event in events if event.kind == "complaint_filed"]
        if not filed:
            return WrapUp(summary=summary)
        due = datetime.fromtimestamp(filed[0], self._zone).date() + timedelta(days=self._script.menu.answer_days)
        return WrapUp(summary=summary, due=due.isoformat())

    def _category(self, name: str, lang: str) -> str:
        """As the form calls it; a category of the operator's own as the menu says it."""
        shown = self._words(f"value.{name}")
        known = self._script.menu.categories.get(name)
        return shown if shown != f"value.{name}" else known.of(lang) if known else ""

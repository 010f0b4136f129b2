"""What is proposed to an agent for the wrap-up of a call: a summary from the form, the deadline from the rules."""

from __future__ import annotations

from collections.abc import Callable

from agent_assist.summary import propose
from agent_assist.wrapup import WrapUp
from hotline.records import Records
from ivr.call import form_of
from ivr.script import Script


class Proposals:
    """Call it with a call's id. ``lang`` and ``words`` give the agent's language; the deadline is that of the complaint."""

    def __init__(
        self, records: Records, script: Script, *, lang: Callable[[], str], words: Callable[[str], str]
    ) -> None:
        self._records = records
        self._script = script
        self._lang = lang
        self._words = words

    def __call__(self, call: str) -> WrapUp:
        """The summary of the form as it stands; the day by which the complaint is answered."""
        events = self._records.events(call)
        form, lang = form_of(events), self._lang()
        summary = propose(form, lang, self._words, self._category(form.get("category") or "", lang))
        found = self._records.complaint_of_call(call)
        return WrapUp(summary=summary, due=(found.due_on or "") if found is not None else "")

    def _category(self, name: str, lang: str) -> str:
        """As the form calls it; a category of the operator's own as the menu says it."""
        shown = self._words(f"value.{name}")
        known = self._script.menu.categories.get(name)
        return shown if shown != f"value.{name}" else known.of(lang) if known else ""

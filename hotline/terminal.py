"""How calls and forms are shown to a person at a terminal: numbers of people masked, words plain."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent_assist.privacy import mask

FIELD_LABELS = {
    "category": "类别 category",
    "phone": "号码 phone",
    "name": "姓名 name",
    "id_number": "证件 ID number",
    "amount": "金额 amount",
    "occurred": "时间 occurred",
    "location": "地点 location",
    "evidence": "证据 evidence",
    "resolution": "要求 resolution",
    "complaint_number": "投诉编号 complaint number",
}


def shown(field: str, value: Any) -> str:
    """A field's value as text, masked where it identifies a person."""
    if value is None:
        return "—"
    if isinstance(value, list):
        return ", ".join(value) or "—"
    if field == "amount":
        return f"¥{value:g}"
    return str(value) if field == "complaint_number" else mask(str(value))


def form_table(result: dict[str, Any]) -> Table:
    """The form of ``hear``, ``fill`` and ``call`` as a table."""
    table = Table(title=f"intent: {result['intent']}", title_justify="left")
    for heading in ("field", "value", "state", "how", "from the words"):
        table.add_column(heading)
    for name, field in result["fields"].items():
        source = field["source"] or {}
        table.add_row(
            FIELD_LABELS[name],
            shown(name, field["value"]),
            field["state"],
            source.get("how", ""),
            mask(source.get("raw", "")),
        )
    return table


def print_form(result: dict[str, Any]) -> None:
    """Print transcript and form."""
    console = Console(highlight=False)
    for line in result["transcript"]:
        console.print(f"[dim]{line['ask']:>12}[/] {mask(line['text'])}")
    if result["description"]:
        console.print(f"[bold]{escape(result['description'])}[/]")
    console.print(form_table(result))
    if result["lacking"]:
        console.print(f"[dim]still to be asked: {', '.join(result['lacking'])}[/]")

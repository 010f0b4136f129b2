"""A roster as tables at a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from hotline.terminal_tables import console
from simulation.shift_report import roster_table, summary
from simulation.shifts import ShiftPlan

MOST_UNMET = 40


def print_shifts(made: ShiftPlan) -> None:
    """Cost and gap, the roster by agent and day, what is not met, fairness."""
    out = console()
    out.print(f"[bold]{escape(made.plan.name)}[/]")
    for line in summary(made):
        out.print(escape(line), soft_wrap=True)
    heads, rows = roster_table(made)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    for head in heads:
        table.add_column(head)
    for row in rows:
        # Full hours without minutes, or a week does not fit beside the names.
        table.add_row(*(escape(cell.replace(":00", "")) for cell in row))
    out.print(table)
    for u in made.unmet[:MOST_UNMET]:
        out.print(f"[red]{escape(u.group)} {u.day} {u.start}–{u.end}: 缺 short {u.short} of {u.needed}[/]")
    if len(made.unmet) > MOST_UNMET:
        out.print(f"[red]… and {len(made.unmet) - MOST_UNMET} more (--json lists all)[/]")
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), title="least – mean – most of an agent", title_justify="left")
    for head in ("contract", "weekend 周末", "early 早班", "late 晚班", "paid hours 工时"):
        table.add_column(head)
    for contract, of in made.fairness().items():
        table.add_row(escape(contract), *(f"{v['least']:g} – {v['mean']:.1f} – {v['most']:g}" for v in of.values()))
    out.print(table)

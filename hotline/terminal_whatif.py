"""Scenarios and marginal values as tables at a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from hotline.terminal_tables import console
from simulation import wording
from simulation.what_if import FIGURES, WORTH, Marginal, WhatIf
from simulation.what_if_report import cell, value_text


def print_what_if(found: WhatIf | None, worth: Marginal | None) -> None:
    """Differences of each scenario; then what one more agent is worth."""
    out = console()
    for one in filter(None, (found, worth)):
        base = one.base
        out.print(f"[bold]{escape(base.name)}[/]  {escape(wording.stopped(base.stop, base.replications, False))}; {one.elapsed:.1f} s", soft_wrap=True)
        out.print(f"± is half of the {100 * base.confidence:g} % confidence interval of the difference; * it does not hold 0; same calls in all")
        table = Table(box=SIMPLE_HEAD, padding=(0, 1))
        if isinstance(one, WhatIf):
            table.add_column("")
            table.add_column("as it is", justify="right")
            for name in one.scenarios:
                table.add_column(escape(name), justify="right")
            for metric in FIGURES:
                now = wording.number(base.get(metric).mean, wording.unit_of(metric), base.model.costs.currency)
                table.add_row(wording.label(metric), now, *(escape(cell(c, metric)) for c in one.comparisons))
        else:
            table.title, table.title_justify = "one more agent: change of the whole run for each agent-hour added", "left"
            for head in ("group", "interval", *(wording.label(m) for m in WORTH)):
                table.add_column(head, justify="left" if head in ("group", "interval") else "right")
            for row in one.rows:
                table.add_row(escape(row.group), escape(row.label), *(value_text(row.figures[m], m, base) for m in WORTH))
        out.print(table)

"""The need per interval as a table at a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from hotline.terminal_tables import console
from simulation import wording
from simulation.need import FIGURES, Need
from simulation.need_report import clocks, method_words, shortfalls, shown


def print_need(need: Need) -> None:
    """One table for each pool, the hours, and what stays short."""
    out = console()
    out.print(f"[bold]{escape(need.model)}[/]  {need.agent_hours:,.1f} agent-hours on duty, {need.paid_hours:,.1f} scheduled; {need.elapsed:.1f} s")
    out.print(f"worst interval: {need.worst:.3f} × what its target allows (up to {1 + need.slack:g} is accepted)")
    for pool in need.pools:
        promised = [(t, m) for t in pool.types for m in FIGURES if m in pool.promises[t]]
        # Exactly computed pools serve all types alike; the first says it for all.
        promised = [p for p in promised if pool.method != "exact" or p[0] == pool.types[0]][:8]
        table = Table(box=SIMPLE_HEAD, padding=(0, 1), title=f"{escape(', '.join(pool.types))}: {escape(method_words(pool))}", title_justify="left")
        table.add_column("interval")
        table.add_column("load erl", justify="right")
        for group in pool.groups:
            table.add_column(f"{escape(group)} on duty", justify="right", style="bold")
            if pool.paid[group] != pool.agents[group]:
                table.add_column("scheduled", justify="right")
        for t, m in promised:
            table.add_column(f"{escape(t)}: {wording.names(m)[1]}" if len(pool.types) > 1 and pool.method != "exact" else wording.label(m), justify="right")
        short = {(s.interval, s.type) for s in pool.short}
        for i, label in enumerate(clocks(need)):
            cells = [f"{pool.load[i]:.1f}"]
            for group in pool.groups:
                cells.append(str(pool.agents[group][i]))
                if pool.paid[group] != pool.agents[group]:
                    cells.append(str(pool.paid[group][i]))
            for t, m in promised:
                cells.append(shown(m, pool.figures[t][m][i], pool.method == "exact") + (" ✗" if (i, t) in short else ""))
            table.add_row(escape(label), *cells)
        out.print(table)
        for words in shortfalls(need, pool):
            out.print(f"[red]{escape(words)}[/]")

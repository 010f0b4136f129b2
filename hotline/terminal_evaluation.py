"""How right the hearing is, as tables at a terminal: counts and shares, never a value that somebody said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from agent_assist.evaluation import Caller, share
from hotline.terminal import FIELD_LABELS
from hotline.terminal_tables import console

LABELS = {
    **{name: label for name, label in FIELD_LABELS.items() if name != "complaint_number"},
    "intent": "意图 intent",
    "number": FIELD_LABELS["complaint_number"],
    "all": "全部 all",
}
"""Every field that is judged, as people read it."""

_HEADS = ("told", "right", "wrong", "missing", "invented")
_MISSES = 20


def print_evaluation(result: Mapping[str, Any], callers: Sequence[Caller], by_voice: bool) -> None:
    """Print the result of ``evaluate``: fields, transcript, time, and where the misses are."""
    out = console()
    out.print(_fields(result["score"]))
    if by_voice:
        out.print(_voices(result["voices"]))
    for line in lines(result):
        out.print(line)
    misses = [f"{caller.id} {miss.field} {miss.kind}" for caller in callers for miss in caller.misses]
    if misses:
        more = f" … and {len(misses) - _MISSES} more" if len(misses) > _MISSES else ""
        out.print(f"misses (--page shows them with their audio): {'; '.join(misses[:_MISSES])}{more}", markup=False)


def lines(result: Mapping[str, Any]) -> list[str]:
    """Transcript error and time in words."""
    found = [
        f"transcript {lang}: {one['errors']} {one['unit']} errors in {one['of']}: {100 * one['rate']:.1f} %"
        for lang, one in result["score"]["transcript"].items()
        if one["rate"] is not None
    ]
    clock = result["time"]
    if clock["decoder_s_per_s"] is not None:
        found.append(
            f"hearing: {clock['decoder_s_per_s']:.3f} s of work per second of audio "
            f"({clock['decoder_s']:.1f} s of work, {clock['audio_s']:.1f} s of audio, {clock['wall_s']:.1f} s by the clock)"
        )
    return found


def _table(title: str, first: str) -> Table:
    table = Table(title=f"{title} (shares with their 95 % interval)", title_justify="left")
    table.add_column(first)
    for head in _HEADS:
        table.add_column(head, justify="right")
    table.add_column("right ÷ told", justify="right")
    table.add_column("invented ÷ filled", justify="right")
    return table


def _cells(tally: Mapping[str, Any]) -> list[str]:
    shares = share(tally["rate"], tally["rate_interval"]), share(tally["invention"], tally["invention_interval"])
    return [*(str(tally[head]) for head in _HEADS), *shares]


def _fields(score: Mapping[str, Any]) -> Table:
    table = _table(f"{score['callers']} callers", "field")
    for name, tally in score["fields"].items():
        table.add_row(LABELS[name], *_cells(tally))
        values = score["values"].get(name, {})
        for value, one in values.items():
            table.add_row("  each value" if value == "all" else f"    {value}", *_cells(one), style="dim" if value != "all" else None)
    table.add_section()
    table.add_row(LABELS["all"], *_cells(score["all"]), style="bold")
    return table


def _voices(voices: Mapping[str, Any]) -> Table:
    table = _table("by voice", "voice")
    for voice, score in voices.items():
        table.add_row(f"{voice or '—'} ({score['callers']})", *_cells(score["all"]))
        for name, tally in score["fields"].items():
            if tally["right"] < tally["told"] or tally["invented"]:
                table.add_row(f"    {LABELS[name]}", *_cells(tally), style="dim")
    return table

"""``shifts``: a roster for the need."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hotline.commands.simulate import check_outputs, write_outputs
from hotline.quantities import DURATION, SHARE, Refused

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--need", type=click.Path(path_type=Path), help="need from `staff --json`, or CSV, instead of the plan's")
@click.option("--gap", type=SHARE, default="2%", show_default=True, help="stop when no roster can be cheaper by more")
@click.option("--seconds", type=DURATION, default="120", show_default=True, help="for the counts of shifts at most")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="threads of the solver")
@click.option("--json", "as_json", is_flag=True, help="the roster as JSON on standard output")
@click.option("--csv", "csv_path", type=_FILE, help="write the roster as CSV")
@click.option("--ics", type=click.Path(path_type=Path), help="write iCalendar: one file (.ics), or a folder with one for each agent")
@click.option("--report", type=_FILE, help="write an HTML report with charts")
def shifts(
    plan: Path, need: Path | None, gap: float, seconds: float, workers: int, as_json: bool, csv_path: Path | None, ics: Path | None, report: Path | None
) -> None:
    """Shifts and a roster for PLAN: simulation/SHIFTS.md explains it, simulation/examples has one."""
    from simulation import shift_export
    from simulation.problem import ModelError
    from simulation.shift_plan import load_plan
    from simulation.shifts import make

    check_outputs(report, ())
    for option, path in (("--csv", csv_path), ("--ics", ics)):
        if path is not None and not path.absolute().parent.is_dir():
            raise Refused(f"{option} {path}: there is no folder {path.parent}; make it first")
    try:
        checked = load_plan(plan, need)
        with _told() as progress:
            made = make(checked, gap=gap, seconds=seconds, threads=workers, progress=progress)
    except ModelError as error:
        raise Refused(f"{plan} cannot be planned:\n" + "\n".join(f"  {problem}" for problem in error.problems)) from None
    outputs = []
    if csv_path is not None:
        outputs.append((lambda path: shift_export.write_csv(made, path), csv_path))
    if ics is not None:
        outputs.append((lambda path: shift_export.write_ics(made, path), ics))
    if report is not None:
        from simulation import shift_report

        outputs.append((lambda path: shift_report.write(made, path), report))
    write_outputs(outputs)
    if as_json:
        click.echo(json.dumps(made.to_dict(), ensure_ascii=False))
    else:
        from hotline.terminal_shifts import print_shifts

        print_shifts(made)
    if made.gap > gap:
        click.echo(f"warning: a gap of {100 * gap:g} % was asked for, {100 * made.gap:.2f} % was reached; more --seconds may help", err=True)
    if made.unmet:
        click.echo(f"warning: {made.short_hours:g} agent-hours of the need are not met; see the list", err=True)


@contextmanager
def _told() -> Iterator[Any]:
    """Progress on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("shifts", total=None)

        def show(now: Any) -> None:
            if now.stage == "counts":
                bar.update(task, description="shifts" if now.gap is None else f"shifts, gap {100 * now.gap:.1f} %")
            else:
                bar.update(task, description="roster", total=1.0, completed=now.share)

        yield show


commands: list[click.Command] = [shifts]

"""``history``, ``calibrate`` and ``validate``: from call records to a model that has been held against unseen days."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotline.quantities import DURATION, Refused

if TYPE_CHECKING:
    from simulation.history import History, Report

EXISTING = click.Path(path_type=Path)
OUTPUT = click.Path(dir_okay=False, path_type=Path)


def records_options(command: Callable) -> Callable:
    """FILE… with --map, or --log for the live line's own records."""
    for option in (
        click.argument("files", nargs=-1, type=EXISTING),
        click.option("--map", "mapping", type=EXISTING, help="what the columns mean: simulation/RECORDS.md [the bank's, simulation/examples/bank1999.toml]"),
        click.option("--log", "of_log", is_flag=True, help="the live line's own event log instead of files (DATABASE_URL)"),
        click.option("--days", metavar="SPAN", help='only these days: "1999-06", "1999-01..1999-03", "1999-06-03"'),
        click.option("--json", "as_json", is_flag=True, help="results as JSON on standard output"),
        click.option("--report", type=OUTPUT, help="write an HTML report with charts"),
    ):  # fmt: skip
        command = option(command)
    return command


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, of, words: bar.update(task, completed=done, total=of, description=f"{what}: {words}")


def load(files: tuple[Path, ...], mapping: Path | None, of_log: bool, days: str | None) -> tuple[History, Report, str | None]:
    """(history, report, country of its holidays); refuses what cannot be read."""
    from simulation.validation import days_of

    span = None
    if days is not None:
        try:
            span = days_of(days)
        except ValueError as error:
            raise Refused(f"--days {error}") from None
    if of_log == bool(files):
        raise Refused("give call-record files, or --log for the live line's own records" if not files else "--log takes no files: give one or the other")
    country = None
    if of_log:
        from hotline import settings
        from hotline.call_records import of_log as read_log
        from hotline.records import Records
        from sqlalchemy.exc import SQLAlchemyError

        try:
            found = settings.load()
        except settings.SettingsError as error:
            raise Refused(str(error)) from None
        records = Records(found.database_url)
        try:
            table, report = read_log(records, found.line.timezone)
        except SQLAlchemyError:
            raise Refused("the line's records cannot be read: has the line run here? DATABASE_URL or HOTLINE_VAR says where they are") from None
        finally:
            records.close()
    else:
        table, report, country = _files(files, mapping)
    if span is not None:
        table = table.between(*span)
    if not len(table):
        first = f"; the first refusal: {report.refusals[0].file}, line {report.refusals[0].line}: {report.refusals[0].reason}" if report.refusals else ""
        raise Refused(f"there is no call to work with ({report.read} read, {report.refused} lines refused){first}")
    return table, report, country


def _files(files: tuple[Path, ...], mapping: Path | None) -> tuple[History, Report, str | None]:
    from simulation import mapping as mappings
    from simulation.problem import ModelError
    from simulation.record_reader import read

    path = mapping or Path(mappings.__file__).parent / "examples" / "bank1999.toml"
    try:
        found = mappings.load(path)
    except ModelError as error:
        raise Refused(f"{path} is no mapping:\n" + "\n".join(f"  {problem}" for problem in error.problems)) from None
    with progress("reading") as show:
        try:
            table, report = read(files, found, show)
        except OSError as error:
            raise Refused(f"{error.filename} cannot be read ({error.strerror or 'error'})") from None
    return table, report, found.country


def emit(as_json: bool, what: dict, show: Callable[[], None]) -> None:
    """JSON or words."""
    if as_json:
        click.echo(json.dumps(what, ensure_ascii=False))
    else:
        show()


def check_output(option: str, path: Path | None) -> None:
    """Refuse before the work what could not be written after it."""
    if path is not None and not path.absolute().parent.is_dir():
        raise Refused(f"{option} {path}: there is no folder {path.parent}; make it first")


def write(path: Path, how: Callable[[Path], None]) -> None:
    """Write a file and say so."""
    try:
        how(path)
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror or 'error'})") from None
    click.echo(f"wrote {path}", err=True)


def print_tables(tables: Any) -> None:
    """Tables of a report at the terminal."""
    from rich.table import Table

    from hotline.terminal_tables import console

    out = console()
    for one in tables:
        drawn = Table(title=one.title, title_justify="left")
        for place, head in enumerate(one.heads):
            drawn.add_column(head, justify="left" if place == 0 else "right")
        for cells in one.rows:
            drawn.add_row(*cells)
        out.print(drawn)


@click.command()
@records_options
def history(files: tuple[Path, ...], mapping: Path | None, of_log: bool, days: str | None, as_json: bool, report: Path | None) -> None:
    """Read call records and say what was read, refused and odd."""
    from simulation import planning_report as pages

    check_output("--report", report)
    table, found, _ = load(files, mapping, of_log, days)
    notes, charts, tables = pages.of_history(table, found)
    if report is not None:
        write(report, lambda path: pages.write(path, "话务历史 · History", notes, charts, tables))
    what = {"calls": len(table), "days": [d.isoformat() for d in (table.days()[0], table.days()[-1])], "types": list(table.types), "agents": len(table.agents), **found.to_dict()}
    emit(as_json, what, lambda: [click.echo(note) for note in notes] and print_tables(tables))


@click.command()
@records_options
@click.option("--model", "output", type=OUTPUT, help="write the model file: an average week, for `simulate`")
@click.option("--patience", type=click.Choice(["kaplan_meier", "exponential", "weibull", "lognormal", "hyperexponential"]), help="this fit in the model file [the best on calls not used]")
@click.option("--answer-within", type=DURATION, default=20.0, show_default=True, help="T of the service level, s")
def calibrate(
    files: tuple[Path, ...], mapping: Path | None, of_log: bool, days: str | None, as_json: bool, report: Path | None,
    output: Path | None, patience: str | None, answer_within: float,
) -> None:  # fmt: skip
    """Learn handling times, patience, redials and agents on duty from call records."""
    from simulation import calibration, model_file
    from simulation import planning_report as pages

    check_output("--report", report)
    check_output("--model", output)
    table, _, _ = load(files, mapping, of_log, days)
    with progress("calibrating") as show:
        try:
            found = calibration.calibrate(table, show)
            week = model_file.week(found, table, patience=patience, answer_within=answer_within) if output is not None else None
        except ValueError as error:
            raise Refused(str(error)) from None
    notes = model_file.notes(found, table)
    charts, tables = pages.of_calibration(found)
    if output is not None and week is not None:
        write(output, lambda path: model_file.write(week, notes, path))
    if report is not None:
        write(report, lambda path: pages.write(path, "校准 · Calibration", notes, charts, tables))
    emit(as_json, {**found.to_dict(), "notes": notes}, lambda: print_tables(tables) or [click.echo(note) for note in notes[:4]])


@click.command()
@records_options
@click.option("--test", "test", metavar="SPAN", help="simulate these days, learn from the others [each month in turn, learning from the others]")
@click.option("--level", type=click.Choice(["period", "kept"]), default="period", show_default=True, help="mean handling time: of the tested days, or kept from the others")
@click.option("--replications", type=click.IntRange(2, 1000), default=10, show_default=True)
@click.option("--answer-within", type=DURATION, default=20.0, show_default=True, help="T of the service level, s")
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True)
def validate(
    files: tuple[Path, ...], mapping: Path | None, of_log: bool, days: str | None, as_json: bool, report: Path | None,
    test: str | None, level: str, replications: int, answer_within: float, seed: int,
) -> None:  # fmt: skip
    """The honest test: simulate days that were not learned from, and compare with what happened."""
    from simulation import planning_report as pages
    from simulation import validation
    from simulation.calibration import calibrate as learn

    check_output("--report", report)
    table, _, _ = load(files, mapping, of_log, days)
    how = {"level": level, "replications": replications, "answer_within": answer_within, "seed": seed}
    with progress("honest test") as show:
        try:
            if test is None:
                tests = validation.leave_one_month_out(table, progress=show, **how)
            else:
                first, last = validation.days_of(test)
                apart = table.between(first, last)
                seen = table.where(~((table.offered >= apart.offered.min(initial=float("inf"))) & (table.offered <= apart.offered.max(initial=float("-inf")))))
                if not len(apart) or not len(seen):
                    raise ValueError(f"--test {test}: {len(apart)} calls to test on and {len(seen)} to learn from; both are needed")
                tests = [(test, validation.validate(learn(seen), apart, progress=show, **how))]
        except ValueError as error:
            raise Refused(str(error)) from None
    notes = [
        "座席数为推断值 Agents on duty are inferred from who answered and who waited.",
        f"平均通话时长 mean handling time: {'of the tested days (one factor, hours mixed with the average)' if level == 'period' else 'kept from the calibration'}; "
        "耐心与时长形状来自其他日子 patience and the shape of handling times come from other days.",
    ]
    months = pages.Table("诚实检验 Honest test, days not learned from", pages.HEADS, [pages.row(c) for _, v in tests for c in v.months])
    if report is not None:
        charts, tables = [], [months]
        for name, v in tests:
            some, more = pages.of_validation(v, name)
            charts, tables = charts + some, tables + more
        write(report, lambda path: pages.write(path, "诚实检验 · Honest test", notes, charts, tables))
    emit(as_json, {"tests": [{"test": name, **v.to_dict()} for name, v in tests]}, lambda: print_tables([months]) or [click.echo(n) for n in notes])


commands: list[click.Command] = [history, calibrate, validate]

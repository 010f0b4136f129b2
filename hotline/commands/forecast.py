"""``forecast``: calls of the coming days from call records."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import click

from hotline.commands.calibrate import check_output, emit, load, print_tables, progress, records_options, write
from hotline.quantities import DURATION, Refused


@click.command()
@records_options
@click.option("--horizon", "horizon", type=click.IntRange(1, 366), default=28, show_default=True, help="days ahead")
@click.option("--interval", type=DURATION, default=1800.0, show_default=True, help="planning interval, s or with its unit")
@click.option("--type", "kinds", multiple=True, help="this call type by itself (again for more) [all calls together]")
@click.option("--country", help="its public holidays: CN, IL, … [the mapping's]")
@click.option("--special", multiple=True, type=click.DateTime(["%Y-%m-%d"]), help="another special day, past or coming (again for more)")
@click.option("--level", type=click.FloatRange(0.5, 0.999), default=0.9, show_default=True, help="of the prediction intervals")
@click.option("--method", type=click.Choice(["seasonal_naive", "combination"]), help="instead of the one that did better in the backtest")
def forecast(
    files: tuple[Path, ...], mapping: Path | None, of_log: bool, days: str | None, as_json: bool, report: Path | None, horizon: int,
    interval: float, kinds: tuple[str, ...], country: str | None, special: tuple, level: float, method: str | None,
) -> None:  # fmt: skip
    """Forecast calls by interval, with holidays and prediction intervals, tested on weeks held back."""
    from simulation import demand, forecast_report
    from simulation import forecast as forecasts
    from simulation import planning_report as pages

    check_output("--report", report)
    table, _, of_mapping = load(files, mapping, of_log, days)
    extra: list[date] = [day.date() for day in special]
    found = {}
    with progress("forecast") as show:
        try:
            when = demand.calendar(country or of_mapping, extra)
            for kind in kinds or (None,):
                found[kind or "all"] = forecasts.forecast(demand.demand(table, interval, kind), when, horizon=horizon, level=level, method=method, progress=show)
        except ValueError as error:
            raise Refused(str(error)) from None
    drawn = {name: forecast_report.of_forecast(one) for name, one in found.items()}
    if report is not None:
        charts = [
            dataclasses.replace(c, key=f"{c.key}-{number}", title=f"{name}: {c.title}") if kinds else c
            for number, (name, (some, _)) in enumerate(drawn.items()) for c in some
        ]  # fmt: skip
        tables = [pages.Table(f"{name}: {t.title}" if kinds else t.title, t.heads, t.rows) for name, (_, more) in drawn.items() for t in more]
        words = [note for one in found.values() for note in forecast_report.notes(one)]
        write(report, lambda path: pages.write(path, "话务预测 · Forecast", words, charts, tables))
    what = next(iter(found.values())).to_dict() if not kinds else {"types": {name: one.to_dict() for name, one in found.items()}}

    def words_and_tables() -> None:
        for name, one in found.items():
            if kinds:
                click.echo(name)
            for note in forecast_report.notes(one):
                click.echo(note)
            print_tables(drawn[name][1])

    emit(as_json, what, words_and_tables)


commands: list[click.Command] = [forecast]

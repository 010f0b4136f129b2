"""``reports``: figures about complaints at the terminal, as JSON, and the regulator's quarterly table as a file."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from hotline.quantities import Refused

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=_DAY, help="first day of filing [90 days before the last]")
@click.option("--to", "last", type=_DAY, help="last day of filing [today]")
@click.option("--category", default="", help="only this category")
@click.option("--channel", default="", help="only this channel: phone, web, app, social, counter, import")
@click.option("--region", default="", help="only this region: two digits of the province")
@click.option("--state", default="", help="only complaints in this state")
@click.option("--quarter", help="the regulator's table of this quarter, such as 2026Q3")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="write the quarterly table here: .csv or .xlsx")
@click.option("--json", "as_json", is_flag=True, help="as JSON on standard output")
def reports(
    first: datetime | None, last: datetime | None, category: str, channel: str, region: str, state: str, quarter: str | None, output: Path | None, as_json: bool
) -> None:
    """Complaints by category, channel, region and week; time to answer, share in time, escalations, satisfaction."""
    from sqlalchemy.exc import SQLAlchemyError

    from complaints import reports as figures
    from complaints.figures import Filter
    from complaints.regulator import COLUMNS, Quarter
    from hotline import settings
    from hotline.records import Records

    try:
        config = settings.load()
    except settings.SettingsError as error:
        raise Refused(str(error)) from None
    zone = ZoneInfo(config.line.timezone)
    today = datetime.now(zone).date()
    if output is not None and (quarter is None or output.suffix not in (".csv", ".xlsx")):
        raise Refused("--output writes the quarterly table: give --quarter 2026Q3 and a name that ends with .csv or .xlsx")
    records = Records(config.database_url, zone=config.line.timezone)
    try:
        if quarter is not None:
            try:
                asked = Quarter.read(quarter)
            except ValueError as error:
                raise Refused(f"--quarter: {error}") from None
            lines = figures.quarterly(records, asked, today, zone, names={}, heads=["category", "region", *COLUMNS], whole="total")
            if output is not None:
                _write(output, figures.csv_text(lines) if output.suffix == ".csv" else figures.xlsx_bytes(lines, str(asked)))
            elif as_json:
                click.echo(json.dumps({"quarter": str(asked), "lines": [dict(zip(lines[0], line)) for line in lines[1:]]}, ensure_ascii=False))
            else:
                click.echo(figures.csv_text(lines).lstrip("\ufeff"), nl=False)
            return
        given = {"from": first, "to": last}
        try:
            period = figures.chosen({name: f"{day:%Y-%m-%d}" for name, day in given.items() if day}, today)
        except figures.Unfit:
            raise Refused("--from and --to: from the earlier to the later day, three years at most") from None
        wanted = Filter(period.first, period.last, category, channel, region, state)
        found = figures.report(records, wanted, today, zone)
    except SQLAlchemyError:
        raise Refused("the records cannot be read: has the line run here? DATABASE_URL or HOTLINE_VAR says where they are") from None
    finally:
        records.close()
    if as_json:
        click.echo(json.dumps(figures.as_dict(found), ensure_ascii=False))
        return
    _show(found)


def _write(path: Path, content: str | bytes) -> None:
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror or 'error'})") from None
    click.echo(f"wrote {path}", err=True)


def _show(found: Any) -> None:
    from rich.table import Table

    from hotline.terminal_tables import console

    out = console()
    heads = ("received", "answered", "share_in_time", "median_days", "escalation_rate", "satisfaction")
    for side, part in found.by.items():
        drawn = Table(title=f"{side}, {found.filter.first} – {found.filter.last}", title_justify="left")
        for number, head in enumerate(("", *heads)):
            drawn.add_column(head, justify="left" if number == 0 else "right")
        for value, one in [*part.items(), ("total", found.all)]:
            cells = [getattr(one, head) for head in heads]
            drawn.add_row(value or "—", *("—" if c is None else f"{100 * c:.1f} %" if h in ("share_in_time", "escalation_rate") else f"{c:.1f}" if isinstance(c, float) else str(c) for h, c in zip(heads, cells)))
        out.print(drawn)


commands: list[click.Command] = [reports]

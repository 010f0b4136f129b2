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
@click.option("--output", "--csv", "output", type=click.Path(dir_okay=False, path_type=Path), help="write the tables, or the quarterly one, here: .csv or .xlsx")
@click.option("--json", "as_json", is_flag=True, help="as JSON on standard output")
def reports(
    first: datetime | None, last: datetime | None, category: str, channel: str, region: str, state: str, quarter: str | None, output: Path | None, as_json: bool
) -> None:
    """Complaints by category, channel, region and week; time to answer, share in time, escalations, satisfaction."""
    from sqlalchemy.exc import SQLAlchemyError

    from complaints import reports as pages
    from complaints.counting import quarterly, report
    from complaints.export import xlsx
    from complaints.regulator import COLUMNS, Quarter, cells
    from hotline import settings
    from hotline.language import rooms
    from hotline.records import Records

    try:
        config = settings.load()
    except settings.SettingsError as error:
        raise Refused(str(error)) from None
    zone = ZoneInfo(config.line.timezone)
    today = datetime.now(zone).date()
    if output is not None and output.suffix not in (".csv", ".xlsx"):
        raise Refused(f"{output}: give a name that ends with .csv or .xlsx")
    try:
        asked = Quarter.read(quarter) if quarter is not None else None
    except ValueError as error:
        raise Refused(f"--quarter: {error}") from None
    if asked is not None and (first or last or category or channel or region or state):
        raise Refused("--quarter is the regulator's whole table: leave the other filters out")
    days = {name: f"{day:%Y-%m-%d}" for name, day in (("from", first), ("to", last)) if day}
    try:
        wanted = pages.chosen({**days, "category": category, "channel": channel, "region": region, "state": state}, today)
    except pages.Unfit as unfit:
        raise Refused(rooms()["reports"][str(unfit)][1]) from None
    records = Records(config.database_url, zone=config.line.timezone)
    try:
        if asked is not None:
            lines = cells(quarterly(records, asked, today, zone), ["category", "region", *COLUMNS], {}, "total")
            as_data: Any = {"quarter": str(asked), "lines": [dict(zip(lines[0], line)) for line in lines[1:]]}
        else:
            found = report(records, wanted, today, zone)
            lines, as_data = _lines(found), pages.as_dict(found)
    except SQLAlchemyError:
        raise Refused("the records cannot be read: has the line run here? DATABASE_URL or HOTLINE_VAR says where they are") from None
    finally:
        records.close()
    if output is not None:
        heads = [str(head) for head in lines[0]]
        _write(output, pages.csv_bytes(lines) if output.suffix == ".csv" else xlsx(heads, lines[1:], str(asked or "complaints")))
    if as_json:
        click.echo(json.dumps(as_data, ensure_ascii=False))
    elif output is None and asked is not None:
        click.echo(pages.csv_bytes(lines).decode("utf-8-sig"), nl=False)
    elif output is None:
        _show(found)


def _lines(found: Any) -> list[list[Any]]:
    """All sides in one table: side, value, figures; the total at the end."""
    from complaints.figures import SIDES
    from complaints.reports import SHOWN, tables

    made = tables(found)
    lines = [[side, value, *figures] for side in SIDES for value, figures in made[side].lines]
    return [["by", "value", *SHOWN], *lines, ["total", "", *made[SIDES[0]].total]]


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror or 'error'})") from None
    click.echo(f"wrote {path}", err=True)


def _show(found: Any) -> None:
    from rich.table import Table

    from complaints.reports import cell_text, tables
    from hotline.terminal_tables import console

    out = console()
    for one in tables(found).values():
        drawn = Table(title=f"{one.key}, {found.filter.first} – {found.filter.last}", title_justify="left")
        for number, head in enumerate(("", *one.columns)):
            drawn.add_column(head, justify="left" if number == 0 else "right")
        for value, figures in [*one.lines, *([("total", one.total)] if one.total else [])]:
            drawn.add_row(value or "—", *map(cell_text, one.columns, figures))
        out.print(drawn)


commands: list[click.Command] = [reports]

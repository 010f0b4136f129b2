"""``import``: complaints from a table."""

from __future__ import annotations

import json
import sys
import time
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="check every line, file nothing")
@click.option("--skip-refused", is_flag=True, help="file the fit lines although others are refused")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="language of lines that do not say theirs")
@click.option("--json", "as_json", is_flag=True, help="the report as JSON on standard output")
def import_(file: Path, dry_run: bool, skip_refused: bool, lang: str, as_json: bool) -> None:
    """File the complaints of a CSV table, all or none; the same table again files nothing twice.

    The first line names the columns (what and phone are needed; category, name, amount, occurred, location,
    resolution, lang, received, reference may be). Exit code 2 when a line is refused. Nobody is sent a text message.
    """
    from complaints.filing import filing_model, form_of
    from complaints.importing import NoTable, table
    from hotline import settings
    from hotline.channels import choices_of, said_of
    from hotline.database import migrate
    from hotline.language import rooms
    from hotline.records import Records

    try:
        config = settings.load()
        data = file.read_bytes()
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        click.echo(f"Error: {file}: {error.strerror}", err=True)
        sys.exit(2)
    choices = choices_of(config.script)
    today = datetime.now(ZoneInfo(config.line.timezone)).date()
    model = filing_model(list(choices.categories), list(choices.resolutions))
    try:
        found = table(data, model, today=today, zone=config.line.timezone, words=said_of(choices), lang=lang)
    except NoTable as error:
        click.echo(f"Error: {file}: {error}", err=True)
        sys.exit(2)
    migrate(config.database_url)
    records = Records(config.database_url, zone=config.line.timezone, due=config.deadlines.due)
    try:
        known = records.known_sources([row.source for row in found.rows])
        fresh = [row for row in found.rows if row.source not in known]
        refused = bool(found.faults)
        numbers: list[str] = []
        if not dry_run and (skip_refused or not refused):
            now = time.time()
            # The forms are made first: while a table is filed, a live call cannot write.
            with click.progressbar(fresh, label="Reading the stories", file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
                ready = [
                    (row.source, form_of(row.filing, _day(row.received or now, config.line.timezone)).to_json(), row.received or now)
                    for row in shown
                ]
            numbers = records.file_all(ready)
    finally:
        records.close()
    words = rooms()["channels"]
    faults = [(one, words[f"wrong.{one.why}"][0 if lang == "zh" else 1]) for one in found.faults]
    if as_json:
        report = {
            "filed": [{"line": row.line, "number": number} for row, number in zip(fresh, numbers, strict=False)],
            "fit": len(fresh), "known": [row.line for row in found.rows if row.source in known],
            "repeated": [{"line": line, "as": first} for line, first in found.repeated],
            "refused": [{"line": one.line, "column": one.column, "why": text} for one, text in faults],
        }
        click.echo(json.dumps(report, ensure_ascii=False))
    else:
        for one, text in faults:
            click.echo(f"line {one.line}{', ' + one.column if one.column else ''}: {text}", err=True)
        for line, first in found.repeated:
            click.echo(f"line {line}: says the same as line {first}; left out", err=True)
        if known:
            click.echo(f"{len(known)} were imported before; left as they are.", err=True)
        did = f"{len(numbers)} filed" if numbers or not (dry_run or refused) else "nothing filed"
        lines = len({one.line for one in found.faults})
        click.echo(f"{did}; {len(fresh)} fit, {lines} refused, {len(found.repeated)} repeated.")
        if refused and not skip_refused and not dry_run:
            click.echo("Correct the refused lines and import again, or file the others with --skip-refused.", err=True)
    sys.exit(2 if refused else 0)


def _day(at: float, zone: str) -> date:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


commands: list[click.Command] = [import_]

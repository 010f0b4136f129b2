"""``retention`` and ``subject``: what is kept of callers, and for how long."""

from __future__ import annotations

import getpass
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click


@click.command()
@click.option("--dry-run", is_flag=True, help="only say what would be deleted")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output")
def retention(dry_run: bool, as_json: bool) -> None:
    """Delete what is over its time ([privacy] in hotline.toml) and say what it was."""
    with _retention() as (job, _):
        report = job.run(dry=dry_run, who=_who())
    if as_json:
        click.echo(json.dumps(report))
        return
    for name, count in report.items():
        click.echo(f"{name.replace('_', ' '):<16} {count}")
    if dry_run:
        click.echo("Nothing was deleted (--dry-run).")


@click.group()
def subject() -> None:
    """One caller's data: export it, erase it. The number is asked for, so that it is in no shell history."""


@subject.command()
@click.option("--out", type=click.Path(dir_okay=False, writable=True), required=True, help="a .zip to write")
def export(out: str) -> None:
    """Everything that is kept of a phone number: JSON and recordings."""
    number = _number()
    with _retention() as (job, recordings):
        found = job.export(number, _who())
        with zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.json", json.dumps(found, ensure_ascii=False, indent=1, default=str))
            for call, streams in found["recordings"].items():
                for stream in streams:
                    archive.writestr(f"{call}-{stream}.wav", recordings.wav(call, stream, 0, 3600) or b"")
    click.echo(f"{out}: {len(found['calls'])} calls, {len(found['complaints'])} complaints")


@subject.command()
@click.option("--why", required=True, help="the reason, kept on record")
@click.option("--force", is_flag=True, help="even if complaints are open")
@click.option("--yes", is_flag=True, help="do not ask again")
def erase(why: str, force: bool, yes: bool) -> None:
    """Delete everything that is kept of a phone number; it cannot be brought back."""
    number = _number()
    if not yes:
        click.confirm("Erase everything of this number?", abort=True)
    with _retention() as (job, _):
        report = job.erase(number, _who(), why, force=force)
    click.echo(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in report.items()))


def _number() -> str:
    return sys.stdin.readline().strip() if not sys.stdin.isatty() else click.prompt("Phone number")


def _who() -> str:
    return f"{getpass.getuser()} (command line)"


@contextmanager
def _retention() -> Iterator[tuple[Any, Any]]:
    from audio.recording import Recordings
    from hotline import settings
    from hotline.database import migrate
    from hotline.records import Records
    from hotline.retention import Retention, SubjectError
    from hotline.secret import secret_key

    try:
        config = settings.load()
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None
    migrate(config.database_url)
    records, recordings = Records(config.database_url), Recordings(config.var / "recordings")
    try:
        yield Retention(records, recordings, config.privacy, key=secret_key(config.var)), recordings
    except (SubjectError, FileExistsError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    finally:
        records.close()


commands: list[click.Command] = [retention, subject]

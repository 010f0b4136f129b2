"""``key``: which other programs may use the API."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from complaints.scopes import CHANNELS, SCOPES, USUAL


@click.group()
def key() -> None:
    """Keys of other programs (app, social media, counter): add, list, revoke."""


@key.command()
@click.argument("name")
@click.option("--channel", type=click.Choice(CHANNELS), required=True, help="where its complaints come from")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(tuple(SCOPES)), help=f"what it may do; without it: {', '.join(USUAL)}")
@click.option("--per-minute", default=120, show_default=True, help="requests a minute")
def add(name: str, channel: str, scopes: tuple[str, ...], per_minute: int) -> None:
    """Make a key; it is shown this once and kept only as its hash."""
    with _keys() as keys:
        text = keys.add(name, channel, scopes or USUAL, per_minute)
    click.echo("The key, shown this once; send it as Authorization: Bearer …", err=True)
    click.echo(text)


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output")
def list_(as_json: bool) -> None:
    """Which keys there are, with channel and scopes."""
    with _keys() as keys:
        found = keys.all()
    if as_json:
        rows = [
            {"name": one.name, "channel": one.channel, "scopes": one.scopes, "per_minute": one.per_minute,
             "revoked": one.revoked_at is not None}
            for one in found
        ]
        click.echo(json.dumps(rows))
        return
    for one in found:
        state = "revoked" if one.revoked_at else f"{one.per_minute} a minute"
        click.echo(f"{one.name:<32} {one.channel:<8} {state:<14} {' '.join(one.scopes)}")
    if not found:
        click.echo("There are no keys yet: python -m hotline key add NAME --channel app", err=True)


@key.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Close a key, at once."""
    with _keys() as keys:
        keys.revoke(name)


@contextmanager
def _keys() -> Iterator[Any]:
    from complaints.keys import Keys, KeysError
    from hotline import settings
    from hotline.database import migrate
    from hotline.records import Records

    try:
        config: Any = settings.load()
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None
    migrate(config.database_url)
    records = Records(config.database_url)
    try:
        yield Keys(records)
    except KeysError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    finally:
        records.close()


commands: list[click.Command] = [key]

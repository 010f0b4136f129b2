"""``user``: who may sign in to the pages."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from hotline.access import ROLES

from_stdin = click.option("--password-stdin", is_flag=True, help="read the password from standard input")


@click.group()
def user() -> None:
    """Users of the pages: add, list, change their password, switch off and on."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="what the user may do")
@from_stdin
def add(name: str, role: str, password_stdin: bool) -> None:
    """Add a user; an agent's name is the one that stands in [[agents]] of hotline.toml."""
    with _users() as (users, agents):
        users.add(name, role, _password(password_stdin))
        click.echo(f"{name} may sign in as {role}.")
        if role == "agent" and name not in agents:
            click.echo(f"Note: no [[agents]] of hotline.toml is named {name}, so no call can be put through.", err=True)


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output")
def list_(as_json: bool) -> None:
    """Who there is, with role and state."""
    with _users() as (users, _):
        found = users.all()
    if as_json:
        click.echo(json.dumps([{"name": one.name, "role": one.role, "active": one.active} for one in found]))
        return
    for one in found:
        click.echo(f"{one.name:<32} {one.role:<10} {'' if one.active else 'switched off'}".rstrip())
    if not found:
        click.echo("There are no users yet: python -m hotline user add NAME --role agent", err=True)


@user.command()
@click.argument("name")
@from_stdin
def password(name: str, password_stdin: bool) -> None:
    """Set a new password; it signs the user out everywhere."""
    with _users() as (users, _):
        users.set_password(name, _password(password_stdin))


@user.command()
@click.argument("name")
def off(name: str) -> None:
    """Switch a user off, at once and wherever signed in."""
    with _users() as (users, _):
        users.set_active(name, False)


@user.command()
@click.argument("name")
def on(name: str) -> None:
    """Switch a user on again."""
    with _users() as (users, _):
        users.set_active(name, True)


@contextmanager
def _users() -> Iterator[tuple[Any, set[str]]]:
    from hotline import settings
    from hotline.database import migrate
    from hotline.records import Records
    from hotline.users import UserError, Users

    try:
        config: Any = settings.load()
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None
    migrate(config.database_url)
    records = Records(config.database_url)
    try:
        yield Users(records), {agent.name for agent in config.script.agents}
    except UserError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    finally:
        records.close()


def _password(stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True)


commands: list[click.Command] = [user]

"""The database: its schema and how it is spoken to, SQLite and PostgreSQL alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest schema; makes it if it is not there."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds what callers said
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    schema = engine(url)
    try:
        with schema.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        schema.dispose()


def engine(url: str) -> Engine:
    """Connections to the database at ``url``."""
    # hide_parameters: an exception text must not carry a caller's number.
    # No limit to the connections: the threads that read are as many as there are streams, and brief.
    made = create_engine(url, hide_parameters=True, pool_size=0)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _sqlite_connect)
        event.listen(made, "begin", _sqlite_begin)
    return made


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")  # a filed complaint survives a power cut
    connection.execute("PRAGMA busy_timeout=10000")


def _sqlite_begin(connection: Connection) -> None:
    # A writer that begins as a reader can fail half-way; it takes its turn at once instead.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

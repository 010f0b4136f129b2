"""What several tests share: a browser, a PostgreSQL server, a database of either kind."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from hotline.database import migrate
from hotline.server import free_port

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # The browser phone's microphone: a tone instead of a device, and no question about it.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


LONG = (
    "test_call", "test_recorded_followup", "test_planner_browser", "test_two_parties", "test_hearing", "test_today", "test_accessibility", "test_desk_browser",
    "test_sim_cases", "test_work_browser", "test_gethuman", "test_report", "test_evaluate_command", "test_plans",
)  # fmt: skip
"""Modules that take longest, mostly by waiting while speech is spoken: begun first, so that none is left running alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long modules first; with ``--no-loadscope-reorder`` the workers take them in this order."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONG)))


def lacking(what: str) -> None:
    """Skip for want of a system package; in CI nothing is skipped."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed, and CI skips nothing: see tests/system-packages.sh")
    pytest.skip(f"{what} is not installed (make test installs it as root on Debian)")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = shutil.which("chromium")
    if path is None:
        lacking("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of 1366 × 768, the agents' commonest screen."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A throw-away PostgreSQL server; yields its URL up to the database name."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    home = found[-1] if found else (Path(shutil.which("initdb") or "/nowhere/x").parent)
    if not (home / "initdb").exists():
        lacking("PostgreSQL")
    # PostgreSQL refuses to run as root; Debian's package makes a user for it.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path(tempfile.mkdtemp(prefix="hotline-pg-"))
    if user:
        shutil.chown(folder, "postgres")
    port = free_port()
    data = folder / "data"

    def run(*command: object) -> None:
        subprocess.run([*user, *map(str, command)], check=True, cwd=folder, stdout=subprocess.DEVNULL)

    run(home / "initdb", "-D", data, "-U", "hotline", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
    run(home / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start")
    try:
        yield f"postgresql+psycopg://hotline@127.0.0.1:{port}/"
    finally:
        run(home / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database with the newest schema, once of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'hotline.db'}"
    else:
        base = request.getfixturevalue("postgresql")
        name = "t" + uuid.uuid4().hex
        with psycopg.connect(base.replace("+psycopg", "") + "postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        url = base + name
    migrate(url)
    return url

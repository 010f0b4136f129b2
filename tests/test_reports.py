"""The page of figures in Chromium, its files, and the command with the same figures."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, Route, expect

from complaints.regulator import Quarter
from hotline.commands.reports import reports as command
from tests.house import House, house_in, serving
from tests.signed_in import account, client_of, enter

NOW = datetime.now(ZoneInfo("Asia/Shanghai"))
SPREAD = [("web-1", "wrong_charge", "浙江省杭州市"), ("web-2", "plan_change", "北京"), ("CA1", "plan_change", ""), ("app-1", "wrong_charge", "=1+1")]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    folder = tmp_path_factory.mktemp("house")
    with house_in(folder) as built:
        account(built.users, "chen", "supervisor")
        for source, category, place in SPREAD:
            form = {"fields": {"category": {"value": category}, "location": {"value": place}}}
            built.records.file_complaint(source, form)
        yield built, folder


@pytest.mark.browser
def test_charts_tables_and_filters(house: tuple[House, Path], page: Page) -> None:
    built, _ = house
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    with serving(built.app) as address:
        enter(page, address, "chen", "/reports")
        expect(page.locator("[data-figure=received]")).to_have_text("4")
        expect(page.locator("#charts .main-svg").first).to_be_visible()
        page.locator("select[name=channel]").select_option("web")
        expect(page.locator("[data-figure=received]")).to_have_text("2")
        page.locator("select[name=category]").select_option("plan_change")
        expect(page.locator("[data-figure=received]")).to_have_text("1")
        expect(page.locator("section[aria-labelledby=by-region] tbody th")).to_have_text("北京")
        with page.expect_download() as download:
            page.locator("section[aria-labelledby=by-category] a").click()
        assert len(download.value.path().read_text("utf-8-sig").splitlines()) == 3  # heads, one category, the total
    assert complaints == []


@pytest.mark.browser
def test_a_filter_changed_while_the_charts_still_load_counts(house: tuple[House, Path], page: Page) -> None:
    held: list[Route] = []
    plotly = re.compile("/plotly")
    with serving(house[0].app) as address:
        enter(page, address, "chen", "/wallboard")
        page.route(plotly, lambda route: held.append(route))
        with page.expect_request(plotly):
            page.goto(f"{address}/reports", wait_until="commit")
        page.locator("select[name=channel]").select_option("web")
        held[0].continue_()
        expect(page.locator("[data-figure=received]")).to_have_text("2")


def test_files_and_what_cannot_be(house: tuple[House, Path]) -> None:
    built, _ = house
    client = client_of(built.app, built.users, "chen", "supervisor")
    quarter = Quarter.of(NOW.date())
    table = client.get(f"/reports/quarter/{quarter}.csv").text.splitlines()
    assert len(table) == 6 and table[-1].split(",")[2] == "4"
    book = zipfile.ZipFile(io.BytesIO(client.get(f"/reports/quarter/{quarter}.xlsx").data))
    assert "xl/worksheets/sheet1.xml" in book.namelist()
    assert client.get("/reports?from=2026-12-01&to=2026-11-01").status_code == 422
    assert client.get("/reports?from=yesterday").status_code == 422
    assert client.get("/reports/quarter/2026Q9.csv").status_code == 404
    assert client_of(built.app, built.users, "wang", "agent").get("/reports").status_code == 403


def test_the_command_says_the_same(house: tuple[House, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    built, folder = house
    monkeypatch.setenv("HOTLINE_VAR", str(folder))
    found = json.loads(CliRunner().invoke(command, ["--json", "--channel", "web"], catch_exceptions=False).stdout)
    page = client_of(built.app, built.users, "chen", "supervisor").get("/reports/data.json?channel=web").json
    assert found == page and found["all"]["received"] == 2
    shown = CliRunner().invoke(command, ["--quarter", str(Quarter.of(NOW.date()))], catch_exceptions=False)
    assert shown.stdout.splitlines()[-1].startswith("total,,4")
    assert CliRunner().invoke(command, ["--quarter", "now"]).exit_code == 2
    written = folder / "all.csv"
    assert CliRunner().invoke(command, ["--output", str(written)]).exit_code == 0
    assert written.read_text("utf-8-sig").splitlines()[-1].startswith("total,,4")
    assert CliRunner().invoke(command, ["--output", "x.txt"]).exit_code == 2

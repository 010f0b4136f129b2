"""A planner in Chromium: from call records to a roster without a manual; a run survives reload and restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from planner.plans import Plans
from tests.house import House, house_in, serving
from tests.planning_records import write_records
from tests.signed_in import account, client_of, csrf_in, enter
from tests.test_accessibility import AXE, problems

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str, Path]]:
    folder = tmp_path_factory.mktemp("house")
    write_records(folder / "calls.csv")
    with house_in(folder) as house:
        account(house.users, "lin", "planner")
        account(house.users, "mo", "planner")
        with serving(house.app) as address:
            yield house, address, folder


def test_from_records_to_a_roster(house: tuple[House, str, Path], page: Page) -> None:
    built, address, folder = house
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    enter(page, address, "lin", "/planner")
    page.get_by_label("名称").fill("十一月")
    page.get_by_label("通话记录").set_input_files(folder / "calls.csv")
    page.get_by_role("button", name="用这些记录开始").click()
    expect(page.locator("#history")).to_have_attribute("data-state", "done", timeout=60_000)
    page.locator("#forecast summary", has_text="选项").click()
    page.get_by_label("其他特殊日").fill("明天")
    page.locator("#forecast").get_by_role("button", name="保存选项").click()
    expect(page.locator("#forecast [data-error]")).to_have_text("其他特殊日: 请写日期，如 2026-12-24")
    page.get_by_label("其他特殊日").fill("2026-11-03，2026-11-04")
    page.locator("#forecast").get_by_role("button", name="保存选项").click()
    expect(page.locator("#said")).to_have_text("已保存。")
    page.locator("#need summary", has_text="选项").click()
    page.get_by_label("服务水平").fill("80")
    page.locator("#need").get_by_role("button", name="保存选项").click()
    expect(page.locator("#need [data-error]")).to_be_hidden()
    page.get_by_role("button", name="一直做到排班表").click()
    expect(page.locator("#forecast")).to_have_attribute("data-state", "done", timeout=60_000)
    page.reload()  # the runs go on
    expect(page.locator("#shifts")).to_have_attribute("data-state", "done", timeout=120_000)
    expect(page.locator("#shifts table").first).to_be_visible()
    expect(page.locator("#need .js-plotly-plot .main-svg").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="roster.csv").click()
    assert "agent,contract,group" in download.value.path().read_text("utf-8-sig")
    assert complaints == ["Failed to load resource: the server responded with a status of 422 (UNPROCESSABLE ENTITY)"]
    if AXE.exists():
        assert problems(page) == []
    plan = page.url.rpartition("/")[2]
    client = client_of(built.app, built.users, "lin", "planner")
    whole = json.loads(client.get(f"/planner/{plan}/plan.json").text)
    assert whole["results"]["shifts"]["roster"] and whole["choices"]["need"]["service_level"] == 80
    # Somebody else sees it only when it is shared, and then cannot change it.
    other = client_of(built.app, built.users, "mo", "planner")
    assert other.get(f"/planner/{plan}").status_code == 404
    Plans(built.records, folder / "plans").change(plan, shared=True)
    token = {"X-CSRFToken": csrf_in(other.get(f"/planner/{plan}").text)}
    assert other.post(f"/planner/{plan}/run", json={}, headers=token).status_code == 403
    assert other.get(f"/planner/{plan}/file/..%2F..%2Fhistory.json").status_code == 404


def test_unknown_columns_are_asked_for_and_a_step_can_be_stopped(house: tuple[House, str, Path], page: Page) -> None:
    _, address, folder = house
    text = (folder / "calls.csv").read_text("utf-8").replace("接通", "QQ").replace("等待时长", "w")
    (folder / "odd.csv").write_text(text, "utf-8")
    enter(page, address, "lin", "/planner")
    page.get_by_label("通话记录").set_input_files(folder / "odd.csv")
    page.get_by_role("button", name="用这些记录开始").click()
    expect(page.locator("#history .warning").first).to_be_visible()
    assert "1380013" not in page.content()  # callers are not shown
    page.get_by_label("等待时长").select_option("w")
    page.get_by_label("表示接通的词").fill("QQ")
    page.get_by_role("button", name="按此读取").click()
    expect(page.locator("#history")).to_have_attribute("data-state", "done", timeout=60_000)
    page.get_by_role("button", name="一直做到排班表").click()
    expect(page.locator("#forecast")).to_have_attribute("data-state", "running", timeout=60_000)
    page.get_by_role("button", name="停止").click()
    expect(page.locator("#shifts")).to_have_attribute("data-state", "cancelled", timeout=30_000)


def test_what_is_no_table_is_refused(house: tuple[House, str, Path], page: Page) -> None:
    _, address, folder = house
    (folder / "no.csv").write_bytes(b"\x00\x01\x02")
    enter(page, address, "lin", "/planner")
    before = page.locator("tbody tr").count()
    page.get_by_label("通话记录").set_input_files(folder / "no.csv")
    page.get_by_role("button", name="用这些记录开始").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    assert page.locator("tbody tr").count() == before

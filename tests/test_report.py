"""The reports: in a real browser without network, and with every kind of model."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from simulation import report
from simulation.load import from_dict
from simulation.paired import compare
from simulation.replicate import run


def minutes(mean):
    return {"dist": "exponential", "mean": f"{mean} min"}


def day(**changes):
    """Two types, two groups, six half hours."""
    agents = changes.pop("agents", [5, 6, 7, 7, 6, 5])
    model = {
        "name": "A morning",
        "time": {"opens": "08:00", "closes": "11:00", "days": ["mon"], "interval": "30 min", "after_close": "serve"},
        "types": {
            "billing": {"calls": [20, 30, 40, 40, 30, 20], "talk": minutes(3), "patience": minutes(2)},
            "network": {"calls": [10, 10, 15, 15, 10, 10], "talk": minutes(4), "patience": minutes(2)},
        },
        "groups": {
            "all": {"skills": ["billing", "network"], "agents": agents, "at_shift_end": "finish", "cost_per_hour": 60},
            "bills": {"skills": ["billing"], "agents": 1},
        },
        "routing": {"call_choice": "longest_wait", "agent_choice": "listed"},
        "targets": {"answer_within": "15 s", "service_level": 0.85},
        "costs": {"currency": "CNY"},
        "run": {"replications": 20, "seed": 7},
    }
    return from_dict({**model, **changes})


def unbroken(**run_keys):
    return from_dict({
        "name": "M/M/5", "time": {"length": "300 min", "after_close": "stop"},
        "types": {"calls": {"rate": "1 / min", "talk": minutes(4), "patience": "unlimited"}},
        "groups": {"g": {"skills": ["calls"], "agents": 5}}, "targets": {"answer_within": "20 s"}, "run": run_keys,
    })  # fmt: skip


@pytest.fixture
def offline(browser: Browser):
    """Opens a file in a browser that reaches nothing else; fails on any error in its console."""
    contexts, troubles = [], []

    def open_file(path: Path, scheme: str = "light", width: int = 1366) -> Page:
        context = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": width, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") or request.url.startswith("data:") else troubles.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-drawn]")
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_day_opens_without_network(offline, tmp_path, scheme):
    result = run(day())
    report.write(result, tmp_path / "out.html")
    page = offline(tmp_path / "out.html", scheme)
    assert page.title().startswith("A morning")
    # Every chart is drawn: a line for the whole, and bands beside it.
    keys = ["service_level", "queue_length", "calls", "agents", "occupancy", "abandonment", "waits"]
    for key in keys:
        chart = page.locator(f"#chart-{key}")
        expect(chart.locator("svg.main-svg").first).to_be_visible()
        assert chart.locator(".scatterlayer .js-line").count() >= 3
        assert chart.locator(".scatterlayer .js-fill").count() >= 1
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.querySelector('#chart-waits .xtick text')).fill")
    assert (background, ink) == {
        "light": ("rgb(247, 248, 249)", "rgb(28, 35, 41)"),
        "dark": ("rgb(20, 24, 28)", "rgb(228, 232, 235)"),
    }[scheme]
    # Words in both languages, the definition with its T, the number of replications, each number with its error.
    text = page.locator("main").inner_text()
    assert "服务水平 service level" in text
    assert "answered within 15 s ÷ offered" in text
    assert "20 replications" in text
    level = result.get("service_level")
    assert f"{100 * level.mean:.2f} %" in text
    assert f"± {100 * level.half_width:.2f} %" in text
    assert page.get_by_role("row", name=re.compile("^mon 08:30")).count() == 1


@pytest.mark.browser
def test_it_fits_a_narrow_screen(offline, tmp_path):
    report.write(run(day()), tmp_path / "out.html")
    page = offline(tmp_path / "out.html", width=420)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


@pytest.mark.browser
def test_colours_follow_the_system(offline, tmp_path):
    report.write(run(unbroken(replications=3)), tmp_path / "out.html")
    page = offline(tmp_path / "out.html")
    line = page.locator("#chart-waits .js-line").last
    light = line.evaluate("e => getComputedStyle(e).stroke")
    page.emulate_media(color_scheme="dark")
    expect(line).not_to_have_css("stroke", light)


@pytest.mark.browser
def test_two_scenarios(offline, tmp_path):
    comparison = compare(day(), day(agents=[6, 7, 8, 8, 7, 6], name="One more"))
    report.write_comparison(comparison, tmp_path / "out.html")
    page = offline(tmp_path / "out.html")
    assert page.title() == "One more − A morning"
    assert page.locator("#chart-service_level .legend .traces").count() == 2
    change = comparison.difference("service_level")
    row = page.get_by_role("row", name=re.compile("^服务水平 service level ")).first.inner_text()
    assert f"+{100 * change.mean:.2f} pp" in row
    assert "*" in row


@pytest.mark.browser
@pytest.mark.parametrize(
    "model",
    [
        unbroken(replications=1),
        unbroken(replications=1, batches=5),
        unbroken(replications=4),
        day(run={"replications": 1, "seed": 1}),
        day(time={"opens": "08:00", "closes": "11:00", "days": ["mon", "tue", "wed"], "interval": "30 min", "after_close": "serve"},
            types={"quiet": {"calls": [0] * 6, "talk": minutes(3), "patience": minutes(2)}},
            groups={"g": {"skills": ["quiet"], "agents": 2}}),
    ],
    ids=["one run", "batches", "unbroken", "one day", "nobody calls"],
)  # fmt: skip
def test_models_without_some_of_the_numbers(offline, tmp_path, model):
    report.write(run(model), tmp_path / "out.html")
    page = offline(tmp_path / "out.html")
    assert "nan" not in page.locator("main").inner_text().lower()


@pytest.mark.browser
def test_names_from_the_file_stay_text(offline, tmp_path):
    evil = "</script><script>document.title='owned'</script><b>账单"
    model = from_dict({
        "name": evil, "time": {"opens": "08:00", "closes": "10:00", "days": ["mon"], "interval": "1 h", "after_close": "serve"},
        "types": {evil: {"calls": [10, 10], "talk": minutes(3), "patience": minutes(2)},
                  "other": {"calls": [10, 10], "talk": minutes(3), "patience": minutes(2)}},
        "groups": {evil: {"skills": [evil, "other"], "agents": 2}},
        "routing": {"call_choice": "longest_wait"}, "targets": {"answer_within": "20 s"}, "run": {"replications": 2},
    })  # fmt: skip
    report.write(run(model), tmp_path / "out.html")
    page = offline(tmp_path / "out.html")
    assert page.title().startswith("</script>")
    assert page.locator("h1 b").count() == 0
    assert page.locator("h1").inner_text() == evil


def test_an_unreached_precision_is_said():
    model = day(run={"precision": {"metric": "service_level", "half_width": 0.0001, "max_replications": 12}})
    page = report.html(run(model))
    assert "PRECISION NOT REACHED" in page
    assert 'class="warning">12 replications' in page


def test_the_script_is_inside_and_nothing_is_fetched():
    page = report.html(run(unbroken(replications=2)))
    head = page[: page.index('<script type="application/json"')]
    assert "default-src 'none'" in head
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", head)
    figures = json.loads(re.search(r'id="figures">(.*?)</script>', page, re.S)[1])
    assert [figure["key"] for figure in figures] == ["waits"]

"""``hotline check``: each fault with its line, before anybody calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.commands.check import check
from hotline.place import line_of
from hotline.settings import HOUSE

TEXT = (Path(HOUSE) / "hotline.toml").read_text(encoding="utf-8")


def checked(tmp_path: Path, text: str) -> Result:
    """``check`` of a file with this text."""
    file = tmp_path / "hotline.toml"
    file.write_text(text, encoding="utf-8")
    return CliRunner().invoke(check, [str(file)])


def test_the_projects_own_file_is_sound() -> None:
    result = CliRunner().invoke(check, [str(Path(HOUSE) / "hotline.toml")])
    assert result.exit_code == 0, result.output
    assert "billing_anomaly" in result.output and "集团公司" in result.output


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('skill = "plans"', 'skill = "planz"', ["menu.options.plans.skill", "no skill is called 'planz'", "billing"]),
        ('name = "plans"\nkey = "2"', 'name = "plans"\nkey = "1"', ["key '1' is already used by menu.options.charges"]),
        ('categories = ["service_quality"]', "categories = []", ["menu.categories.service_quality", "no option leads to it"]),
        ('confirm_own = "Is it', 'confirm_ownn = "Is it', ["prompts.en.confirm_own: missing", "prompts.en.confirm_ownn: nothing says it"]),
        ('goodbye = "Thank', f'goodbye = "{"x" * 3001} Thank', ["prompts.en.goodbye: 30", "shorten it"]),
        ('back = { zh = ["返回", "上一步"]', 'back = { zh = ["返回", "人工"]', ["word '人工' is already used by menu.words.agent"]),
        ('monday = ["00:00-24:00"]', 'monday = ["0-24"]', ["hours.monday", "'0-24' is no span", "08:00-20:00"]),
        ('en = "the provincial complaints office"\n', "", ["escalation.0.en: missing"]),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_to_do(tmp_path: Path, old: str, new: str, told: list[str]) -> None:
    assert TEXT.count(old) == 1
    result = checked(tmp_path, TEXT.replace(old, new))
    assert result.exit_code == 1
    for part in told:
        assert part in result.output
    place = TEXT[: TEXT.index(old)].count("\n")
    lines = [int(line.split("hotline.toml:")[1].split(":")[0]) for line in result.output.splitlines() if "toml:" in line]
    assert any(abs(line - 1 - place) <= 4 for line in lines) or "prompts" in told[0]


def test_what_is_no_toml_and_what_is_not_there(tmp_path: Path) -> None:
    result = checked(tmp_path, "[line\n")
    assert result.exit_code == 1 and "not valid TOML" in result.output and "line 1" in result.output
    result = CliRunner().invoke(check, [str(tmp_path / "none.toml")])
    assert result.exit_code == 1 and "not there" in result.output


@pytest.mark.parametrize(
    ("name", "line"),
    [("a.b", 2), ("a.c", 1), ("list[1].x", 7), ("list.second.x", 7), ("list.first", 3), ("other", None), ("a.d.e", 8)],
)
def test_the_line_of_a_setting(name: str, line: int | None) -> None:
    text = '[a]\nb = 1\n[[list]]\nname = "first"\n[[list]]\nname = "second"\nx = 1\n[a.d]\n'
    assert line_of(text, name) == line

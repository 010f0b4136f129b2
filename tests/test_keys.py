"""Keys of other programs: made by command line, shown once, closed at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from complaints.keys import Keys
from hotline.__main__ import main
from hotline.records import Records


def run(folder: Path, *args: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["key", *args], env={"HOTLINE_VAR": str(folder), "DATABASE_URL": ""})
    return result.exit_code, result.stdout.strip(), result.stderr


def test_a_key_opens_until_it_is_revoked(tmp_path: Path) -> None:
    code, text, _ = run(tmp_path, "add", "our-app", "--channel", "app")
    assert code == 0
    records = Records(f"sqlite:///{tmp_path / 'hotline.db'}")
    keys = Keys(records)
    found = keys.check(text)
    assert found and (found.name, found.channel) == ("our-app", "app") and "file" in found.scopes
    for wrong in ("", text[:-1], text[:-1] + ("A" if text[-1] != "A" else "B"), text + "A", text.upper(), "hk__", "\udcff"):
        assert keys.check(wrong) is None
    assert text not in (tmp_path / "hotline.db").read_bytes().decode("latin-1")
    assert json.loads(run(tmp_path, "list", "--json")[1])[0]["revoked"] is False
    assert run(tmp_path, "revoke", "our-app")[0] == 0
    assert keys.check(text) is None
    records.close()


@pytest.mark.parametrize(
    ("args", "told"),
    [(("add", "a b", "--channel", "app"), "letters"), (("add", "x", "--channel", "phone"), "phone"),
     (("add", "x", "--channel", "app", "--scope", "everything"), "everything"), (("revoke", "nobody"), "no key nobody"),
     (("add", "x", "--channel", "app", "--per-minute", "0"), "requests a minute")],
)
def test_what_cannot_be_done_is_told(tmp_path: Path, args: tuple[str, ...], told: str) -> None:
    code, _, error = run(tmp_path, *args)
    assert code == 2 and told in error


def test_a_name_is_given_once(tmp_path: Path) -> None:
    assert run(tmp_path, "add", "x", "--channel", "app")[0] == 0
    code, text, error = run(tmp_path, "add", "x", "--channel", "social")
    assert (code, text) == (2, "") and "already" in error

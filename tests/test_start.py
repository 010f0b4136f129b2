"""What stops the line from starting is said once, plainly, with an exit code that is not 0."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from audio import models
from hotline import settings
from hotline.settings import SettingsError
from tests.lines import place_of


def start(environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "hotline", "serve"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def refused(environment: dict[str, str], *words: str) -> None:
    """The line does not start; its one message holds these words and no traceback."""
    result = start(environment)
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def test_a_port_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(place_of(tmp_path, port), str(port), "PORT=")


def test_a_missing_model_is_said_with_what_to_do(tmp_path: Path) -> None:
    environment = {**place_of(tmp_path), "HOME": str(tmp_path), "VOSK_MODEL_PATH": str(tmp_path)}
    refused(environment, "vosk-model-small-cn-0.22", "make")


def test_a_damaged_model_is_said_with_what_to_do(tmp_path: Path) -> None:
    copy = tmp_path / ".cache" / "vosk" / "vosk-model-small-cn-0.22"
    shutil.copytree(models.find("zh"), copy)
    part = copy / "am" / "final.mdl"
    part.write_bytes(part.read_bytes()[:-1000])
    environment = {**place_of(tmp_path), "HOME": str(tmp_path), "VOSK_MODEL_PATH": ""}
    refused(environment, str(copy), "damaged")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[line\n", ["not valid TOML", "line 1"]),
        ("", ["line", "missing"]),
    ],
)
def test_an_unreadable_configuration_names_file_and_place(tmp_path: Path, text: str, words: list[str]) -> None:
    environment = place_of(tmp_path)
    config = Path(environment["HOTLINE_CONFIG"])
    config.write_text(text, encoding="utf-8")
    refused(environment, str(config), *words)


def test_every_fault_of_the_configuration_is_named_with_its_key_and_value(tmp_path: Path) -> None:
    environment = place_of(tmp_path)
    config = Path(environment["HOTLINE_CONFIG"])
    text = config.read_text(encoding="utf-8")
    text = text.replace("calls = 150", 'calls = "many"').replace('timezone = "Asia/Shanghai"', 'timezone = "Mars"')
    config.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        settings.load(environment)
    assert "line.calls" in str(caught.value)
    assert "'many'" in str(caught.value)
    assert "line.timezone" in str(caught.value)
    assert "'Mars'" in str(caught.value)


def test_settings_never_print_the_token(tmp_path: Path) -> None:
    loaded = settings.load(place_of(tmp_path))
    assert loaded.auth_token not in repr(loaded)


def test_a_foreign_carrier_without_account_is_refused(tmp_path: Path) -> None:
    environment = {**place_of(tmp_path), "CARRIER_URL": "https://api.twilio.com", "TWILIO_AUTH_TOKEN": ""}
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN"):
        settings.load(environment)


def test_the_local_carriers_token_is_new_at_each_start(tmp_path: Path) -> None:
    environment = {**place_of(tmp_path), "TWILIO_AUTH_TOKEN": "", "TWILIO_ACCOUNT_SID": ""}
    assert settings.load(environment).auth_token != settings.load(environment).auth_token

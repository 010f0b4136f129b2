"""What the channels take and how much: ``[evidence]`` and ``[web]`` of hotline.toml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class EvidenceSettings(BaseModel):
    """``[evidence]``: what is taken and how much."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_mb: float = Field(default=10, gt=0, le=100, description="largest file")
    complaint_mb: float = Field(default=50, gt=0, description="all files of one complaint")
    files: int = Field(default=20, ge=1, le=500, description="files of one complaint")
    disk_mb: float = Field(default=20_000, gt=0, description="all evidence together")
    drafts_mb: float = Field(default=2_000, gt=0, description="of it, what is not filed yet")
    keep_free_mb: float = Field(default=1_000, ge=0, description="left free on the disk for everything else")
    megapixels: float = Field(default=64, gt=0, le=400, description="largest picture")
    sound_minutes: float = Field(default=120, gt=0, description="longest sound")
    draft_hours: float = Field(default=24, gt=0, description="until files that nobody filed are removed")
    scanner: str = Field(default="", description="command that gets a file's path; exit code 0 is clean, 1 infected")


class WebSettings(BaseModel):
    """``[web]``: the callers' own pages, ``/complain`` and ``/status``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    proxies: int = Field(default=0, ge=0, le=5, description="reverse proxies in front; each adds one X-Forwarded-For entry")
    code_minutes: float = Field(default=10, gt=0, le=60, description="until a code sent by SMS expires")
    code_tries: int = Field(default=5, ge=1, le=10, description="wrong codes until a new one is needed")
    codes_a_day: int = Field(default=6, ge=1, description="codes sent to one phone")
    codes_an_hour: int = Field(default=20, ge=1, description="codes asked for from one address")
    codes_in_all: int = Field(default=1000, ge=1, description="codes sent in an hour, to whomever")
    code_gap_s: float = Field(default=60, ge=0, description="from one code to the next, for one phone")
    visit_minutes: float = Field(default=30, gt=0, description="how long a code opens a complaint on the status page")

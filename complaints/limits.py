"""What the channels take and how much: ``[evidence]`` of hotline.toml."""

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

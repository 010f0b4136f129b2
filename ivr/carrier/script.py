"""A recorded caller's script on the wire: JSON and recordings, checked.

JSON: ``{"from": "+86…", "to": "…", "answers": [{"step": "phone", "label": "b.wav",
"file": "answer1"}, {"step": "", "label": "1", "keys": "1"}], "hang_up_after": null,
"hang_up_in_s": null, "patience_s": 120}``; ``file`` names the part of the multipart
request that holds the recording.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.carrier import sound
from ivr.carrier.caller import PATIENCE_S, Answer, Script
from ivr.carrier.settings import PARTY


class ScriptError(Exception):
    """The script cannot be used; the text says what and where."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    step: str = Field("", pattern=r"^\w*$", max_length=64)
    label: str = Field("", max_length=300)
    keys: str = Field("", pattern=r"^[0-9*#]*$", max_length=64)
    file: str = ""

    @model_validator(mode="after")
    def _one(self) -> _Answer:
        if bool(self.keys) == bool(self.file):
            raise ValueError("an answer has either keys or a file")
        return self


class WireScript(BaseModel):
    """The JSON of a script."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str = Field(alias="from", pattern=PARTY)
    to: str = ""
    answers: list[_Answer] = Field(default=[], max_length=200)
    hang_up_after: int | None = Field(None, ge=0)
    hang_up_in_s: float | None = Field(None, ge=0, le=sound.LONGEST_S)
    patience_s: float = Field(PATIENCE_S, gt=0, le=4 * 3600)


def read(text: str, files: Mapping[str, bytes]) -> tuple[WireScript, Script]:
    """The checked script and its recordings as telephone sound. Raises ``ScriptError``."""
    try:
        wire = WireScript.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        # The value itself is not repeated: it may be somebody's number.
        raise ScriptError(f"the script's {place or 'content'}: {first['msg']}") from None
    except ValueError:
        raise ScriptError("the script is not JSON") from None
    answers = []
    for answer in wire.answers:
        law = b""
        if answer.file:
            if answer.file not in files:
                raise ScriptError(f"{answer.label or answer.file}: the recording was not sent")
            try:
                law = sound.read(files[answer.file])
            except sound.SoundError as error:
                raise ScriptError(f"{answer.label or answer.file}: {error}") from None
        label = answer.step or answer.label or answer.keys
        answers.append(Answer(answer.step, label, answer.keys, law))
    after = 0 if wire.hang_up_after is None and wire.hang_up_in_s is not None else wire.hang_up_after
    script = Script(tuple(answers), after, wire.hang_up_in_s, wire.patience_s)
    return wire, script

"""The base of every table in the model file: no unknown key, and each error says what to do."""

from __future__ import annotations

import difflib

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Table(BaseModel):
    """A table of the model file. Frozen; refuses keys it does not know and names the nearest one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: object) -> object:
        if isinstance(data, dict):
            for key in data:
                if key not in cls.model_fields:
                    raise unknown(f"key {key!r}", key, cls.model_fields)
        return data


def trouble(text: str) -> PydanticCustomError:
    """An error of this table; the text says the remedy."""
    # The template language of PydanticCustomError would read braces in the text.
    return PydanticCustomError("model", "{text}", {"text": text})


def unknown(what: str, given: str, known) -> PydanticCustomError:
    """An error for a name that is not among the known ones, with the nearest of them."""
    known = [str(k) for k in known]
    near = difflib.get_close_matches(str(given), known, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return trouble(f"unknown {what}; {hint}known here: {', '.join(known) or 'none'}")

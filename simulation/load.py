"""Reading a model file: a checked `RunModel`, or a `ModelError` that names key, value and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulation.model import Model
from simulation.problem import ModelError, Problem
from simulation.run_model import RunModel, check


def load(path: str | Path, *, menu: Collection[str] | None = None) -> RunModel:
    """The run model of a TOML file. `menu`: names that call types may have (the live line's menu).

    Raises ModelError for everything that is wrong with the file, missing and unreadable included.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise ModelError([Problem("file", str(path), "there is no such file; check the path")]) from None
    except OSError as e:
        raise ModelError([Problem("file", str(path), f"cannot be read ({e.strerror or 'error'}); check path and permissions")]) from None
    except UnicodeDecodeError:
        raise ModelError([Problem("file", str(path), "is not UTF-8 text; save it as UTF-8")]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        raise ModelError([Problem("file", str(path), f"is not valid TOML: {e}; texts need quotation marks, lists square brackets")]) from None
    return from_dict(data, menu=menu, folder=path.parent)


def from_dict(data: Mapping[str, Any], *, menu: Collection[str] | None = None, folder: Path | None = None) -> RunModel:
    """The run model of what a model file holds (a dict as `tomllib` gives it). Raises ModelError."""
    try:
        model = Model.model_validate(data)
    except ValidationError as e:
        raise ModelError(problems_of(e)) from None
    except RecursionError:
        raise ModelError([Problem("file", "", "is nested too deeply; flatten it")]) from None
    return check(model, menu=menu, folder=folder)


_REMEDY = {
    "missing": "is missing; add it",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "union_tag_invalid": "dist must be one of {expected_tags}",
    "union_tag_not_found": 'add dist, such as dist = "exponential"',
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "too_short": "needs at least {min_length} entries",
    "too_long": "may have at most {max_length} entries",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long (at most {max_length} characters)",
    "string_type": "must be a text in quotation marks",
    "list_type": "must be a list, such as [1, 2, 3]",
    "dict_type": "must be a table, such as { key = value }",
    "model_type": "must be a table, such as { key = value }",
    "model_attributes_type": 'must be a distribution, such as { dist = "exponential", mean = "3 min" }',
    "int_type": "must be a whole number without quotation marks",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number without quotation marks",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
}


def problems_of(error: ValidationError) -> list[Problem]:
    """One problem for each place. Where several forms are allowed, every form complains: those of another kind
    than what was written are dropped when one fits better, and joined when none does."""
    found: dict[str, list[tuple[bool, Problem]]] = {}
    for one in error.errors(include_url=False):
        problem = _problem(one)
        in_union = bool(one["loc"]) and _union_member(one["loc"][-1])
        other_kind = one["type"] in _OTHER_KIND or (one["type"] == "value_error" and in_union)
        found.setdefault(problem.key, []).append((other_kind, problem))
    out = []
    for key, here in found.items():
        closer = [p for other_kind, p in here if not other_kind]
        deeper = any(k.startswith(f"{key}.") for k in found)
        if closer:
            out += closer
        elif not deeper:
            out.append(Problem(key, here[0][1].value, ", or ".join(dict.fromkeys(p.remedy for _, p in here))))
    return out


_OTHER_KIND = {"list_type", "dict_type", "model_type", "model_attributes_type", "float_type", "int_type", "string_type", "literal_error"}


def _problem(error: dict[str, Any]) -> Problem:
    context = error.get("ctx") or {}
    kind = error["type"]
    remedy = str(context.get("error", error["msg"])) if kind == "value_error" else _REMEDY.get(kind, error["msg"])
    if kind in _REMEDY:
        for name, value in context.items():
            remedy = remedy.replace("{" + name + "}", f"{value:g}" if isinstance(value, float) else str(value))
    # Locations carry the names of union members too; people know only keys and positions.
    known = [str(p) for p in error["loc"] if not _union_member(p)]
    value = "" if kind == "missing" else _shown(error.get("input"))
    return Problem(".".join(known) or "model", value, remedy)


_MEMBERS = {
    "function-before", "float", "int", "Formula", "list", "dict", "constrained-float", "constrained-int",
    "exponential", "deterministic", "uniform", "triangular", "lognormal", "gamma", "erlang", "weibull",
    "hyperexponential", "phase_type", "empirical", "mixture",
}


def _union_member(part: object) -> bool:
    return isinstance(part, str) and (part in _MEMBERS or part.startswith(("function-", "literal[", "list[", "dict[", "constrained", "tagged-union", "nullable")))


def _shown(value: object) -> str:
    text = repr(value) if not isinstance(value, (dict, list)) else ("a table" if isinstance(value, dict) else f"a list of {len(value)}")
    return text if len(text) <= 60 else text[:57] + "..."

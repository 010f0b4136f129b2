"""Quantities as options of the command line: bare numbers in the usual unit, or a number with its unit."""

from __future__ import annotations

import math
from typing import Any

import click

from simulation import quantity


class Refused(click.ClickException):
    """What was asked cannot be done as asked: the message alone, exit code 2."""

    exit_code = 2


def _bare(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


class _Quantity(click.ParamType):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The quantity in its usual unit."""
        bare = _bare(value) if isinstance(value, str) else float(value)
        try:
            found = self.read(value) if bare is None else bare
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)
        if not found >= 0:
            self.fail(f"{value} is {'no number' if math.isnan(found) else 'below 0'}", param, ctx)
        return found

    def read(self, text: str) -> float:
        """The quantity of a text that is no bare number; ValueError says how to write it."""
        raise NotImplementedError


class _Duration(_Quantity):
    name = "SECONDS"

    def read(self, text: str) -> float:
        return quantity.seconds(text)


class _Rate(_Quantity):
    name = "CALLS/H"

    def read(self, text: str) -> float:
        return quantity.per_second(text) * 3600


class _Share(_Quantity):
    name = "SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = super().convert(value, param, ctx)
        if found > 1:
            self.fail(f"{value} is more than 1; a share is written 0.8 or 80%", param, ctx)
        return found

    def read(self, text: str) -> float:
        number = _bare(text.strip().removesuffix("%"))
        if number is None or not text.strip().endswith("%"):
            raise ValueError("write a share as 0.8 or 80%")
        return number / 100


DURATION, RATE, SHARE = _Duration(), _Rate(), _Share()

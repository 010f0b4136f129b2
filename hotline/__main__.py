"""``python -m hotline``: the command line."""

from __future__ import annotations

import importlib
import pkgutil

import click

from hotline import commands


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Hotline: the complaint line, its hearing and its planner."""


for module in pkgutil.iter_modules(commands.__path__):
    for command in importlib.import_module(f"{commands.__name__}.{module.name}").commands:
        main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m hotline")

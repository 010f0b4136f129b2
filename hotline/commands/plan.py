"""``plan``: the planner's whole way in one go, from call records to a roster and what if, as on the planner's page."""

from __future__ import annotations

import json
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import click

from hotline.commands.calibrate import EXISTING, progress
from hotline.quantities import Refused


@click.command()
@click.argument("files", nargs=-1, type=EXISTING)
@click.option("--map", "mapping", type=EXISTING, help="what the columns mean: simulation/RECORDS.md [found from their names]")
@click.option("--log", "of_log", is_flag=True, help="the live line's own event log instead of files (DATABASE_URL)")
@click.option("--choices", type=EXISTING, help="choices of the steps as JSON: those of a plan's plan.json, or parts of them")
@click.option("--until", type=click.Choice(["history", "forecast", "calibration", "test", "need", "shifts", "whatif"]), default="shifts", show_default=True, help="the last step")
@click.option("--test", "with_test", is_flag=True, help="with the honest test on the way")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="keep everything in this folder: sheets as JSON, files in out/")
@click.option("--json", "as_json", is_flag=True, help="the results of all steps as JSON on standard output")
def plan(
    files: tuple[Path, ...], mapping: Path | None, of_log: bool, choices: Path | None, until: str, with_test: bool, output: Path | None, as_json: bool
) -> None:  # fmt: skip
    """From call records (FILES, or --log) to a roster: history, forecast, calibration, need, shifts."""
    from pydantic import ValidationError

    from planner import choices as chosen
    from planner.steps import Place, StepError, Work

    if of_log == bool(files):
        raise Refused("give call-record files, or --log for the live line's own records" if not files else "--log takes no files: give one or the other")
    place, closing = _place(of_log, Place)
    try:
        given = _given(choices)
        own = {step: chosen.checked(step, part) for step, part in given.items()}
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refused(f"--choices {choices}: {'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}") from None
    if output is not None and output.exists() and any(output.iterdir()):
        raise Refused(f"--output {output}: the folder is not empty; name a new one")
    folder = output or Path(tempfile.mkdtemp(prefix="hotline-plan-"))
    try:
        own["history"] = chosen.checked("history", {"source": "log"} if of_log else _records(files, mapping, folder))
        results: dict[str, Any] = {}
        for step in _steps(until, with_test, own):
            with progress(step) as show:
                try:
                    sheet = Work(folder, own, place, show).do(step)
                except StepError as error:
                    raise Refused(f"{step}: {error}") from None
            results[step] = sheet.result
            if not as_json:
                click.echo(f"— {step}")
                for text in [*(f"⚠ {warning}" for warning in sheet.warnings), *sheet.notes]:
                    click.echo(f"  {text}")
        if as_json:
            click.echo(json.dumps({"choices": own, "results": results}, ensure_ascii=False, default=str))
        if output is not None:
            click.echo(f"wrote {output}", err=True)
    finally:
        if output is None:
            shutil.rmtree(folder, ignore_errors=True)
        closing()


def _steps(until: str, with_test: bool, own: dict[str, Any]) -> list[str]:
    from planner.choices import BEFORE, STEPS

    wanted, stack = {until}, [until]
    while stack:
        for before in BEFORE[stack.pop()]:
            wanted.add(before)
            stack.append(before)
    if with_test:
        wanted.add("test")
    return [step for step in STEPS if step in wanted]


def _given(path: Path | None) -> dict[str, Any]:
    """The choices of a file: of a whole plan, or only the choices; those of the history are the records given here."""
    if path is None:
        return {}
    from planner.choices import STEPS

    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"--choices {path} cannot be read as JSON ({type(error).__name__})") from None
    found = found.get("choices", found) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()) or set(found) - set(STEPS):
        raise Refused(f'--choices {path}: an object by step is needed, such as {{"need": {{"service_level": 80}}}}; steps are {", ".join(STEPS)}')
    return {step: part for step, part in found.items() if step != "history"}


def _records(files: tuple[Path, ...], mapping: Path | None, folder: Path) -> dict[str, Any]:
    """Copies of the files (the plan deletes its own once they are used) and what their columns mean."""
    meaning = _mapping(files[0], mapping)
    (folder / "in").mkdir(parents=True)
    names = []
    for number, path in enumerate(files, start=1):
        name = f"{number:03d}-{path.name}"
        try:
            shutil.copyfile(path, folder / "in" / name)
        except OSError as error:
            raise Refused(f"{path} cannot be read ({error.strerror or 'error'})") from None
        names.append(name)
    return {"files": names, "mapping": meaning}


def _mapping(records: Path, mapping: Path | None) -> dict[str, Any]:
    """What the columns mean: the file that says so, or found from their names."""
    if mapping is not None:
        from simulation import mapping as mappings
        from simulation.problem import ModelError

        try:
            mappings.load(mapping)
        except ModelError as error:
            raise Refused(f"{mapping} is no mapping:\n" + "\n".join(f"  {problem}" for problem in error.problems)) from None
        return tomllib.loads(mapping.read_text("utf-8"))
    from simulation import guess

    try:
        found = guess.of_file(records)
    except OSError as error:
        raise Refused(f"{records} cannot be read ({error.strerror or 'error'})") from None
    except ValueError as error:
        raise Refused(f"{records}: {error}") from None
    if found.doubts:
        raise Refused(f"{records}: what its columns mean is not sure; write a mapping file (simulation/RECORDS.md) and give it with --map\n" + "\n".join(f"  {doubt}" for doubt in found.doubts))
    return found.mapping


def _place(of_log: bool, place: Any) -> tuple[Any, Any]:
    """Where the line is, and what to call when done with it."""
    from hotline import settings

    try:
        config = settings.load()
    except settings.SettingsError as error:
        raise Refused(str(error)) from None
    if not of_log:
        return place(config.line.timezone), lambda: None
    from hotline.call_records import of_log as read_log
    from hotline.records import Records

    records = Records(config.database_url, zone=config.line.timezone)
    return place(config.line.timezone, log=lambda: read_log(records, config.line.timezone)), records.close


commands: list[click.Command] = [plan]

"""``simulate`` and ``compare``: model files from the shell."""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from hotline.quantities import DURATION, Refused

_MOST_REPLICATIONS = 10_000
_PRECISION = re.compile(r"(?P<metric>[A-Za-z][\w ]*?)\s*(?:±|\+-|=)?\s*(?P<number>\d*\.?\d+(?:[eE]-?\d+)?)\s*(?P<unit>%|s|min)?")


class PrecisionType(click.ParamType):
    """A metric and half of the confidence interval that is wanted: "service level 0.5%", "asa 2 s"."""

    name = "METRIC HALF-WIDTH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """(metric, half width in the metric's unit)."""
        from simulation.metrics import METRICS

        if not isinstance(value, str):
            return value
        found = _PRECISION.fullmatch(value.strip())
        if found is None:
            self.fail(f'{value!r}: write a metric and its half-width, such as "service level 0.5%" or "asa 2 s"', param, ctx)
        metric = re.sub(r"\s+", "_", found["metric"].strip().lower())
        known = [name for name, one in METRICS.items() if "w" in one.scopes]
        if metric not in known:
            near = difflib.get_close_matches(metric, known, 3)
            hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}"
            self.fail(f"no metric is called {metric!r}; {hint}", param, ctx)
        unit, wanted = METRICS[metric].unit, float(found["number"])
        allowed = {"share": ("%", None), "s": ("s", "min", None)}.get(unit, (None,))
        if found["unit"] not in allowed:
            self.fail(f"{value!r}: {metric} is given in {unit}, not in {found['unit']}", param, ctx)
        half_width = wanted * {"%": 0.01, "min": 60.0}.get(found["unit"] or "", 1.0)
        if not half_width > 0:
            self.fail(f"{value!r}: the half-width must be above 0", param, ctx)
        if unit == "share" and half_width >= 1:
            self.fail(f"{value!r}: a share cannot be {half_width:g} wide; write 0.5% or 0.005", param, ctx)
        return metric, half_width


def run_options(command: Callable) -> Callable:
    """The options of every command that simulates a model."""
    options = [
        click.option("--json", "as_json", is_flag=True, help="results as JSON on standard output"),
        click.option("--workers", type=click.IntRange(min=1, max=4096), default=1, show_default=True, help="processes on this machine"),
        click.option("--cluster", metavar="ADDRESS", help="dask://host:port or ray://host:port instead of this machine"),
        click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="seed of the random streams [the model's]"),
        click.option("--replications", type=click.IntRange(1, 10_000_000), help="number of replications [the model's]"),
        click.option(
            "--precision", type=PrecisionType(),
            help='run until a figure is known this well: "service level 0.5%", "asa 2 s"',
        ),
        click.option(
            "--max-replications", type=click.IntRange(10, 10_000_000), default=_MOST_REPLICATIONS, show_default=True,
            help="with --precision: stop here at the latest",
        ),
        click.option("--budget", type=DURATION, help='with --precision: wall-clock time at most, "90" (s) or "10 min"'),
        click.option("--menu", "of_menu", is_flag=True, help="refuse call types that are not on the live line's menu"),
        click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="write an HTML report with charts"),
        click.option(
            "--columns", type=click.Path(dir_okay=False, path_type=Path), multiple=True,
            help="write every number as a row: .parquet, .csv or .json",
        ),
    ]  # fmt: skip
    return functools.reduce(lambda inner, option: option(inner), reversed(options), command)


_model_file = functools.partial(click.argument, type=click.Path(path_type=Path))


@click.command()
@_model_file("model")
@run_options
def simulate(
    model: Path, as_json: bool, workers: int, cluster: str | None, report: Path | None, columns: tuple[Path, ...],
    of_menu: bool, **changes: Any,
) -> None:  # fmt: skip
    """Simulate a model file: simulation/MODEL.md explains it, simulation/examples has some."""
    check_outputs(report, columns)
    run_model = changed(load_model(model, of_menu), **changes)
    from simulation import replicate

    with refusing(), progress_of_replications() as progress:
        result = replicate.run(run_model, workers=workers, cluster=cluster, progress=progress)
    _write(report, columns, lambda path: _report().write(result, path), result.write)
    if as_json:
        click.echo(json.dumps(result.to_dict(), ensure_ascii=False))
    else:
        from hotline.terminal_results import print_result

        print_result(result)
    _warn(result)


@click.command()
@_model_file("first")
@_model_file("second")
@run_options
def compare(
    first: Path, second: Path, as_json: bool, workers: int, cluster: str | None, report: Path | None,
    columns: tuple[Path, ...], of_menu: bool, **changes: Any,
) -> None:  # fmt: skip
    """Simulate two model files on the same calls; shows the differences (second − first) with intervals."""
    check_outputs(report, columns)
    models = [load_model(path, of_menu) for path in (first, second)]
    models[0] = changed(models[0], **changes)
    from simulation import paired

    with refusing(), progress_of_replications() as progress:
        comparison = paired.compare(*models, workers=workers, cluster=cluster, progress=progress)
    _write(report, columns, lambda path: _report().write_comparison(comparison, path), lambda path: _differences().write(comparison, path))
    if as_json:
        click.echo(json.dumps(comparison.to_dict(), ensure_ascii=False))
    else:
        from hotline.terminal_results import print_comparison

        print_comparison(comparison)
    _warn(comparison.a, comparison.stop)


def load_model(path: Path, of_menu: bool = False) -> Any:
    """The run model of a file; Refused with all its problems."""
    from simulation.load import load
    from simulation.problem import ModelError

    menu = None
    if of_menu:
        from hotline import settings

        try:
            menu = list(settings.load().script.menu.categories)
        except settings.SettingsError as error:
            raise Refused(str(error)) from None
    try:
        return load(path, menu=menu)
    except ModelError as error:
        problems = [str(problem) for problem in error.problems]
        raise Refused(f"{path} cannot be run:\n" + "\n".join(f"  {problem}" for problem in problems)) from None


def changed(
    model: Any, *, seed: int | None, replications: int | None, precision: tuple[str, float] | None,
    max_replications: int, budget: float | None,
) -> Any:  # fmt: skip
    """The model with what the command line says about its run."""
    from simulation.run_model import RunPrecision

    if precision is not None and replications is not None:
        raise Refused("--replications and --precision exclude each other: give one (and --max-replications with --precision)")
    given = click.get_current_context().get_parameter_source("max_replications")
    if precision is None and (budget is not None or given is not click.core.ParameterSource.DEFAULT):
        raise Refused("--budget and --max-replications belong to --precision: add it, or give --replications")
    if seed is not None:
        model = model.with_(seed=seed)
    if replications is not None:
        model = model.with_(replications=replications, precision=None, batches=model.batches if replications == 1 else None)
    if precision is not None:
        metric, half_width = precision
        wanted = RunPrecision(metric, half_width, max_replications, budget)
        model = model.with_(replications=None, precision=wanted, batches=None)
    return model


@contextmanager
def refusing() -> Iterator[None]:
    """What the simulation cannot do becomes a message and exit code 2."""
    from simulation.problem import ModelError
    from simulation.replicate import ClusterError
    from simulation.steady_state import FormulaError

    try:
        yield
    except (ClusterError, ModelError, FormulaError) as error:
        raise Refused(str(error)) from None
    except MemoryError:
        raise Refused("the model needs more memory than there is: simulate fewer days or calls in one replication") from None


@contextmanager
def progress_of_replications() -> Iterator[Callable[[Any], None]]:
    """A progress bar with the time left, on standard error; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    words = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*words, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("replications", total=None, left="")

        def show(now: Any) -> None:
            left = "" if now.left is None else f"{_clock(now.left)} left, {_clock(now.elapsed)} so far"
            bar.update(task, completed=now.done, total=now.expected, left=left)

        yield show


@contextmanager
def bar(words: str) -> Iterator[Callable[[float], None]]:
    """A progress bar of the share done, on standard error; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(words, total=1.0)
        yield lambda share: shown.update(task, completed=share)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def check_outputs(report: Path | None, columns: tuple[Path, ...]) -> None:
    """Refuse what could not be written before an hour is spent on computing it."""
    for path in columns:
        if path.suffix.lower() not in (".parquet", ".csv", ".json"):
            raise Refused(f"--columns {path}: the ending says the format; use .parquet, .csv or .json")
    for option, path in (("--report", report), *(("--columns", path) for path in columns)):
        if path is not None and not path.absolute().parent.is_dir():
            raise Refused(f"{option} {path}: there is no folder {path.parent}; make it first")


def _report() -> Any:
    from simulation import report

    return report


def _differences() -> Any:
    from simulation import differences

    return differences


def _warn(result: Any, stop: Any = None) -> None:
    """Say on standard error when a precision was asked for and not reached, whatever the output."""
    from simulation.wording import stopped

    stop = stop or result.stop
    if not stop.met:
        click.echo(f"warning: {stopped(stop, result.replications, result.in_batches)}", err=True)


def _write(
    report: Path | None, columns: tuple[Path, ...], write_report: Callable[[Path], None], write_columns: Callable[[Path], None]
) -> None:
    outputs = [(write_report, report)] if report is not None else []
    write_outputs([*outputs, *((write_columns, path) for path in columns)])


def write_outputs(outputs: list[tuple[Callable[[Path], None], Path]]) -> None:
    """Write each file and say so; Refused where one cannot be written."""
    for write, path in outputs:
        try:
            write(path)
        except OSError as error:
            raise Refused(f"{path} cannot be written ({error.strerror or 'error'}); the other results follow or are above") from None
        click.echo(f"wrote {path}", err=True)


commands: list[click.Command] = [simulate, compare]

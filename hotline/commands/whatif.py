"""``whatif``: scenarios of a model side by side, and what one agent more is worth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from hotline.commands.simulate import changed, check_outputs, load_model, progress_of_replications, refusing, run_options, write_outputs
from hotline.quantities import DURATION, Refused

_KINDS = {
    "volume": "calls: +10%, x2, or of some types billing:x2 (a tariff change)",
    "surge": "an outage: TYPES:10:00-11:00:x3",
    "aht": "talk by so many seconds: -15s, billing:-15s (agent assist)",
    "containment": "self-service: +5% (points), billing:=30%",
    "call-backs": "on or off",
    "agents": "billing:+1, billing:10:00-12:00:+2",
    "train": "a group learns a type: network:wrong_charge",
}


def _scenario_options(command: Any) -> Any:
    for kind, words in reversed(_KINDS.items()):
        command = click.option(f"--{kind}", multiple=True, metavar="CHANGE", help=words)(command)
    return command


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@_scenario_options
@click.option("--assist", type=DURATION, metavar="SECONDS", help="agent assist: so many seconds saved for each field that arrives filled, fields a call from the line's own log")
@click.option("--together", is_flag=True, help="all changes in one scenario besides each by itself")
@click.option("--marginal", multiple=True, metavar="GROUP", help="one agent more in each interval of a group (or: all)")
@run_options
def whatif(
    model: Path, assist: float | None, together: bool, marginal: tuple[str, ...], as_json: bool, workers: int, cluster: str | None, report: Path | None,
    columns: tuple[Path, ...], of_menu: bool, **given: Any,
) -> None:  # fmt: skip
    """Scenarios of MODEL on the same calls: each option is a scenario, shown as differences with intervals.

    Types may be named by a group: those that it serves. Several are joined by commas.
    """
    if columns:
        raise Refused("--columns belongs to simulate and compare; use --json here")
    check_outputs(report, ())
    parts = [(kind, text) for kind in _KINDS for text in given.pop(kind.replace("-", "_"))]
    if assist is not None:
        parts.append(("aht", _assisted(assist)))
    if not parts and not marginal:
        raise Refused("say what changes: --volume +10%, --surge network:10:00-11:00:x3, --aht -15s, … or --marginal GROUP")
    base = changed(load_model(model, of_menu), **given)
    from simulation import scenarios, what_if, what_if_report

    found = worth = None
    with refusing(), progress_of_replications() as progress:
        if parts:
            # Nothing is simulated before every scenario is known to fit.
            made = [scenarios.scenario(base, kind, text) for kind, text in parts]
            if together:
                made.append(scenarios.together(base, parts))
            found = what_if.what_if(base, made, workers=workers, cluster=cluster, progress=progress)
        if marginal:
            groups = () if "all" in marginal else marginal
            worth = what_if.marginal(base, groups, workers=workers, cluster=cluster, progress=progress)
    if report is not None:
        write_outputs([(lambda path: what_if_report.write(path, found, worth), report)])
    if as_json:
        click.echo(json.dumps({"what_if": found and found.to_dict(), "marginal": worth and worth.to_dict()}, ensure_ascii=False))
    else:
        from hotline.terminal_whatif import print_what_if

        print_what_if(found, worth)


def _assisted(seconds: float) -> str:
    """The scenario of agent assist: what the form that fills itself saves a call, by the line's own log."""
    from sqlalchemy.exc import SQLAlchemyError

    from hotline import settings
    from hotline.prefilled import of_log
    from hotline.records import Records

    try:
        config = settings.load()
    except settings.SettingsError as error:
        raise Refused(str(error)) from None
    records = Records(config.database_url, zone=config.line.timezone)
    try:
        found = of_log(records)
    except SQLAlchemyError:
        raise Refused("--assist: the line's records cannot be read: has the line run here? DATABASE_URL or HOTLINE_VAR says where they are") from None
    finally:
        records.close()
    if found is None:
        raise Refused("--assist: no call in the line's log was answered by an agent; say the seconds yourself: --aht -15s")
    saved = found.fields * seconds
    click.echo(f"agent assist: {found.fields:.2f} fields a call arrived filled and stood ({found.calls} calls), {seconds:g} s each: {saved:.1f} s a call", err=True)
    if saved < 0.05:
        raise Refused("--assist: no field arrived filled, so nothing is saved")
    return f"-{saved:.1f}s"


commands: list[click.Command] = [whatif]

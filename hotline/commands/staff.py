"""``staff``: the agents that each interval of a model needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from hotline.commands.simulate import bar, check_outputs, load_model, refusing, write_outputs
from hotline.quantities import DURATION, SHARE


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--service-level", type=SHARE, help="at least this share answered within T: 0.8 or 80%")
@click.option("--within", type=DURATION, help="the service level's T, seconds [the model's]")
@click.option("--abandonment", type=SHARE, help="abandoned ÷ offered at most")
@click.option("--asa", type=DURATION, help="mean wait of the answered at most, seconds")
@click.option("--delay-probability", type=SHARE, help="share that has to wait at most")
@click.option("--least", type=click.IntRange(min=0), default=1, show_default=True, help="agents of an open line at least")
@click.option("--most", type=click.IntRange(min=1), default=100_000, help="agents of a group at most (seats)")
@click.option("--slack", type=SHARE, default="10%", show_default=True, help="an interval may miss its target by this share of what it allows")
@click.option("--cyclic", is_flag=True, help="the intervals repeat for ever: a line that never closes")
@click.option("--simulate", is_flag=True, help="by simulation even where an exact method exists")
@click.option("--replications", type=click.IntRange(2, 1_000_000), help="of each round of a simulated search [by the calls of an interval]")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="seed of the random streams [the model's]")
@click.option("--workers", type=click.IntRange(min=1, max=4096), default=1, show_default=True, help="processes on this machine")
@click.option("--json", "as_json", is_flag=True, help="JSON on standard output; `shifts` reads it")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="write an HTML report with charts")
def staff(model: Path, as_json: bool, report: Path | None, workers: int, seed: int | None, **wanted: Any) -> None:
    """Agents that each interval of MODEL needs, so that every interval keeps its targets.

    Targets are the model's [targets] unless some are given here. Computed exactly where that can be
    (one group, exponential times, nobody redials), by simulation elsewhere: the result says which.
    """
    check_outputs(report, ())
    run_model = load_model(model)
    if seed is not None:
        run_model = run_model.with_(seed=seed)
    from simulation.need import Wish
    from simulation.need import staff as needed

    with refusing(), bar("agents") as progress:
        need = needed(run_model, Wish(**wanted), workers=workers, progress=progress)
    if report is not None:
        from simulation import need_report

        write_outputs([(lambda path: need_report.write(need, path), report)])
    if as_json:
        click.echo(json.dumps(need.to_dict(), ensure_ascii=False))
    else:
        from hotline.terminal_need import print_need

        print_need(need)
    for pool in need.pools:
        if pool.short:
            click.echo(f"warning: {len(pool.short)} intervals of {', '.join(pool.types)} cannot keep their target; see the list", err=True)


commands: list[click.Command] = [staff]

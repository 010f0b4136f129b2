"""``evaluate``: how right forms come out of recorded callers who are heard as live calls are."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from hotline.commands.hearing import on_date


class Bar(click.ParamType):
    """``field=share``: the share of right values below which the command fails."""

    name = "FIELD=SHARE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """The pair (field, share)."""
        from agent_assist.evaluation import FIELDS

        name, _, share = value.partition("=")
        if name not in ("all", *FIELDS):
            self.fail(f"no field is called {name!r}; there are all, {', '.join(FIELDS)}", param, ctx)
        if not re.fullmatch(r"0(\.\d+)?|1(\.0+)?", share):
            self.fail(f"{value!r}: write a share from 0 to 1, such as {name}=0.9", param, ctx)
        return name, float(share)


@click.command()
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--lang", type=click.Choice(["zh", "en"]), help="language of all callers [the manifest's]")
@on_date
@click.option("--by", type=click.Choice(["voice"]), help="a table by voice too, so that none is tuned on itself")
@click.option("--json", "as_json", is_flag=True, help="results and misses as JSON on standard output")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="write a page with each miss and its audio")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="callers heard at once, a core each")
@click.option("--fail-under", "bars", type=Bar(), multiple=True, help="exit code 1 when less is right, as phone=0.9")
def evaluate(
    manifest: Path, lang: str | None, on: datetime | None, by: str | None, as_json: bool, page: Path | None,
    workers: int, bars: tuple[tuple[str, float], ...],
) -> None:  # fmt: skip
    """Measure the hearing on recorded callers: which values come out right, wrong, missing or invented.

    MANIFEST has one caller a line, as JSON: the recorded answers and the facts in them. README.md shows one.
    """
    from audio import models
    from hotline import manifest as manifests
    from hotline import settings, trial

    if page is not None and not page.absolute().parent.is_dir():
        raise click.ClickException(f"--page {page}: there is no folder {page.parent}; make it first")
    try:
        script = settings.load().script
        callers, faults = manifests.read(manifest, lang)
        _refuse(manifest, faults)
        for spoken in sorted({caller.lang for caller in callers}):
            models.load(spoken)
    except (manifests.ManifestError, models.ModelError, settings.SettingsError) as error:
        raise click.ClickException(str(error)) from None
    day = on.date() if on else date.today()
    with _progress(sum(len(caller.answers) for caller in callers)) as progress:
        found = trial.run(script, callers, day, workers=workers, progress=progress)
    _refuse(manifest, found.faults)
    faults = sorted([*faults, *found.faults], key=lambda fault: fault.line)
    result = _result(found, manifest, day, faults, len(callers))
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    elif found.callers:
        from hotline.terminal_evaluation import print_evaluation

        print_evaluation(result, found.callers, by == "voice")
    if page is not None and found.callers:
        _write(page, result, found.callers, {caller.line: caller for caller in callers})
    _end(found, faults, len(callers), result, bars)


def _result(found: Any, manifest: Path, day: date, faults: list[Any], of: int) -> dict[str, Any]:
    from agent_assist import evaluation

    return {
        "manifest": str(manifest),
        "on": day.isoformat(),
        "callers": len(found.callers),
        "of": of,
        "stopped": found.stopped,
        "faults": [{"line": fault.line, "what": fault.what} for fault in faults],
        "score": evaluation.score(found.callers).to_dict(),
        "voices": {voice: score.to_dict() for voice, score in evaluation.by_voice(found.callers).items()},
        "time": {
            "audio_s": round(found.audio_s, 3),
            "decoder_s": round(found.decoder_s, 3),
            "wall_s": round(found.wall_s, 3),
            "decoder_s_per_s": found.decoder_s / found.audio_s if found.audio_s else None,
        },
        "misses": [_miss(caller, miss) for caller in found.callers for miss in caller.misses],
    }


def _miss(caller: Any, miss: Any) -> dict[str, Any]:
    place = caller.turn(miss)
    turn = None if place is None else caller.turns[place]
    return {
        "caller": caller.id, "line": caller.line, "lang": caller.lang, "voice": caller.voice,
        "field": miss.field, "kind": miss.kind, "expected": miss.expected, "got": miss.got,
        "ask": turn and turn.ask, "said": turn and turn.said, "heard": turn and " ".join(turn.heard),
        "readings": list(turn.readings) if turn else [],
        "source": None if miss.source is None else miss.source.to_json(),
    }  # fmt: skip


def _refuse(manifest: Path, faults: list[Any]) -> None:
    for fault in faults:
        click.echo(f"{manifest}:{fault.line}: {fault.what}", err=True)


def _write(page: Path, result: dict[str, Any], heard: list[Any], callers: dict[int, Any]) -> None:
    import soundfile

    from agent_assist import evaluation_page
    from audio import wav
    from hotline.terminal_evaluation import LABELS, lines

    def sound(line: int, place: int) -> bytes:
        # What the recognisers heard; as PCM, since browsers do not all play μ-law.
        pcm = io.BytesIO()
        soundfile.write(pcm, wav.read(callers[line].answers[place].wav), wav.RATE, format="WAV", subtype="PCM_16")
        return pcm.getvalue()

    try:
        page.write_text(evaluation_page.html(result, heard, LABELS, lines(result), sound), "utf-8")
    except OSError as error:
        raise click.ClickException(f"{page} cannot be written ({error.strerror or 'error'}); the results are above") from None
    click.echo(f"wrote {page} ({page.stat().st_size / 1e6:.1f} MB)", err=True)


def _end(found: Any, faults: list[Any], of: int, result: dict[str, Any], bars: tuple[tuple[str, float], ...]) -> None:
    """Exit code 1, with every reason, unless all was heard and is right enough."""
    score, reasons = result["score"], []
    if found.stopped:
        reasons.append(f"stopped: {len(found.callers)} of {of} callers were heard")
    if faults:
        lines = "a line was" if len(faults) == 1 else f"{len(faults)} lines were"
        reasons.append(f"{lines} left out (named above); correct the manifest or the recordings")
    for name, wanted in bars:
        rate = score["all"]["rate"] if name == "all" else score["fields"].get(name, {}).get("rate")
        if rate is None:
            reasons.append(f"{name}: nobody said one, so that --fail-under {name}={wanted:g} cannot be judged")
        elif rate < wanted:
            reasons.append(f"{name}: {100 * rate:.1f} % right, less than the {100 * wanted:g} % of --fail-under")
    if reasons:
        raise click.ClickException("\n".join(reasons))


@contextmanager
def _progress(of: int) -> Iterator[Callable[[], None]]:
    """A bar with the time left, on standard error; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    words = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*words, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("recordings", total=of)
        yield lambda: bar.advance(task)


commands: list[click.Command] = [evaluate]

"""``hear``, ``fill`` and ``models``: what the line's ear and form do, tried from the shell."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime
from typing import Any

import click

ANSWERS = "QUESTION=…"


class Answer(click.ParamType):
    """``question=answer``; a bare answer belongs to the question ``problem``."""

    name = ANSWERS

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The pair (question, answer)."""
        from ivr.terms import QUESTIONS

        question, mark, answer = value.partition("=")
        if not mark:
            return "problem", value
        if question not in QUESTIONS:
            self.fail(f"no question is called {question!r}; there are {', '.join(QUESTIONS)}", param, ctx)
        return question, answer


language = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
as_json = click.option("--json", "as_json", is_flag=True, help="JSON, also whenever the output is piped")
on_date = click.option(
    "--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="the day of the call, for words like 上个月 (today)"
)


@click.command()
@language
@as_json
@on_date
@click.argument("answers", nargs=-1, required=True, type=Answer())
def fill(lang: str, as_json: bool, on: datetime | None, answers: tuple[tuple[str, str], ...]) -> None:
    """Fill the form from text: fill --lang zh problem="…" phone="…"."""
    from audio.session import Utterance
    from hotline import settings

    try:
        script = settings.load().script
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None
    said = [Utterance(text=text, ask=question) for question, text in answers]
    if not any(one.text.strip() for one in said):
        # An empty form with exit code 0 would pass for a caller who said nothing of use.
        nothing = click.ClickException('no text to fill the form from; give the caller\'s words: fill "…" or problem="…"')
        nothing.exit_code = 2
        raise nothing
    _show(_result(script, said, lang, _day(on)), as_json)


@click.command()
@language
@as_json
@on_date
@click.argument("answers", nargs=-1, required=True, type=Answer())
def hear(lang: str, as_json: bool, on: datetime | None, answers: tuple[tuple[str, str], ...]) -> None:
    """Fill the form from recordings: hear --lang zh problem=a.wav phone=b.wav.

    WAV of 8 or 16 kHz, PCM or μ-law, one channel; heard the way a live call is.
    """
    from audio import models
    from audio.decoder import Pool
    from audio.wav import AudioError
    from hotline import intake, settings

    try:
        script = settings.load().script
        models.load(lang)
        with Pool() as pool:
            heard = [one for question, path in answers for one in intake.hear(script, path, question, pool, lang)]
    except (AudioError, models.ModelError, settings.SettingsError) as error:
        raise click.ClickException(str(error)) from None
    _show(_result(script, heard, lang, _day(on)), as_json)


@click.command("models")
@as_json
@click.option("--fetch", is_flag=True, help="bring what is missing")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="which one to fetch")
def models_(as_json: bool, fetch: bool, lang: str) -> None:
    """The speech models: where they are, whether they are sound; --fetch brings the missing one."""
    from audio import models as store

    try:
        if fetch:
            store.fetch(lang)
            if not as_json:
                return
        found = store.inventory()
    except store.ModelError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for model in found:
        click.echo(f"{model['lang']}  {model['name']}  {model['path'] or 'not here'}  {model['problem'] or 'ok'}")


def _day(on: datetime | None) -> date:
    return on.date() if on else date.today()


def _result(script: Any, utterances: list[Any], lang: str, on: date) -> dict[str, Any]:
    from hotline import intake

    found = intake.fill(script, utterances, lang, on)
    transcript = [
        {"ask": one.ask, "text": one.text, "start": one.start, "end": one.end, "digits": list(one.digits[:5])}
        for one in found.utterances
    ]
    return {**found.form.to_json(), "lacking": list(script.lacking(found.form)), "transcript": transcript}


def _show(result: dict[str, Any], as_json: bool) -> None:
    if as_json or not sys.stdout.isatty():
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    from hotline.terminal import print_form

    print_form(result)


commands: list[click.Command] = [hear, fill, models_]

"""``serve``, ``run``, ``demo``, ``call`` and ``carrier``: the line and calls to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

DEMO = Path(__file__).parent.parent / "demo"
# Not the number that calls; the number and the amount that were heard are right.
DEMO_SCRIPT = [f"{step}={DEMO / step}.wav" for step in ("problem", "phone", "resolution")]
DEMO_SCRIPT += ["confirm=2", "confirm=1", "confirm=1"]
# What the recorded demonstration caller says, as the form must hold it.
DEMO_FIELDS = {
    "category": "billing_anomaly",
    "phone": "13800138000",
    "amount": 50,
    "resolution": ["refund"],
}
as_json = click.option("--json", "as_json", is_flag=True, help="JSON on standard output")


@click.command()
@click.option("--host", help="address to listen on [HOST, 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="port to listen on [PORT, 8000]")
@click.option("--carrier", "carrier_url", help="a carrier's REST address; none: a local carrier is started")
@as_json
def serve(host: str | None, port: int | None, carrier_url: str | None, as_json: bool) -> None:
    """Run the line: webhooks, audio, desk, and the local carrier if no other is configured."""
    from audio import models
    from hotline import server, settings
    from hotline.database import migrate
    from hotline.running import RunningLine

    try:
        config = settings.load(host=host, port=port, carrier_url=carrier_url)
        models.find("zh")
        server.check_free(config.host, config.port)
    except (settings.SettingsError, models.ModelError, server.ServerError) as error:
        raise click.ClickException(str(error)) from None
    migrate(config.database_url)
    carrier = None
    if config.local_carrier:
        carrier_port = server.free_port()
        carrier = _start_carrier(config, carrier_port)
        config = config.model_copy(update={"carrier_url": f"http://127.0.0.1:{carrier_port}"})
    RunningLine(
        pid=os.getpid(),
        url=f"http://127.0.0.1:{config.port}",
        carrier_url=config.carrier_url,
        account_sid=config.account_sid,
        auth_token=config.auth_token,
        number=config.line.number,
        database_url=config.database_url,
    ).write(config.runtime_file)
    if as_json:
        click.echo(json.dumps({"url": f"http://127.0.0.1:{config.port}", "carrier": config.carrier_url}))

    def line() -> Any:
        from hotline.app import create_app

        return create_app(config, local_carrier=carrier is not None)

    # A call holds a stream and now and then a webhook; desks hold one stream each.
    server.serve(line, config.host, config.port, threads=2 * config.line.calls + 100)


@click.command(hidden=True)
@click.option("--port", type=int, required=True)
@click.option("--line", "line_url", required=True, help="where the line listens")
@click.option("--public-url", help="the line's configured public URL, which is what gets signed")
@click.option("--with-parent", is_flag=True, help="end when standard input closes")
def carrier(port: int, line_url: str, public_url: str | None, with_parent: bool) -> None:
    """The local carrier alone: Twilio's side of the wire (account and token from the environment)."""
    from hotline import server, settings

    try:
        # Whoever starts it gives the account; a carrier with a token of its own would be of no use.
        config = settings.load(carrier_url=f"http://127.0.0.1:{port}")
        server.check_free(config.host, port)
    except (settings.SettingsError, server.ServerError) as error:
        raise click.ClickException(str(error)) from None
    if with_parent:
        server.end_with_parent()

    def app() -> Any:
        from ivr.carrier.app import create_app
        from ivr.carrier.settings import CarrierSettings

        return create_app(
            CarrierSettings(
                account_sid=config.account_sid,
                auth_token=config.auth_token,
                line_url=line_url,
                public_url=public_url or line_url,
                number=config.line.number,
                speech_rate=config.speech_rate,
                fallback_path="/voice/fallback",
            )
        )

    server.serve(app, config.host, port, threads=2 * config.line.calls + 100)


@click.command()
@click.argument("answers", nargs=-1)
@click.option("--from", "caller", default="+8613700001111", show_default=True, help="the number that calls")
@click.option("--hang-up-after", type=click.IntRange(min=0), help="hang up after so many answers")
@as_json
def call(answers: tuple[str, ...], caller: str, hang_up_after: int | None, as_json: bool) -> None:
    """Place a recorded call: call a.wav b.wav …, keys as digits, or named: phone=b.wav language=1.

    Uses the line that runs here, or starts one for the length of the call.
    """
    from hotline import settings
    from hotline.running import NotRunning, find, started

    try:
        config = settings.load()
        running = find(config.runtime_file)
        if running is not None:
            result = _place(running, answers, caller, as_json, hang_up_after)
        else:
            with tempfile.TemporaryDirectory(prefix="hotline-") as folder:
                config = settings.load({**os.environ, "HOTLINE_VAR": folder})
                with started(config.runtime_file, **_own_place(folder)) as (running, _):
                    result = _place(running, answers, caller, as_json, hang_up_after)
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None
    except NotRunning as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))


@click.command()
@as_json
def demo(as_json: bool) -> None:
    """One demonstration call on a free port; exit 0 only if it was filed with its fields right."""
    from hotline import settings
    from hotline.running import NotRunning, started

    with tempfile.TemporaryDirectory(prefix="hotline-demo-") as folder:
        try:
            config = settings.load({**os.environ, "HOTLINE_VAR": folder})
            with started(config.runtime_file, **_own_place(folder)) as (running, _):
                result = _place(running, DEMO_SCRIPT, "+8613700001111", as_json)
        except (settings.SettingsError, NotRunning) as error:
            raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    wrong = demo_faults(result)
    for fault in wrong:
        click.echo(f"wrong: {fault}", err=True)
    sys.exit(1 if wrong else 0)


@click.command()
def run() -> None:
    """The line, one demonstration call shown here, then the pages to open; ends with Ctrl-C."""
    from hotline import settings
    from hotline.running import NotRunning, started

    try:
        config = settings.load()
        with started(config.runtime_file) as (running, process):
            click.echo(f"\nThe line is up on {running.url}. A demonstration caller dials …\n")
            faults = demo_faults(_place(running, DEMO_SCRIPT, "+8613700001111", False))
            for fault in faults:
                click.echo(f"wrong: {fault}", err=True)
            click.echo(
                f"\nThe line stays up (Ctrl-C ends it). Open:\n"
                f"  {running.url}/desk   the agent's desk: calls in progress, the form filling itself; sign in first\n"
                f"         (a user is made by: .venv/bin/python -m hotline user add wang --role agent)\n"
                f"  {running.url}/phone  a telephone in the browser: dial the line yourself\n"
                f"  {running.url}/outbox the text messages that callers were sent\n"
                f"Or place another recorded call:  .venv/bin/python -m hotline call a.wav b.wav"
            )
            _until_signal(process)
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None
    except NotRunning as error:
        sys.exit(error.code or 1)
    except KeyboardInterrupt:
        pass


def demo_faults(result: dict[str, Any]) -> list[str]:
    """What is not as it should be after the demonstration call, in words; empty when all is right."""
    faults = [] if result["complaint_number"] else ["the complaint was not filed"]
    for name, expected in DEMO_FIELDS.items():
        if result["fields"][name]["value"] != expected:
            faults.append(f"{name} is not what the caller said")
    return faults


def _place(running: Any, answers: Any, caller: str, as_json: bool, hang_up_after: int | None = None) -> dict[str, Any]:
    from hotline.placing import CallFailed, place

    try:
        return place(running, list(answers), caller, quiet=as_json, hang_up_after=hang_up_after)
    except CallFailed as error:
        raise click.ClickException(str(error)) from None


def _own_place(folder: str) -> dict[str, str]:
    from hotline.server import free_port

    return {
        "HOTLINE_VAR": folder,
        "PORT": str(free_port()),
        "HOST": "127.0.0.1",
        "DATABASE_URL": f"sqlite:///{folder}/hotline.db",
        "CARRIER_URL": "",
        "HOTLINE_PUBLIC_URL": "",
    }


def _start_carrier(config: Any, port: int) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "hotline", "carrier", "--with-parent", "--port", str(port)]
        + ["--line", f"http://127.0.0.1:{config.port}", "--public-url", config.public_url],
        stdin=subprocess.PIPE,
        env={
            **os.environ,
            "HOST": config.host,
            "TWILIO_ACCOUNT_SID": config.account_sid,
            "TWILIO_AUTH_TOKEN": config.auth_token,
        },
    )


def _until_signal(process: subprocess.Popen) -> None:
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    sys.exit(process.wait())


commands: list[click.Command] = [serve, carrier, call, demo, run]

"""Place a recorded call from another process and follow it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import requests

from ivr.carrier.caller import PATIENCE_S

KEYS = re.compile(r"^[0-9*#]+$")
NAMED = re.compile(r"^([a-z]\w*)=(.+)$", re.DOTALL)
CONNECT_S = 5.0
SILENT_S = 30.0
"""The carrier sends an empty line every two seconds; so long without one means that it is gone."""


class CarrierRefused(Exception):
    """The call was not placed, or the carrier is gone; the text says why."""


def place_call(
    carrier_url: str,
    auth: tuple[str, str],
    script: Iterable[str],
    from_: str,
    to: str,
    *,
    hang_up_after: int | None = None,
    hang_up_in_s: float | None = None,
    patience_s: float = PATIENCE_S,
) -> Iterator[dict[str, Any]]:
    """Call ``to`` and yield what happens, as it happens, until the call is over.

    ``script``: the caller's answers in order, each keys (``"1"``) or the path of a
    recording, optionally named by its question (``"phone=b.wav"``). ``hang_up_after``
    so many answers, or with ``hang_up_in_s`` that many seconds into the next one.
    Each happening is a dict with ``kind``, ``call_sid`` and ``at`` (seconds); the
    first is ``placed``, the last ``ended``. Raises ``CarrierRefused``.
    """
    answers, files = [], {}
    for number, item in enumerate(script):
        answer, data = _answer(item)
        if data is not None:
            name = f"answer{number}"
            answer["file"] = name
            files[name] = (name, data, "application/octet-stream")
        answers.append(answer)
    wire = {
        "from": from_,
        "to": to,
        "answers": answers,
        "hang_up_after": hang_up_after,
        "hang_up_in_s": hang_up_in_s,
        "patience_s": patience_s,
    }
    parts = {"script": (None, json.dumps(wire), "application/json"), **files}
    try:
        # A session of its own: a proxy for the world outside is none for the carrier.
        with requests.Session() as session:
            session.trust_env = False
            with session.post(
                f"{carrier_url}/carrier/calls", files=parts, auth=auth, stream=True, timeout=(CONNECT_S, SILENT_S)
            ) as response:
                if response.status_code != 200:
                    raise CarrierRefused(_reason(response))
                for line in response.iter_lines(chunk_size=1):
                    if line:
                        happening = json.loads(line)
                        yield happening
                        if happening["kind"] == "ended":
                            return
    except requests.ConnectionError:
        raise CarrierRefused(f"the carrier at {carrier_url} does not answer") from None
    except requests.RequestException as error:
        raise CarrierRefused(f"the carrier at {carrier_url} broke off: {type(error).__name__}") from None
    raise CarrierRefused(f"the carrier at {carrier_url} ended before the call did")


def _answer(item: str) -> tuple[dict[str, str], bytes | None]:
    named = NAMED.match(item) if not Path(item).exists() else None
    step, value = named.groups() if named else ("", item)
    if KEYS.match(value):
        return {"step": step, "label": value, "keys": value}, None
    path = Path(value)
    try:
        return {"step": step, "label": path.name}, path.read_bytes()
    except OSError as error:
        raise CarrierRefused(f"{value}: {error.strerror or error}") from None


def _reason(response: requests.Response) -> str:
    try:
        return response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return f"the carrier answered {response.status_code}"

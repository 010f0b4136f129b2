"""The callers' pages and the API on a clock of their own, without the phone beside them."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient

from complaints.api import api_blueprint
from complaints.codes import Codes
from complaints.complain import complain_blueprint
from complaints.drafts import Drafts
from complaints.evidence import Evidence
from complaints.filing import filing_model
from complaints.keys import Keys
from complaints.limits import EvidenceSettings, WebSettings
from complaints.looking import looking_blueprint
from complaints.reception import Reception
from complaints.status import status_blueprint
from complaints.texts import Texts
from hotline import settings
from hotline.channels import choices_of
from hotline.database import migrate
from hotline.records import Records
from hotline.repeats import Repeats
from hotline.users import Users
from tests.ledgers import ledger_of
from tests.signed_in import closed

ZONE = ZoneInfo("Asia/Shanghai")
PHONE = "13800138000"
STORY = {"what": "上个月多扣了我五十块钱", "phone": "138 0013 8000", "amount": "¥50", "occurred": "2026-11-05", "resolution": ["refund"]}


class AtOnce(Executor):
    """Background work in the foreground."""

    def submit(self, call: Any, /, *args: Any, **kwargs: Any) -> Future:
        done: Future = Future()
        done.set_result(call(*args, **kwargs))
        return done


@dataclass
class Pages:
    """The callers' pages on a clock of their own, and the messages that went out."""

    app: Flask
    users: Users
    records: Records
    evidence: Evidence
    keys: Keys
    clock: list[float]
    reception: Reception = field(init=False)
    sent: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    away: bool = False

    def sms(self, to: str, prompt: str, lang: str, values: Mapping[str, str]) -> str | None:
        """The carrier's end; ``away``: it does not answer."""
        if self.away:
            raise ConnectionError(f"{to} was not reached")
        self.sent.append((to, prompt, values))
        return None

    def client(self) -> FlaskClient:
        return self.app.test_client()

    def code(self) -> str:
        return next(values["code"] for _, prompt, values in reversed(self.sent) if prompt == "sms_code")

    def filed(self, client: FlaskClient, **changed: Any) -> str:
        client.post("/complain", data=STORY | changed | {"do": "send"})
        answer = client.post("/complain/confirm", data={"code": self.code(), "do": "file"}, follow_redirects=True)
        return re.search(r'id="number">(\d+)<', answer.text)[1]

    def visiting(self, number: str, tail: str = "8000") -> FlaskClient:
        self.clock[0] += 61
        client = self.client()
        client.post("/status", data={"number": number, "tail": tail})
        client.post("/status/code", data={"code": self.code()})
        return client


@cache
def empty() -> Path:
    """A database with the newest schema, made once."""
    folder = tempfile.mkdtemp(prefix="hotline-empty-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "hotline.db"
    migrate(f"sqlite:///{path}")
    return path


@contextmanager
def pages_in(tmp_path: Path) -> Iterator[Pages]:
    """The pages with their data in this folder."""
    url = f"sqlite:///{shutil.copy(empty(), tmp_path / 'hotline.db')}"
    clock = [datetime(2026, 11, 23, 12, tzinfo=ZONE).timestamp()]
    now = lambda: clock[0]  # noqa: E731
    records = Records(url, now=now)
    app = Flask("pages", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    users, csrf = closed(app, records)
    limits = EvidenceSettings(keep_free_mb=0, file_mb=0.2)
    evidence = Evidence(records, tmp_path / "evidence", limits, now=now)
    script = settings.load({}).script
    choices = choices_of(script)
    codes = Codes(records, b"secret", WebSettings(), now=now)
    keys = Keys(records, now=now)
    found = Pages(app, users, records, evidence, keys, clock)
    model = filing_model(list(choices.categories), list(choices.resolutions))
    ladder = [{"zh": "省公司", "en": "province"}, {"zh": "集团", "en": "head office"}]
    reception = Reception(
        records, evidence, ledger_of(records, lambda: datetime.fromtimestamp(clock[0], ZONE)), rungs=ladder,
        now=lambda: datetime.fromtimestamp(clock[0], ZONE), texts=Texts(records, send=found.sms, background=AtOnce(), now=now),
    )
    found.reception = reception
    app.register_blueprint(
        complain_blueprint(
            reception, Drafts(records, now=now), codes, evidence, model=model, choices=choices, limits=limits, today=reception.today,
        )
    )
    app.register_blueprint(status_blueprint(reception, codes, evidence, limits=limits, ladder=ladder, appeal={"zh": "12300", "en": "12300"}))
    api = api_blueprint(
        reception, keys, evidence, Repeats(records), model=model, limits=limits, today=reception.today, server="http://localhost"
    )
    csrf.exempt(api)
    app.register_blueprint(api)
    app.register_blueprint(looking_blueprint(evidence, records, who=lambda: "wang"))
    yield found
    evidence.close()
    records.close()

"""Who may do what: every endpoint of the line and the roles that may use it.

What is not in the list is refused, so a new endpoint is closed until its line stands here.
"""

from __future__ import annotations

ROLES = AGENT, SUPERVISOR, PLANNER = "agent", "supervisor", "planner"
AGENTS = frozenset({AGENT})
DESK = frozenset({AGENT, SUPERVISOR})
EVERYBODY = frozenset(ROLES)
SUPERVISORS = frozenset({SUPERVISOR})
PLANNERS = frozenset({PLANNER, SUPERVISOR})

OPEN = frozenset(
    {
        "health",  # says only that the line is up
        "hall.static",  # style, script and words of the pages; nothing of a caller
        "desk.static",
        "signin.page",
        "signin.enter",
        "signin.language",
        "phone",  # a telephone: whoever has one may dial
        # Callers have no account: a code by SMS, sent to the phone on the complaint, opens that complaint alone.
        "complain.static",
        "complain.form",
        "complain.keep",
        "complain.save",
        "complain.attach",
        "complain.confirm",
        "complain.file",
        "complain.done",
        "status.form",
        "status.ask",
        "status.code",
        "status.enter",
        "status.case",
        "status.act",
        # Other programs: each request brings a key, checked there; page and document hold nothing of a caller.
        "api.page",
        "api.openapi",
        "api.file",
        "api.get",
        "api.add_evidence",
        "api.add_note",
        "api.escalate",
        "api.refer",
        "api.accept",
        "api.withdraw",
        "api.changes",
    }
)
"""Endpoints without sign-in."""

CARRIER = ("voice.", "legs.", "media.", "texts.")
"""Endpoints of the carrier: it signs its requests (``ivr.signature``), and audio needs the call's token."""

ACCESS: dict[str, frozenset[str]] = {
    "home": EVERYBODY,
    "outbox": EVERYBODY,
    "signin.leave": EVERYBODY,
    "signin.alive": EVERYBODY,
    "desk.page": DESK,
    "desk.events": DESK,
    "desk.calls": DESK,
    "desk.call": DESK,
    "desk.reveal": DESK,
    "desk.complaints": DESK,
    "wallboard.page": PLANNERS,
    "wallboard.data": PLANNERS,
    "wallboard.events": PLANNERS,
    "wallboard.agents": SUPERVISORS,
    "wallboard.acknowledge": SUPERVISORS,
    "wallboard.call": SUPERVISORS,
    "beside.beside": DESK,
    "beside.search": DESK,
    "beside.article": DESK,
    "listening.audio": DESK,
    "privacy.page": SUPERVISORS,
    "privacy.reveals": SUPERVISORS,
    "privacy.export": SUPERVISORS,
    "privacy.erase": SUPERVISORS,
    "plotly.script": PLANNERS,
    "reports.page": PLANNERS,
    "reports.data": PLANNERS,
    "reports.table_csv": PLANNERS,
    "reports.quarter_file": PLANNERS,
    "reports.static": PLANNERS,
    "planner.page": PLANNERS,
    "today.page": PLANNERS,
    "today.data": PLANNERS,
    "planner.begin": PLANNERS,
    "planner.plan": PLANNERS,
    "planner.upload": PLANNERS,
    "planner.choose": PLANNERS,
    "planner.run": PLANNERS,
    "planner.cancel": PLANNERS,
    "planner.change": PLANNERS,
    "planner.copy": PLANNERS,
    "planner.remove": PLANNERS,
    "planner.now": PLANNERS,
    "planner.step": PLANNERS,
    "planner.whole": PLANNERS,
    "planner.report": PLANNERS,
    "planner.file": PLANNERS,
    "planner.static": PLANNERS,
    "amendments.change": DESK,
    "cases.page": DESK,
    "cases.rows": DESK,
    "cases.save": DESK,
    "cases.remove": DESK,
    "cases.export": DESK,
    "cases.events": DESK,
    "case.page": DESK,
    "case.data": DESK,
    "case.act": DESK,
    "case.note": DESK,
    "case.add": DESK,
    "case.department": DESK,
    "case.join": DESK,
    "case.add_task": DESK,
    "case.task_done": DESK,
    "case.open_tasks": DESK,
    "evidence.listed": DESK,
    "evidence.file": DESK,
    "evidence.preview": DESK,
    "agents.listed": DESK,
    "agents.choose": DESK,
    "agents.act": AGENTS,
    "agents.call_back": AGENTS,
    "wrapup.read": AGENTS,
    "wrapup.keep": AGENTS,
    "wrapup.save": AGENTS,
}
"""Endpoint → roles that may use it."""

HOMES = {AGENT: "/desk", SUPERVISOR: "/wallboard", PLANNER: "/planner"}
"""Where a role begins."""


ASKING = frozenset({"cases.rows"})
"""Endpoints that pages ask by themselves though by POST: no sign of somebody at the screen."""


def allowed(endpoint: str, role: str | None) -> bool:
    """May somebody with this role (None: nobody signed in) use this endpoint?"""
    if endpoint in OPEN or endpoint.startswith(CARRIER):
        return True
    return role is not None and role in ACCESS.get(endpoint, frozenset())

"""The model file: what people write (TOML), checked table by table.

`simulation/MODEL.md` explains every key with examples. These classes say what may be written;
`simulation.run_model` turns a `Model` into what the engine runs, and finds what does not fit together.
Nothing that changes the answer has a silent default: what is left out is off (no wrap-up, no redials,
no trunk limit), and where there is a choice (patience, what happens at closing) it must be said.
"""

from __future__ import annotations

from typing import Annotated, Literal, Union

from pydantic import BeforeValidator, Field, model_validator

from simulation.distribution import Distribution, Positive, PositiveSeconds, Probability, Seconds
from simulation.quantity import clock, per_second, seconds
from simulation.table import Table, trouble

Clock = Annotated[float, BeforeValidator(clock)]
Rate = Annotated[float, BeforeValidator(per_second), Field(ge=0, lt=1e7)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
Amount = Annotated[float, Field(ge=0, lt=1e9)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Agents = Annotated[int, Field(ge=0, le=200_000, strict=True)]
Money = Annotated[float, Field(ge=0, lt=1e12)]


class Time(Table):
    """`[time]`: the days (or one unbroken run) that a replication simulates."""

    opens: Clock | None = None
    closes: Clock | None = None
    hours: dict[Weekday, list[Clock]] | None = None
    """Opening hours by weekday, `{mon = ["08:00", "20:00"], sat = ["09:00", "13:00"]}`, instead of opens and closes."""
    days: Annotated[list[Weekday], Field(min_length=1, max_length=400)] | None = None
    """Days simulated one after the other in each replication; needed with opens/closes or hours."""
    length: PositiveSeconds | None = None
    """Length of one unbroken run from an empty start, instead of opening hours."""
    interval: PositiveSeconds | None = None
    """Planning interval; needed with opening hours, the whole `length` otherwise."""
    after_close: Literal["serve", "stay", "disconnect", "stop"]
    """serve: who waits is served, agents leave as nobody waits for them; stay: the same, agents leave when the last
    call is over; disconnect: who waits is cut off; stop: the run ends there, the rest counts as in progress."""
    warm_up: Union[Literal["mser"], Seconds] = 0.0
    """Time left out of all results at the start; "mser" finds it from the data."""

    @model_validator(mode="after")
    def _one_way(self):
        ways = [self.opens is not None or self.closes is not None, self.hours is not None, self.length is not None]
        if sum(ways) != 1 or (self.opens is None) != (self.closes is None):
            raise trouble("give opens and closes, or hours by weekday, or length (one unbroken run)")
        if self.length is None and (self.days is None or self.interval is None):
            raise trouble('opening hours need days, such as days = ["mon"], and interval, such as interval = "30 min"')
        if self.length is not None and self.days is not None:
            raise trouble("days goes with opening hours; leave it out with length")
        if self.opens is not None and not self.opens < self.closes:
            raise trouble("opens must be before closes; write a line that closes past midnight as two days")
        for day, span in (self.hours or {}).items():
            if len(span) != 2 or not span[0] < span[1]:
                raise trouble(f'hours.{day} needs opening and closing time, such as ["08:00", "20:00"]')
        for day in self.days or []:
            if self.hours is not None and day not in self.hours:
                raise trouble(f"days names {day}, which has no hours; add it to hours or take it out of days")
        return self


class Formula(Table):
    """A rate as a formula of the time t since opening: `{formula = "100 + 20*sin(t)", t = "min", per = "min"}`."""

    formula: Annotated[str, Field(min_length=1, max_length=500)]
    t: Literal["s", "min", "h"]
    per: Literal["s", "min", "h"]


class Busyness(Table):
    """`[busyness]`: each day's rates are multiplied by one gamma factor of mean 1 (good days, bad days)."""

    shape: Positive | None = None
    cv: Positive | None = None

    @model_validator(mode="after")
    def _one_way(self):
        if (self.shape is None) == (self.cv is None):
            raise trouble("give one of shape or cv (shape = 1 / cv²)")
        return self


class Ivr(Table):
    """`[types.X.ivr]`: the menu that callers of this type pass before they are offered to agents."""

    duration: Distribution
    contained: Probability = 0.0
    """Share that the menu settles without an agent."""
    hang_up: Probability = 0.0
    """Share that hangs up in the menu, at a moment spread evenly over its duration."""

    @model_validator(mode="after")
    def _sum(self):
        if self.contained + self.hang_up > 1:
            raise trouble("contained and hang_up together must not exceed 1")
        return self


class Redial(Table):
    """`[types.X.redial]`: callers who try again."""

    after_abandon: Probability = 0.0
    after_blocked: Probability = 0.0
    delay: Distribution
    attempts: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    """Most redials of one caller; no limit when left out."""
    same_patience: Annotated[bool, Field(strict=True)] = False
    """Whoever redials is as patient as before; otherwise a new patience is drawn."""


class CallBack(Table):
    """`[types.X.call_back]`: who has waited `after` may hang up and keep the place; an agent rings when it is their turn."""

    after: Seconds
    accept: Probability
    reached: Probability = 1.0
    """Probability that the caller picks up."""
    ring: Seconds = 0.0
    """Agent's time for a try that reaches nobody."""
    tries: Annotated[int, Field(ge=1, le=100, strict=True)] = 1
    retry_after: PositiveSeconds | None = None

    @model_validator(mode="after")
    def _retries(self):
        if self.tries > 1 and self.retry_after is None:
            raise trouble('tries above 1 needs retry_after, such as retry_after = "10 min"')
        return self


class Transfer(Table):
    """One entry of `transfers`: after the talk, with this probability the call joins the queue of another type."""

    to: Name
    probability: Probability


class Reach(Table):
    """One entry of `groups` of a call type: a group that may take it, at once or after the call has waited."""

    group: Name
    after: Seconds = 0.0


def _reach(value: object) -> object:
    return {"group": value} if isinstance(value, str) else value


class Behind(Table):
    """One entry of `patience_behind` of a call type: the patience of who finds this many callers waiting, or more."""

    waiting: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    patience: Distribution


ByInterval = Annotated[list[Annotated[float, Field(ge=0, lt=1e6)]], Field(min_length=1)]
Calls = Union[list[Amount], dict[Weekday, list[Amount]]]


class CallType(Table):
    """`[types.X]`: one reason for calling, an entry of the line's menu."""

    calls: Calls | None = None
    """Expected calls in each interval (Poisson), for all days or by weekday."""
    rate: Union[Rate, list[Rate], Formula] | None = None
    """Poisson rate: one, one for each interval, or a formula."""
    times: list[Seconds] | None = None
    """Given moments of arrival since opening, the same in every replication."""
    times_file: Name | None = None
    """Text file beside the model file with one moment in seconds since opening on each line."""
    gaps: Distribution | None = None
    """Time from one arrival to the next (renewal process)."""
    scale: Annotated[float, Field(ge=0, lt=1e4)] = 1.0
    """Multiplies the expected calls (what if 10 % more: 1.1); only with calls and rate."""

    talk: Distribution
    wrap_up: Distribution | None = None
    talk_by_interval: ByInterval | None = None
    """Factor on talk for calls offered in each interval; the last also holds after closing."""
    patience: Union[Literal["unlimited"], Distribution]
    patience_by_interval: ByInterval | None = None
    patience_behind: list[Behind] = []
    """Callers who are told, or hear, that others wait before them: their patience by how many (of all types), ascending."""
    message_after: PositiveSeconds | None = None
    """Whoever has waited this long is sent to leave a message (counted as blocked, `messages`)."""

    skill: Name | None = None
    """Skill that an agent needs; the type's own name when left out."""
    groups: Annotated[list[Annotated[Reach, BeforeValidator(_reach)]], Field(min_length=1)] | None = None
    """Groups in the order in which they are asked; all groups with the skill, as listed in the file, when left out."""
    priority: Annotated[int, Field(ge=-1000, le=1000, strict=True)] = 0
    """Higher goes first, whoever waits longer."""
    head_start: Seconds = 0.0
    """Counted as waited already when calls of one priority are compared."""
    places: Count | None = None
    """Waiting places of this type; no limit when left out."""

    ivr: Ivr | None = None
    redial: Redial | None = None
    call_back: CallBack | None = None
    transfers: list[Transfer] = []

    @model_validator(mode="after")
    def _one_way(self):
        ways = {"calls": self.calls, "rate": self.rate, "times": self.times, "times_file": self.times_file, "gaps": self.gaps}
        given = [key for key, value in ways.items() if value is not None]
        if len(given) != 1:
            raise trouble(f"give exactly one of {', '.join(ways)} (given: {', '.join(given) or 'none'})")
        if self.scale != 1 and given[0] not in ("calls", "rate"):
            raise trouble(f"scale goes with calls or rate, not with {given[0]}")
        if sum(t.probability for t in self.transfers) > 1 + 1e-9:
            raise trouble("the probabilities of transfers must not sum to more than 1")
        return self


class Break(Table):
    start: Clock
    length: PositiveSeconds


class Shift(Table):
    """One entry of `shifts`: so many agents from start to end, with breaks (paid, off the phone)."""

    start: Clock
    end: Clock
    agents: Agents
    breaks: list[Break] = []
    days: list[Weekday] | None = None
    """Weekdays it is worked; every simulated day when left out."""

    @model_validator(mode="after")
    def _order(self):
        if not self.start < self.end:
            raise trouble("start must be before end; write a shift past midnight as two")
        for b in self.breaks:
            if b.start < self.start or b.start + b.length > self.end:
                raise trouble("each break must lie inside the shift")
        return self


class Group(Table):
    """`[groups.X]`: agents with the same skills."""

    skills: Annotated[list[Name], Field(min_length=1)]
    """In the order in which a free agent looks for the next call when routing.call_choice = "listed"."""
    agents: Union[Agents, list[Agents], dict[Weekday, Union[Agents, list[Agents]]], None] = None
    """Paid agents: one number, one for each interval, or either by weekday."""
    shifts: list[Shift] | None = None
    shrinkage: Annotated[float, Field(ge=0, lt=1, strict=True)] = 0.0
    """Share of paid time not available. Fractions of an agent are rounded by chance, once for each replication."""
    at_shift_end: Literal["finish", "return"] | None = None
    """A call in progress when an agent's time ends: finish it, or return it to the head of the queue with its rest."""
    handling: dict[Name, Annotated[float, Field(gt=0, lt=1e4)]] = {}
    """Factor on talk and wrap-up by call type (a trainee: 1.3)."""
    cost_per_hour: Money = 0.0

    @model_validator(mode="after")
    def _one_way(self):
        if (self.agents is None) == (self.shifts is None):
            raise trouble("give one of agents or shifts")
        if len(set(self.skills)) != len(self.skills):
            raise trouble("a skill is listed twice; list each once")
        changing = self.shifts is not None or isinstance(self.agents, (list, dict))
        if changing and self.at_shift_end is None:
            raise trouble('staff changes in the day: say at_shift_end = "finish" or "return" (to the head of the queue)')
        return self


class Routing(Table):
    """`[routing]`: needed where there is a choice between groups or between types."""

    call_choice: Literal["longest_wait", "listed"] | None = None
    """Which call a free agent takes among those of the highest priority: the one that waited longest, or the first
    non-empty queue in the order of the group's skills."""
    agent_choice: Literal["listed", "longest_idle", "random"] | None = None
    """Which group answers when several are free: the first in the type's order, that of the agent idle longest, or
    that of an agent drawn among all who are free."""


class Line(Table):
    """`[line]`: limits of the whole line."""

    trunks: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] | None = None
    """Lines; a caller holds one from dialling to the end of the talk."""
    places: Count | None = None
    """Waiting places over all types."""


class Promise(Table):
    """`[targets.types.X]`: what is promised to callers of one type, instead of what the whole line promises."""

    service_level: Probability | None = None
    abandonment: Probability | None = None
    asa: PositiveSeconds | None = None
    delay_probability: Probability | None = None


class Targets(Promise):
    """`[targets]`: what is promised."""

    answer_within: PositiveSeconds
    """T of the service level."""
    short_abandon: Seconds | None = None
    """Callers who left within this time do not count in `service_level_without_short_abandons`; T when left out."""
    types: dict[Name, Promise] = {}


class Costs(Table):
    """`[costs]`: beside the groups' cost_per_hour."""

    currency: Annotated[str, Field(min_length=1, max_length=8)]
    per_line_minute: Money = 0.0
    per_answered: Money = 0.0
    per_abandoned: Money = 0.0
    per_blocked: Money = 0.0


class Precision(Table):
    """`run.precision`: stop when the whole-run value of a metric is known this well."""

    metric: Name
    half_width: Annotated[float, Field(gt=0, lt=1e12)]
    """Half of the confidence interval, in the metric's unit (0.005: ± 0.5 %; seconds for waits)."""
    max_replications: Annotated[int, Field(ge=10, le=10_000_000, strict=True)]
    budget: PositiveSeconds | None = None
    """Most wall-clock time; with it the number of replications depends on the machine."""


class Run(Table):
    """`[run]`: how often and with which seed."""

    replications: Annotated[int, Field(ge=1, le=10_000_000, strict=True)] | None = None
    precision: Precision | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63, strict=True)] = 1
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    batches: Annotated[int, Field(ge=2, le=200, strict=True)] | None = None
    """One replication only: cut it into so many batches for the confidence intervals."""

    @model_validator(mode="after")
    def _one_way(self):
        if (self.replications is None) == (self.precision is None):
            raise trouble("give one of replications, such as replications = 50, or precision")
        if self.batches is not None and self.replications != 1:
            raise trouble("batches belongs to one long run: replications = 1")
        return self


class Model(Table):
    """The whole file."""

    name: Name
    time: Time
    types: Annotated[dict[Name, CallType], Field(min_length=1, max_length=1000)]
    groups: Annotated[dict[Name, Group], Field(min_length=1, max_length=1000)]
    targets: Targets
    run: Run
    busyness: Busyness | None = None
    routing: Routing = Routing()
    line: Line = Line()
    costs: Costs | None = None


__all__ = ["Model", "seconds"]

"""The rest of a day from the line's state, by hand; and what to do now."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simulation.actions import Aim, Means, what_to_do
from simulation.engine import simulate
from simulation.load import from_dict
from simulation.problem import ModelError
from simulation.replicate import run
from simulation.rest_of_day import Busy, Now, Waiting, expected, offers_per_call, on_phone, rest_of_day
from simulation.scenarios import with_more
from simulation.service import service

NOON = 12 * 3600.0


def model(calls=0.0, agents=1, talk="100 s", patience="unlimited", dist="deterministic", **more):
    """A line open 9:00–15:00 in hours, one type and one group."""
    return from_dict({
        "name": "line", "time": {"opens": "09:00", "closes": "15:00", "days": ["mon", "tue"], "interval": "1 h", "after_close": "serve"},
        "types": {"billing": {"calls": [calls] * 6, "talk": {"dist": dist, ("value" if dist == "deterministic" else "mean"): talk},
                              "patience": patience, "skill": "billing"}},
        "groups": {"desk": {"skills": ["billing"], "agents": agents if isinstance(agents, list) else [agents] * 6, "at_shift_end": "finish"}},
        "targets": {"answer_within": "20 s", "service_level": 0.8}, "run": {"replications": 5, "seed": 3}, **more,
    })  # fmt: skip


BUSY = [Busy("desk", 40.0, "billing")]


def test_who_waits_is_answered_when_the_talk_of_now_is_over() -> None:
    rest = rest_of_day(model(), "tue", Now(NOON, {"desk": 1}, [Waiting("billing", 30.0)], BUSY), {}, None)
    result = run(rest)
    assert result.value("offered") == 1, "who is with an agent already counts no more"
    assert result.value("asa") == pytest.approx(90), "30 s waited, 60 s of the talk are left"
    assert result.value("service_level") == 0
    assert result.intervals[0].start == NOON and result.intervals[0].end == NOON + 3600


def test_who_has_waited_has_that_much_less_patience_left() -> None:
    patience = {"dist": "deterministic", "value": "50 s"}
    record = simulate(rest_of_day(model(patience=patience), "tue", Now(NOON, {"desk": 1}, [Waiting("billing", 30.0)], BUSY), {}, None), 0)
    gone = record.gone[~np.isnan(record.gone)]
    assert gone.tolist() == pytest.approx([NOON + 20])


def test_agents_who_are_there_count_until_the_interval_is_over_then_the_plan() -> None:
    rest = rest_of_day(model(agents=[1, 2, 3, 4, 5, 6]), "tue", Now(NOON + 600, {"desk": 1}), {}, None)
    group = rest.groups[0]
    assert dict(zip((group.times / 3600).round(4).tolist(), group.present.tolist())) == {12.1667: 1, 13.0: 5, 14.0: 6, 15.0: 0}
    assert on_phone(model(agents=[1, 2, 3, 4, 5, 6]), "tue", NOON + 600) == {"desk": 4}


def test_calls_to_come_are_those_of_the_hours_that_are_left_times_the_factor() -> None:
    rest = rest_of_day(model(calls=40.0, agents=20), "mon", Now(NOON + 1800), {"billing": 1.5}, None)
    assert rest.types[0].arrivals.cumulative[-1] == pytest.approx(1.5 * (20 + 40 + 40))
    starts, interval, calls = expected(model(calls=40.0), "tue")
    assert starts[0] == 9 * 3600 and interval == 3600 and calls["billing"].tolist() == [40.0] * 6


def test_redials_make_more_requests_of_each_call() -> None:
    assert offers_per_call(model(calls=40.0), "mon") == 1
    busy = model(calls=60.0, patience={"dist": "exponential", "mean": "30 s"})
    redial = replace(busy.types[0], redial=replace_redial())
    assert 1.1 < offers_per_call(replace(busy, types=(redial,)), "mon") < 2.5


def replace_redial():
    other = model(types={"billing": {
        "calls": [1.0] * 6, "talk": {"dist": "exponential", "mean": "100 s"}, "patience": "unlimited",
        "redial": {"after_abandon": 0.5, "delay": {"dist": "exponential", "mean": "5 min"}},
    }})  # fmt: skip
    return other.types[0].redial


@pytest.mark.parametrize(
    ("day", "now", "words"),
    [("sun", Now(NOON), "no day"), ("mon", Now(16 * 3600.0), "after closing"), ("mon", Now(NOON, {}, [Waiting("x", 1.0)]), "no call type"), ("mon", Now(NOON, {"x": 1}), "no group")],
)
def test_what_does_not_fit_is_refused(day: str, now: Now, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        rest_of_day(model(), day, now, {}, None)


def rest(calls: float, agents: int) -> object:
    line = model(calls=calls, agents=agents, talk="180 s", dist="exponential", patience={"dist": "exponential", "mean": "120 s"})
    return rest_of_day(line, "mon", Now(NOON), {}, 50.0)


def test_the_cheapest_that_suffices_comes_first_and_its_number_is_the_smallest() -> None:
    short = rest(100.0, 4)  # 5 erlang
    found = what_to_do(short, Aim(service_level=0.8), Means(on_break={"desk": 1}, most_overtime={"desk": 8}), replications=20)
    best = found.best
    assert best.kind == "overtime" and best.sufficient and best.figures["service_level"].mean >= 0.8
    assert [a.sufficient for a in found.actions] == sorted((a.sufficient for a in found.actions), reverse=True)
    nothing = next(a for a in found.actions if a.kind == "none")
    assert not nothing.sufficient and nothing.differences["service_level"].mean == 0
    assert best.differences["service_level"].mean == pytest.approx(best.figures["service_level"].mean - nothing.figures["service_level"].mean)
    recall = next(a for a in found.actions if a.kind == "recall")
    assert recall.agents == {"desk": 1} and recall.until == NOON + 900 and recall.cost < best.cost
    assert 0 < recall.differences["service_level"].mean < best.differences["service_level"].mean
    # One agent less, for the same time, does not do.
    (n,) = best.agents.values()
    fewer = run(replace(with_more(short, 0, n - 1, [(best.start, best.until)]), replications=20))
    assert fewer.value("service_level") < 0.8


def test_where_nothing_suffices_everything_is_tried_together() -> None:
    found = what_to_do(rest(200.0, 3), Aim(0.95), Means(on_break={"desk": 1}, most_overtime={"desk": 1}), replications=6)
    assert not any(a.sufficient for a in found.actions) and found.best.kind == "together"
    assert {part.kind for part in found.best.parts} == {"recall", "overtime"}, "call-backs keep no service level: they are no part of it"


def test_of_too_many_agents_some_may_go_as_long_as_the_targets_are_kept() -> None:
    found = what_to_do(rest(40.0, 12), Aim(0.8), replications=20)
    assert found.best.kind == "let_go" and found.best.hours < 0
    (n,) = found.best.agents.values()
    assert 1 <= n < 12
    if n < 11:
        more = run(replace(with_more(rest(40.0, 12), 0, -n - 1, [(NOON, 15 * 3600.0)]), replications=20))
        assert more.value("service_level") < 0.8


def test_enough_agents_and_none_to_spare_means_nothing_is_to_be_done() -> None:
    found = what_to_do(rest(40.0, 4), Aim(0.5), Means(let_go=False), replications=6)
    assert [a.kind for a in found.actions] == ["none"] and found.best.cost == 0
    with pytest.raises(ValueError, match="keep"):
        what_to_do(rest(40.0, 4), Aim(), replications=6)


def test_the_simulation_counts_service_as_wallboard_and_history_do() -> None:
    line = replace(rest(100.0, 4), warm_up=0.0, short_abandon=5.0)
    record = simulate(line, 0)
    wait = np.where(np.isnan(record.start), record.gone, record.start) - record.at
    answered = ~np.isnan(record.start)
    told = service(wait[answered], wait[~answered], within_s=20, short_s=5)
    result = run(replace(line, replications=1))
    names = {"service_level": "service_level", "abandonment": "abandonment", "asa_s": "asa", "service_level_without_short": "service_level_without_short_abandons"}
    assert told.offered == result.value("offered") and told.abandoned > 10
    for mine, its in names.items():
        assert getattr(told, mine) == pytest.approx(result.value(its)), its

"""The engine against exact results and against what other simulators' authors print: the fast part.

`python -m bench.queueing_cases` runs all of them at length. Seeds are fixed; the numbers of all cases
are one family of tests (Holm's correction, see bench/queueing_cases.py).
"""

from __future__ import annotations

import pytest

from bench.published_cases import BUILD, check_published, published_cases
from bench.queueing_cases import build, check_case, check_staffing, exact_cases, failures, staffing_cases

EXACT = {c["id"]: c for c in exact_cases()}

# One or more of each family, with calls for each of 40 replications. Heavy traffic is left to the bench.
FAST = {
    "EC01_c1_half": 1500, "EC05_c5_books": 2000, "EC15_MMC_lecuyer": 2000, "EB03_c10": 1500, "MMCK1": 2500, "MMCK3": 1500,
    "EA01_48_50_p2": 4000, "EA03_c1_over": 1000, "EA17_c5_hotline": 1500, "PG01_det": 6000, "PG03_uniform": 4000, "PG05_h2": 4000,
    "PG07_lognormal_over": 4000, "PG09_weibull2": 4000, "MG1_03_lognorm": 2500, "MDC1_c1": 2000, "MDC3_c10": 2500, "DM1_01": 2000,
    "PHC1_E2_c5": 2000, "PHC3_H2_c5": 2500, "PR1": 2500, "PR3": 3000, "SK1": 2000, "SK3": 2000, "IVR1": 2000, "IVR5": 1500,
    "RT1_MM1_retrial": 1500, "RT3_erlA_redial_over": 1500, "TV1_MMCAb_from_empty": 0, "TV3_sine_100": 0, "INF1": 0, "ST1": 2500, "ST7": 3000,
}


def test_every_exact_case_has_a_model():
    for case in EXACT.values():
        model, reads = build(case)
        shown = set(case["expected"]) & set(reads)
        # Offered load and the like are arithmetic on the parameters; everything else is simulated.
        assert set(case["expected"]) - shown <= {"offered_load", "min_agents", "service_level_one_less", "beta", "mean_avg", "lag"}, case["id"]


def test_exact_cases():
    checks = []
    for name, effort in FAST.items():
        found = check_case(EXACT[name], effort or 20_000, None if effort else 80)
        assert found, name
        checks += found
    bad = failures(checks)
    assert not bad, "\n".join(f"{c.case} {c.metric}: expected {c.expected:.6g}, simulated {c.simulated:.6g}, {c.sigmas:+.1f} SE" for c in bad)
    assert len(checks) > 200
    # Errors must be as large as they claim, too: about two thirds of all numbers within one of them.
    inside = sum(abs(c.sigmas) < 1 for c in checks if c.error > 0) / len(checks)
    assert 0.5 < inside < 0.85


def test_staff_that_changes_while_calls_return_to_the_queue():
    case, rule = next((c, r) for c, r in staffing_cases() if r == "SIPP_avg")
    checks = check_staffing(case, rule, replications=120)
    assert len(checks) == 16
    assert not failures(checks), [(c.metric, c.sigmas) for c in checks]


def test_every_published_case_has_a_model():
    assert set(BUILD) == set(published_cases())


def test_published_cases():
    checks = []
    for name, replications in (("CC_MMC", 150), ("CC_MMCBlocked", 60), ("CC_Telethon", 100), ("CC_SimpleMSK", 100), ("SSJ_CallCenter_a400", 150),
                               ("PYWF_ErlangA", 20), ("HERZOG_smallErlang", 20)):
        checks += check_published(name, replications)
    bad = failures(checks)
    assert not bad, "\n".join(f"{c.case} {c.metric}: printed {c.expected:.6g}, simulated {c.simulated:.6g}, {c.sigmas:+.1f} SE" for c in bad)


@pytest.mark.parametrize("shift", [0.15])
def test_a_wrong_model_is_noticed(shift):
    """The comparison has teeth: a service time a little off is rejected."""
    case = {**EXACT["EA01_48_50_p2"], "params": {**EXACT["EA01_48_50_p2"]["params"], "mean_patience": 2 + shift}}
    assert failures(check_case(case, 20_000))

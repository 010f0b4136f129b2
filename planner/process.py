"""``python -m planner.process``: does one run and ends. Started by `planner.workshop`, never by people."""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
from pathlib import Path

from hotline.call_records import of_log
from hotline.records import Records
from hotline.server import end_with_parent
from planner.plans import Plans
from planner.steps import Place, StepError, Work

log = logging.getLogger("planner")

NICE = 15
MEMORY = 6 << 30
"""Bytes of address space: a history too large ends this process, not the machine."""
TOLD_S = 0.4


def main(given: str) -> int:
    """Do the run that ``given`` (JSON) names. Returns the exit code."""
    place = json.loads(given)
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    end_with_parent()
    records = Records(os.environ["DATABASE_URL"], zone=place["timezone"])
    plans = Plans(records, Path(place["folder"]))
    run = plans.run(place["run"])
    plan = plans.plan(run.plan)
    told = 0.0

    def tell(done: int, of: int, words: str) -> None:
        nonlocal told
        if time.monotonic() - told > TOLD_S:
            told = time.monotonic()
            plans.tell(run.id, done, of, words)

    where = Place(place["timezone"], place["currency"], log=lambda: of_log(records, place["timezone"]))
    try:
        Work(plans.folder(plan.id), plan.choices, where, tell).do(run.step)
    except StepError as error:
        plans.end(run.id, "failed", str(error))
        return 1
    except MemoryError:
        plans.end(run.id, "failed", "memory")
        return 1
    except Exception as error:
        log.exception("step %s failed", run.step)
        plans.end(run.id, "failed", f"fault {type(error).__name__}")
        return 1
    plans.end(run.id, "done")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

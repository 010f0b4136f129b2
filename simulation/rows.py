"""The rows of a replication while it runs: columns that grow, then a `Record`."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from simulation import record as r
from simulation.calls import TO_AGENT, Streams
from simulation.record import Record
from simulation.run_model import RunModel
from simulation.staff import Staff

NAN = float("nan")


class Rows:
    """Columns as lists (one NumPy scalar at a time is slow); the first rows are the fresh calls."""

    def __init__(self, model: RunModel, streams: Streams):
        calls = self.calls = streams.calls()
        self.model = model
        n = len(calls.at)
        self.type, self.index, self.path = calls.type.tolist(), calls.index.tolist(), calls.path.tolist()
        self.dial, self.left_menu = calls.dial.tolist(), calls.at.tolist()
        self.talk, self.wrap, self.patience = calls.talk.tolist(), calls.wrap.tolist(), calls.patience.tolist()
        keys = [t.key for t in model.types]
        self.key = [keys[k] for k in self.type]
        self.kind, self.parent = [r.FIRST] * n, [-1] * n
        self.attempt, self.leg, self.tries = [0] * n, [0] * n, [0] * n
        self.at, self.since, self.deadline = [NAN] * n, [NAN] * n, [r.FOREVER] * n
        self.start, self.talked, self.end = [NAN] * n, [NAN] * n, [NAN] * n
        self.gone, self.promised = [NAN] * n, [NAN] * n
        self.group, self.out, self.returned, self.to_message = [-1] * n, [0] * n, [False] * n, [False] * n

    def add(self, kind: int, parent: int, type: int, dial: float) -> int:
        """A new row that follows from another one; shares its errand (handling, index, stream key)."""
        j = len(self.type)
        for column, value in (
            (self.type, type), (self.index, self.index[parent]), (self.path, TO_AGENT), (self.dial, dial), (self.left_menu, dial),
            (self.talk, self.talk[parent]), (self.wrap, self.wrap[parent]), (self.patience, NAN), (self.key, self.key[parent]),
            (self.kind, kind), (self.parent, parent), (self.attempt, 0), (self.leg, 0), (self.tries, 0), (self.at, NAN),
            (self.since, NAN), (self.deadline, r.FOREVER), (self.start, NAN), (self.talked, NAN), (self.end, NAN), (self.gone, NAN),
            (self.promised, NAN), (self.group, -1), (self.out, 0), (self.returned, False), (self.to_message, False),
        ):
            column.append(value)
        return j

    def ask(self, i: int, t: float) -> None:
        """Row i is offered to agents now."""
        self.at[i] = self.since[i] = t
        message = self.model.types[self.type[i]].message_after
        self.to_message[i] = message < self.patience[i]
        self.deadline[i] = t + min(self.patience[i], message)

    def stay(self, i: int) -> float:
        """Seconds that the caller of row i spends in the menu."""
        return self.left_menu[i] - self.dial[i] if self.kind[i] <= r.REDIALLED else 0.0

    def record(self, staff: Staff, events: int) -> Record:
        """What happened, when the run is over."""
        columns = {
            "type": np.asarray(self.type, np.int32), "kind": np.asarray(self.kind, np.int8), "parent": np.asarray(self.parent, int),
            "dial": self.dial, "at": self.at, "left_menu": self.left_menu, "start": self.start, "talked": self.talked,
            "end": self.end, "group": np.asarray(self.group, int), "gone": self.gone, "promised": self.promised,
            "outcome": np.asarray(self.out, int), "returned": np.asarray(self.returned, bool),
        }
        columns = {name: np.asarray(value, None if isinstance(value, np.ndarray) else float) for name, value in columns.items()}
        paths = np.asarray(self.path)
        # Rows and engine refer to each other; emptied here, they do not wait for the garbage collector.
        for column in vars(self).values():
            if isinstance(column, list):
                column.clear()
        # Without trunks the menu is no event: who did not come out of it to an agent is settled here.
        settled = (paths != TO_AGENT) & (columns["outcome"] == r.UNDECIDED)
        columns["outcome"][settled] = np.where(paths[settled] == 1, r.CONTAINED, r.IVR_LEFT)
        # Whoever is still in the menu at the end will be offered later than that.
        inside = np.isnan(columns["at"]) & (columns["outcome"] == r.UNDECIDED) & (columns["kind"] <= r.REDIALLED)
        columns["at"][inside] = columns["left_menu"][inside]
        return finish(self.model, columns, staff, events)


def finish(model: RunModel, columns: dict[str, np.ndarray], staff: Staff, events: int) -> Record:
    """The record of these columns: with the moment at which the run was over."""
    if model.after_close == "stop":
        finished = model.grid.close
    else:
        moments = [columns["end"], columns["gone"], columns["promised"], columns["left_menu"]]
        finished = max([model.grid.close] + [float(np.nanmax(m)) for m in moments if m.size and not np.isnan(m).all()])
        finished = max([finished] + [log[-1][0] for log in staff.log if log])
    record = Record(**columns, staff=staff.steps(), scheduled=tuple(staff.scheduled), finished=finished, events=events)
    assert {f.name for f in fields(record)} >= set(columns)
    return record

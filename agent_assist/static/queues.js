// The queues in the bar: who waits in all, and each skill in a table that opens.

import { byId, node } from "/static/dom.js";
import { clock, say } from "/static/words.js";

export class Queues {
  constructor(now) {
    this.now = now;
    this.queues = [];
  }

  take(queues) {
    this.queues = queues;
    this.tick();
  }

  toggle() {
    const table = byId("queues");
    table.open = !table.open;
    table.querySelector("summary").focus();
  }

  tick() {
    const waiting = this.queues.reduce((sum, one) => sum + one.waiting, 0);
    const oldest = Math.min(...this.queues.map(({ since }) => since ?? Infinity));
    const longest = waiting ? ` · ${say("longest")} ${clock(this.now() - oldest)}` : "";
    byId("queues-sum").textContent = `${say("waiting")} ${waiting}${longest}`;
    if (!byId("queues").open) return;
    byId("queues-list").replaceChildren(
      ...this.queues.map(({ skill, waiting, since, estimate_s, available, callbacks }) =>
        node(
          "tr",
          {},
          node("th", { scope: "row", text: say(`queue.${skill}`) }),
          node("td", { text: String(waiting) }),
          node("td", { text: since === null ? "—" : clock(this.now() - since) }),
          node("td", { text: estimate_s === null ? say("queue.unknown") : clock(estimate_s) }),
          node("td", { text: String(available) }),
          node("td", { text: String(callbacks) }),
        ),
      ),
    );
  }
}

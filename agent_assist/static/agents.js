// The bar in which an agent says whether calls may come; the state is the server's.

import { byId, node } from "/static/dom.js";
import { get, post } from "/static/wire.js";
import { clock, say } from "/static/words.js";

const CHOICES = ["available", "wrap_up", "break", "offline"];
const SIGNS = { available: "●", ringing: "◔", busy: "◉", wrap_up: "◐", break: "○", offline: "◌" };
// A wrap-up ends, and a phone rings in vain, without an event of a call: looked at this often meanwhile.
const PASSING = new Set(["ringing", "busy", "wrap_up"]);
const PASSING_MS = 3_000;

export class Agents {
  // name: who is signed in; now(): the server's clock, seconds
  constructor(url, name, now) {
    this.url = url;
    this.name = name;
    this.now = now;
    this.all = [];
    this.asked = 0;
    this.again = 0;
    for (const state of CHOICES) {
      const button = node("button", { type: "button", "data-state": state });
      button.addEventListener("click", () => this.choose(state));
      byId("agent-choices").append(button);
    }
    this.draw();
  }

  get me() {
    return this.all.find(({ name }) => name === this.name);
  }

  async load() {
    const mine = ++this.asked;
    const answer = await get(this.url).catch(() => null);
    if (mine === this.asked) this.take(answer);
  }

  async choose(state) {
    if (!this.me) return;
    const mine = ++this.asked;
    const answer = await post(`${this.url}/${encodeURIComponent(this.name)}/state`, { state }).catch(() => null);
    if (mine === this.asked) this.take(answer);
  }

  // An answer that failed leaves what is shown; the connection badge tells.
  take(answer) {
    if (answer) this.all = answer.agents;
    this.draw();
    clearTimeout(this.again);
    if (PASSING.has(this.me?.state)) this.again = setTimeout(() => this.load(), PASSING_MS);
  }

  draw() {
    byId("agent").hidden = !this.me;
    const shown = byId("agent-state");
    shown.dataset.sign = SIGNS[this.me?.state] ?? "";
    shown.dataset.state = this.me?.state ?? "";
    if (this.me) shown.textContent = say(`agent.${this.me.state}`);
    else shown.replaceChildren();
    if (this.me?.wish) shown.append(` · ${say("then")} ${say(`agent.${this.me.wish}`)}`);
    for (const button of byId("agent-choices").children) {
      button.textContent = say(`agent.${button.dataset.state}`);
      button.setAttribute("aria-pressed", String(button.dataset.state === this.me?.state));
    }
    this.tick();
  }

  tick() {
    byId("agent-clock").textContent = this.me ? clock(this.now() - this.me.since) : "";
  }
}

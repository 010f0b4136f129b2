// The bar in which one says who one is and whether one takes calls; the state is the server's.

import { byId, node } from "./dom.js";
import { clock, label, say } from "./words.js";

const WHO = "desk.agent";
const CHOICES = ["available", "wrap_up", "break", "offline"];
const SIGNS = { available: "●", ringing: "◔", busy: "◉", wrap_up: "◐", break: "○", offline: "◌" };
// A wrap-up ends, and a phone rings in vain, without an event of a call: looked at this often meanwhile.
const PASSING = new Set(["ringing", "busy", "wrap_up"]);
const PASSING_MS = 3_000;

export class Agents {
  // now(): the server's clock, seconds
  constructor(url, now) {
    this.url = url;
    this.now = now;
    this.all = [];
    this.asked = 0;
    this.again = 0;
    byId("agent-name").addEventListener("change", (event) => {
      localStorage.setItem(WHO, event.target.value);
      this.draw();
    });
    for (const state of CHOICES) {
      const button = node("button", { type: "button", "data-state": state });
      button.addEventListener("click", () => this.choose(state));
      byId("agent-choices").append(button);
    }
    this.draw();
  }

  get me() {
    return this.all.find(({ name }) => name === localStorage.getItem(WHO));
  }

  async load() {
    const mine = ++this.asked;
    const answer = await fetch(this.url).catch(() => null);
    if (mine === this.asked) await this.take(answer);
  }

  async choose(state) {
    if (!this.me) return;
    const mine = ++this.asked;
    const answer = await fetch(`${this.url}/${encodeURIComponent(this.me.name)}/state`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ state }),
    }).catch(() => null);
    if (mine === this.asked) await this.take(answer);
  }

  // An answer that failed leaves what is shown; the connection badge tells.
  async take(answer) {
    if (answer?.ok) this.all = (await answer.json()).agents;
    this.draw();
    clearTimeout(this.again);
    if (PASSING.has(this.me?.state)) this.again = setTimeout(() => this.load(), PASSING_MS);
  }

  draw() {
    const select = byId("agent-name");
    const chosen = this.me?.name ?? "";
    const names = ["", ...this.all.map(({ name }) => name)];
    const texts = names.map((name) => name || say("nobody"));
    // An open list must not be torn down under somebody's hand.
    if (texts.join() !== [...select.options].map(({ text }) => text).join()) {
      select.replaceChildren(...names.map((name, at) => node("option", { value: name, text: texts[at] })));
    }
    select.value = chosen;
    const shown = byId("agent-state");
    byId("agent-choices").hidden = !this.me;
    shown.dataset.sign = SIGNS[this.me?.state] ?? "";
    shown.dataset.state = this.me?.state ?? "";
    if (this.me) label(shown, `agent.${this.me.state}`, { second: false });
    else shown.replaceChildren();
    if (this.me?.wish) shown.append(` · ${say("then")} ${say(`agent.${this.me.wish}`)}`);
    for (const button of byId("agent-choices").children) {
      label(button, `agent.${button.dataset.state}`, { second: false });
      button.setAttribute("aria-pressed", String(button.dataset.state === this.me?.state));
    }
    this.tick();
  }

  tick() {
    byId("agent-clock").textContent = this.me ? clock(this.now() - this.me.since) : "";
  }
}

// The bar in which an agent says whether calls may come; the state is the server's.

import { byId, node } from "/static/dom.js";
import { get, post } from "/static/wire.js";
import { clock, has, language, say } from "/static/words.js";

const CHOICES = ["available", "wrap_up", "break", "offline"];
const SIGNS = { available: "●", ringing: "◔", busy: "◉", wrap_up: "◐", break: "○", offline: "◌" };
// A wrap-up ends, and a phone rings in vain, without an event of a call: looked at this often meanwhile.
const PASSING = new Set(["ringing", "busy", "wrap_up"]);
const PASSING_MS = 3_000;

export class Agents {
  // breaks: [{name, zh, en}]; on: {took(answer), now(): the server's clock, seconds}
  constructor(url, breaks, on) {
    this.url = url;
    this.breaks = breaks;
    this.on = on;
    this.me = null;
    this.asked = 0;
    this.again = 0;
    for (const state of CHOICES) byId("agent-choices").append(state === "break" ? this.breakMenu() : this.choice(state));
    this.draw();
  }

  choice(state, reason = "", text = say(`agent.${state}`)) {
    const button = node("button", { type: "button", "data-state": state, "data-reason": reason, text });
    button.addEventListener("click", () => this.choose(state, reason));
    return button;
  }

  breakMenu() {
    if (!this.breaks.length) return this.choice("break");
    const menu = node(
      "details",
      { className: "menu", id: "breaks" },
      node("summary", { text: say("agent.break"), "data-state": "break" }),
      node("div", { className: "menu-list" }, ...this.breaks.map(({ name, ...words }) => this.choice("break", name, words[language()]))),
    );
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    return menu;
  }

  // Opens the reasons of a break.
  ask() {
    const menu = byId("breaks");
    if (!menu) return this.choose("break");
    menu.open = true;
    menu.querySelector("button").focus();
  }

  async load() {
    const mine = ++this.asked;
    const answer = await get(this.url).catch(() => null);
    if (mine === this.asked) this.took(answer);
  }

  async choose(state, reason = "") {
    if (!this.me) return;
    const menu = byId("breaks");
    if (menu) menu.open = false;
    const mine = ++this.asked;
    const answer = await post(`${this.url}/${encodeURIComponent(this.me.name)}/state`, { state, reason }).catch(() => null);
    if (mine === this.asked) this.took(answer);
  }

  // An answer that failed leaves what is shown; the connection badge tells.
  took(answer) {
    if (answer) this.on.took(answer);
    clearTimeout(this.again);
    if (PASSING.has(this.me?.state)) this.again = setTimeout(() => this.load(), PASSING_MS);
  }

  take({ me }) {
    this.asked++; // what was asked before this answer is older
    this.me = me;
    this.draw();
  }

  draw() {
    byId("agent").hidden = !this.me;
    const shown = byId("agent-state");
    const state = this.me?.state ?? "";
    shown.dataset.sign = SIGNS[state] ?? "";
    shown.dataset.state = state;
    shown.textContent = this.me ? this.named(state) : "";
    if (this.me?.wish) shown.append(` · ${say("then")} ${this.named(this.me.wish)}`);
    for (const button of byId("agent-choices").querySelectorAll("[data-state]")) {
      const mine = button.dataset.state === state && (button.dataset.reason ?? "") === (state === "break" ? this.me.reason : "");
      if (button.tagName === "BUTTON") button.setAttribute("aria-pressed", String(mine));
      else button.classList.toggle("chosen", button.dataset.state === state);
    }
    this.tick();
  }

  named(state) {
    const reason = state === "break" ? this.me.reason : "";
    const words = this.breaks.find(({ name }) => name === reason)?.[language()] ?? (reason && has(`agent.${reason}`) ? say(`agent.${reason}`) : "");
    return words && words !== say(`agent.${state}`) ? `${say(`agent.${state}`)}${language() === "zh" ? "：" : ": "}${words}` : say(`agent.${state}`);
  }

  tick() {
    byId("agent-clock").textContent = this.me ? clock(this.on.now() - this.me.since) : "";
  }
}

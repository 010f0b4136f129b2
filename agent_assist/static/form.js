// The intake form: what each field holds, how sure it is, where it came from.

import { FIELDS } from "./calls.js";
import { byId, node } from "/static/dom.js";
import { STATE_SIGNS, value } from "./values.js";
import { clock, has, say } from "/static/words.js";

const HIDDEN_FIELDS = new Set(["phone", "id_number"]);
const SHOWN_MS = 30_000;

export class Form {
  // pick(field) when a field is chosen; ask(call, field) fetches a hidden value.
  // hints: what to ask next, by category, and in which words; null when nobody says.
  constructor(pick, ask, hints) {
    this.ask = ask;
    this.hints = hints;
    this.call = null;
    this.rows = new Map();
    this.revealed = new Map(); // field -> value, for a short while
    for (const field of FIELDS) {
      const row = makeRow(field);
      row.main.addEventListener("click", () => pick(field));
      row.show?.addEventListener("click", () => this.toggle(field));
      this.rows.set(field, row);
      byId("fields").append(row.element);
    }
  }

  draw(call, chosen) {
    this.chosen = chosen;
    if (call !== this.call) {
      this.call = call;
      this.revealed.clear();
      for (const row of this.rows.values()) row.signature = null;
    }
    for (const field of FIELDS) this.drawRow(field, chosen === field);
    this.drawOutcome();
    this.drawStory();
    this.drawNext();
  }

  drawStory() {
    const text = this.call?.description ?? "";
    byId("story").hidden = !text;
    byId("description").textContent = text;
  }

  drawNext() {
    const lacking = this.hints && this.call ? this.call.lacking(this.hints) : [];
    byId("next").hidden = lacking.length === 0;
    if (lacking.length === 0) return;
    const words = this.hints.words[this.call.lang] ?? this.hints.words.zh;
    byId("next-words").textContent = words[lacking[0]] ?? say(`field.${this.hints.fields[lacking[0]]}`);
    byId("next-words").lang = this.call.lang === "en" ? "en" : "zh-CN";
    const rest = lacking.slice(1).map((question) => say(`field.${this.hints.fields[question]}`));
    byId("lacking").textContent = rest.length ? `${say("lacking")}: ${rest.join(" · ")}` : "";
  }

  drawRow(field, chosen) {
    const row = this.rows.get(field);
    const held = this.call?.fields.get(field);
    const state = held && held.value !== null ? held.state : "missing";
    const changed = JSON.stringify(held ?? null);
    if (row.signature !== null && row.signature !== changed && state !== "missing") flash(row.element);
    if (row.signature !== changed) this.revealed.delete(field);
    row.signature = changed;
    row.element.dataset.state = state;
    row.label.textContent = say(`field.${field}`);
    row.value.textContent = this.revealed.get(field) ?? value(field, held?.value);
    row.sign.textContent = STATE_SIGNS[state] ?? "";
    row.state.textContent = say(state);
    row.origin.textContent = state === "missing" ? "" : origin(held.source);
    row.main.disabled = !held?.source?.utterance;
    row.main.setAttribute("aria-pressed", String(chosen));
    if (row.show) {
      row.show.hidden = state === "missing";
      const open = this.revealed.has(field);
      row.show.textContent = say(open ? "conceal" : "reveal");
      row.show.setAttribute("aria-label", `${row.show.textContent} ${say(`field.${field}`)}`);
      row.show.title = open ? say("revealed") : "";
    }
  }

  drawOutcome() {
    const place = byId("outcome");
    const { number, draft } = this.call ?? {};
    place.hidden = !number && !draft;
    if (place.hidden) return place.replaceChildren();
    const title = node("span", { className: "outcome-title" });
    title.textContent = say(number ? "filed" : "draft");
    const text = number
      ? node("strong", { className: "number", text: number })
      : node("span", { className: "why", text: say("draft_why") });
    const sign = node("span", { className: "sign", text: number ? "✓" : "□", "aria-hidden": "true" });
    place.dataset.state = number ? "filed" : "draft";
    place.replaceChildren(sign, title, text);
  }

  async toggle(field) {
    const { call } = this;
    if (this.revealed.delete(field)) return this.draw(call, this.chosen);
    const whole = await this.ask(call, field);
    if (call !== this.call) return;
    this.revealed.set(field, whole ?? say("refused"));
    this.draw(call, this.chosen);
    setTimeout(() => {
      if (call === this.call && this.revealed.delete(field)) this.draw(call, this.chosen);
    }, SHOWN_MS);
  }
}

function makeRow(field) {
  const parts = {
    label: node("span", { className: "label" }),
    value: node("span", { className: "value" }),
    sign: node("span", { className: "sign", "aria-hidden": "true" }),
    state: node("span", { className: "state-word" }),
    origin: node("span", { className: "origin" }),
  };
  const state = node("span", { className: "state" }, parts.sign, parts.state);
  const main = node("button", { type: "button", className: "field-main" }, parts.label, parts.value, state, parts.origin);
  const element = node("li", { className: "field", "data-field": field }, main);
  const show = HIDDEN_FIELDS.has(field) ? node("button", { type: "button", className: "reveal" }) : null;
  if (show) element.append(show);
  return { element, main, show, signature: null, ...parts };
}

function origin(source) {
  if (!source) return "";
  const how = has(`how.${source.how}`) ? say(`how.${source.how}`) : source.how;
  return source.utterance ? `${how} · ${clock(source.start)}` : how;
}

function flash(element) {
  element.classList.remove("changed");
  void element.offsetWidth; // starts the animation again
  element.classList.add("changed");
}

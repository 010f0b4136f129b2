// The intake form: what each field holds, how sure it is, where it came from.

import { FIELDS } from "./calls.js";
import { byId, node } from "/static/dom.js";
import { editor, reasons } from "./editor.js";
import { STATE_SIGNS, value } from "./values.js";
import { clock, has, say } from "/static/words.js";

const HIDDEN_FIELDS = new Set(["phone", "id_number"]);
const SHOWN_MS = 30_000;

export class Form {
  // on: {pick(field) when a field is chosen, reveal(call, field) fetches a hidden value,
  // change(call, field, act, value) edits, confirms or rejects}.
  // hints: what to ask next, by category, and in which words; null when nobody says.
  constructor(on, hints) {
    this.on = on;
    this.hints = hints;
    this.call = null;
    this.rows = new Map();
    this.revealed = new Map(); // field -> value, for a short while
    for (const field of FIELDS) {
      const row = makeRow(field);
      row.main.addEventListener("click", () => on.pick(field));
      row.main.addEventListener("dblclick", () => this.edit(field));
      row.main.addEventListener("keydown", (event) => this.key(field, event));
      row.acts.confirm.addEventListener("click", () => this.act(field, "confirm"));
      row.acts.edit.addEventListener("click", () => this.edit(field));
      row.acts.reject.addEventListener("click", () => this.act(field, "reject"));
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
      for (const [field, row] of this.rows) {
        row.signature = null;
        this.close(field);
      }
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
    row.main.disabled = !this.call;
    row.also.hidden = !held?.also;
    row.also.textContent = held?.also ? `${say("also")} ${value(field, held.also.value)}` : "";
    row.bar.hidden = !chosen || row.editor !== null;
    row.acts.confirm.hidden = state !== "heard";
    row.acts.reject.hidden = state === "missing";
    for (const [act, button] of Object.entries(row.acts)) button.textContent = say(`act.${act}`);
    row.main.setAttribute("aria-pressed", String(chosen));
    if (row.show) {
      row.show.hidden = state === "missing";
      const open = this.revealed.has(field);
      row.show.textContent = say(open ? "conceal" : "reveal");
      row.show.setAttribute("aria-label", `${row.show.textContent} ${say(`field.${field}`)}`);
      row.show.title = open ? say("revealed") : "";
    }
  }

  // Enter confirms what was heard and writes what is missing; e edits, x rejects; space shows the source.
  key(field, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const state = this.rows.get(field).element.dataset.state;
    if (event.key === "Enter") state === "heard" ? this.act(field, "confirm") : this.edit(field);
    else if (event.key === "e") this.edit(field);
    else if (event.key === "x" && state !== "missing") this.act(field, "reject");
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.step(field, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
  }

  step(field, by) {
    const next = FIELDS[FIELDS.indexOf(field) + by];
    if (next) this.rows.get(next).main.focus();
  }

  async act(field, act) {
    const { call } = this;
    const why = await this.on.change(call, field, act);
    const { note } = this.rows.get(field);
    note.textContent = why;
    note.hidden = !why;
    this.rows.get(field).main.focus();
  }

  edit(field) {
    const row = this.rows.get(field);
    if (row.editor || !this.call) return;
    const { call } = this;
    row.editor = editor(field, call.fields.get(field), {
      save: (content) => this.on.change(call, field, "edit", content),
      close: () => {
        this.close(field);
        row.main.focus();
      },
    });
    row.note.hidden = true;
    row.bar.hidden = true;
    row.element.append(row.editor);
  }

  close(field) {
    const row = this.rows.get(field);
    row.editor?.remove();
    row.editor = null;
    row.note.hidden = true;
    row.bar.hidden = field !== this.chosen;
  }

  drawOutcome() {
    const place = byId("outcome");
    const { number, draft } = this.call ?? {};
    place.hidden = !number && !draft;
    if (place.hidden) return place.replaceChildren();
    const title = node("span", { className: "outcome-title" });
    title.textContent = say(number ? "filed" : "draft");
    const text = number
      ? node("a", { className: "number", href: `/cases/${number}`, target: "_blank", text: number }) // the call goes on here
      : node("span", { className: "why", text: say("draft_why") });
    const sign = node("span", { className: "sign", text: number ? "✓" : "□", "aria-hidden": "true" });
    place.dataset.state = number ? "filed" : "draft";
    place.replaceChildren(sign, title, text);
  }

  // Asks why; resolves to the reason, or "" when the agent thinks better of it.
  why(field) {
    const row = this.rows.get(field);
    if (row.editor) return Promise.resolve("");
    return new Promise((resolve) => {
      const done = (reason) => {
        this.close(field);
        row.show.focus();
        resolve(reason);
      };
      row.editor = reasons(field, done);
      row.element.append(row.editor);
    });
  }

  async toggle(field) {
    const { call } = this;
    if (this.revealed.delete(field)) return this.draw(call, this.chosen);
    const why = await this.why(field);
    if (!why || call !== this.call) return;
    const whole = await this.on.reveal(call, field, why);
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
    also: node("span", { className: "also" }),
  };
  const acts = {};
  for (const act of ["confirm", "edit", "reject"]) acts[act] = node("button", { type: "button", className: "button", "data-act": act });
  const bar = node("div", { className: "acts", hidden: true }, ...Object.values(acts));
  const note = node("p", { className: "refusal", role: "alert", hidden: true });
  const state = node("span", { className: "state" }, parts.sign, parts.state);
  const main = node("button", { type: "button", className: "field-main" }, parts.label, parts.value, state, parts.origin, parts.also);
  const element = node("li", { className: "field", "data-field": field }, main, bar, note);
  const show = HIDDEN_FIELDS.has(field) ? node("button", { type: "button", className: "reveal" }) : null;
  if (show) element.append(show);
  return { element, main, show, acts, bar, note, editor: null, signature: null, ...parts };
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

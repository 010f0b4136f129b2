// The wrap-up of a call: outcome, summary, next deadline. Every change is kept at once; saving ends the wrap-up.

import { byId, node } from "/static/dom.js";
import { get, post } from "/static/wire.js";
import { clock, language, say } from "/static/words.js";

const KEEP_MS = 500;

export class WrapUp {
  // url(call id): where it is read and written; on: {saved()}
  constructor(url, outcomes, on) {
    this.url = url;
    this.on = on;
    this.call = "";
    this.until = null;
    this.form = byId("wrap");
    this.keeping = 0;
    this.dirty = false;
    byId("wrap-outcomes").append(
      ...outcomes.map(({ name, ...words }) =>
        node(
          "label",
          { className: "chip" },
          node("input", { type: "radio", name: "outcome", value: name }),
          node("span", { text: words[language()] }),
        ),
      ),
    );
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => this.save(event));
    this.form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
      else if (event.key === "Escape") this.close();
    });
    byId("wrap-propose").addEventListener("click", () => this.propose());
    byId("wrap-close").addEventListener("click", () => this.close());
    document.addEventListener("visibilitychange", () => document.hidden && this.keep());
    addEventListener("pagehide", () => this.keep());
  }

  get open() {
    return !this.form.hidden;
  }

  // Shows the wrap-up of this call; false when it is not this agent's.
  async show(call, focus = false) {
    if (call !== this.call) {
      this.keep();
      const found = await get(this.url(call)).catch(() => null);
      if (!found) return false;
      this.call = call;
      this.fill(found);
    }
    this.form.hidden = false;
    if (focus) (this.form.querySelector("input:checked") ?? this.form.querySelector("input[type=radio]")).focus();
    return true;
  }

  // until: Unix seconds when the wrap-up ends by itself, or null
  limit(until, now) {
    this.until = until;
    this.tick(now);
  }

  tick(now) {
    byId("wrap-left").textContent = this.until ? `${say("wrap.left")} ${clock(Math.max(0, this.until - now))}` : "";
  }

  close() {
    this.keep();
    this.form.hidden = true;
    this.call = "";
  }

  fill({ outcome, summary, due, proposed, state }) {
    this.proposed = proposed;
    for (const radio of this.form.querySelectorAll("[name=outcome]")) radio.checked = radio.value === outcome;
    byId("wrap-summary").value = summary;
    byId("wrap-due").value = due;
    this.dirty = false;
    this.tell({ draft: "wrap.kept", saved: "wrap.saved" }[state]);
  }

  written() {
    const said = new FormData(this.form);
    return { outcome: said.get("outcome") ?? "", summary: said.get("summary"), due: said.get("due") };
  }

  changed() {
    this.dirty = true;
    this.tell();
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(), KEEP_MS);
  }

  async keep() {
    clearTimeout(this.keeping);
    if (!this.dirty || !this.call) return;
    this.dirty = false;
    const { call } = this;
    try {
      await post(`${this.url(call)}/draft`, this.written());
      if (call === this.call && !this.dirty) this.tell("wrap.kept");
    } catch (error) {
      this.dirty = true; // the next change, or the next look away, tries again
      this.tell(error.message, true);
    }
  }

  async propose() {
    const found = await get(this.url(this.call)).catch(() => null);
    byId("wrap-summary").value = (found?.proposed ?? this.proposed).summary;
    if (!byId("wrap-due").value) byId("wrap-due").value = (found?.proposed ?? this.proposed).due;
    this.changed();
  }

  async save(event) {
    event.preventDefault();
    clearTimeout(this.keeping);
    try {
      const saved = await post(this.url(this.call), this.written());
      this.dirty = false;
      byId("wrap-summary").value = saved.summary; // numbers in it are masked now
      this.tell("wrap.saved");
      this.on.saved(this.call);
    } catch (error) {
      this.tell(error.message, true);
    }
  }

  tell(words = "", bad = false) {
    byId("wrap-state").textContent = words && !bad ? say(words) : words;
    byId("wrap-state").dataset.state = bad ? "bad" : "";
  }
}

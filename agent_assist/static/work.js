// What the agent does with the caller: hold, transfer, consult, call back, hang up; who is ringing.

import { byId, node } from "/static/dom.js";
import { value } from "./values.js";
import { post } from "/static/wire.js";
import { clock, say } from "/static/words.js";

// What can be done → its key, and whether it can be done now: by `me`, and with the `call` that is looked at.
const ACTS = [
  { what: "hold", key: "h", when: ({ contact }) => contact?.mine && contact.place !== "hold" },
  { what: "retrieve", key: "h", when: ({ contact }) => contact?.mine && contact.place === "hold" },
  { what: "transfer", key: "t", when: ({ contact }) => contact?.mine, ask: true },
  { what: "consult", key: "c", when: ({ contact }) => contact?.mine && !contact.partner, ask: true },
  { what: "join", key: "j", when: ({ contact }) => contact?.mine && contact.inside && contact.place === "hold" },
  { what: "hand_over", key: "o", when: ({ contact }) => contact?.mine && contact.inside },
  { what: "call_back", key: "b", when: (me, call) => !me.contact && call?.ended != null },
  { what: "hang_up", key: "H", when: ({ contact }) => contact?.mine && contact.place !== "hold" },
];

export class Work {
  // on: {took(answer), load(): asks for an answer, call(): the call that is looked at, now()}
  constructor(url, skills, on) {
    this.url = url;
    this.skills = skills;
    this.on = on;
    this.me = null;
    this.colleagues = [];
    this.queues = [];
    this.buttons = new Map();
    this.asked = new Set(); // acts that are not answered yet
    this.last = Promise.resolve();
    for (const { what, key } of ACTS) {
      const button = node(
        "button",
        { type: "button", className: "button", "data-do": what, "aria-keyshortcuts": key === "H" ? "Shift+H" : key },
        node("span", { text: say(`do.${what}`) }),
        node("kbd", { text: key === "H" ? "⇧H" : key, "aria-hidden": "true" }),
      );
      button.addEventListener("click", () => this.want(what));
      this.buttons.set(what, button);
      byId("work-acts").append(button);
    }
    for (const what of ["transfer", "consult"]) {
      const dialog = byId(what);
      dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
      dialog.querySelector("form").addEventListener("submit", (event) => {
        event.preventDefault();
        const said = new FormData(event.target);
        dialog.close();
        this.send(what, { to: said.get("to"), note: said.get("note") ?? "" });
      });
    }
  }

  take({ me, agents, queues }) {
    this.me = me;
    this.queues = queues;
    this.colleagues = agents.filter((one) => one.name !== me?.name && one.state === "available");
    this.draw();
  }

  can(what) {
    const act = ACTS.find((one) => one.what === what);
    return Boolean(this.me && act.when(this.me, this.on.call()));
  }

  // The key of an act: the first that can be done now under it.
  pressed(key) {
    const act = ACTS.find((one) => one.key === key && this.can(one.what));
    if (act) this.want(act.what);
  }

  want(what) {
    if (!this.can(what)) return;
    if (ACTS.find((one) => one.what === what).ask) this.ask(what);
    else if (what === "call_back") this.send(`call-back/${encodeURIComponent(this.on.call().id)}`, {}, say("call_back_promised"));
    else this.send(what);
  }

  async ask(what) {
    await this.on.load(); // who is free may have changed without an event
    if (!this.can(what)) return;
    const select = byId(`${what}-to`);
    const groups = this.queues.map((queue) => {
      const { skill, waiting, available } = queue;
      const text = `${say(`queue.${skill}`)} · ${say("queue.available")} ${available} · ${say("waiting")} ${waiting}`;
      return node("option", { value: skill, text, disabled: what === "consult" && available === 0 });
    });
    if (what === "transfer") select.replaceChildren(...groups);
    else {
      const people = this.colleagues.map(({ name, skills }) =>
        node("option", { value: name, text: `${name} · ${skills.map((skill) => say(`queue.${skill}`)).join(" ")}` }),
      );
      select.replaceChildren(
        node("optgroup", { label: say("colleagues") }, ...people),
        node("optgroup", { label: say("groups") }, ...groups),
      );
    }
    byId(what).showModal();
    select.focus();
  }

  // One after the other: the screen may show what an act did before its answer is here, and the next act is pressed by then.
  send(what, body = {}, done = "") {
    if (this.asked.has(what)) return; // a second press before the first is answered means the first
    this.asked.add(what);
    this.last = this.last.then(() => this.act(what, body, done));
  }

  async act(what, body, done) {
    this.note("");
    try {
      this.on.took(await post(`${this.url}/me/${what}`, body));
      this.note(done);
    } catch (error) {
      this.note(error.message, true);
    } finally {
      this.asked.delete(what);
    }
  }

  note(text, bad = false) {
    byId("work-note").textContent = text;
    byId("work-note").dataset.state = bad ? "bad" : "";
  }

  draw() {
    byId("work").hidden = !this.me;
    if (!this.me) return;
    for (const [what, button] of this.buttons) {
      button.hidden = (what === "hold" || what === "retrieve") && !this.can(what) && (what === "retrieve" || this.can("retrieve"));
      button.disabled = !this.can(what);
    }
    this.drawRing();
    this.tick();
  }

  drawRing() {
    const { ring } = this.me;
    byId("ring").hidden = !ring;
    if (!ring) return byId("ring").replaceChildren();
    if (byId("ring").dataset.call !== ring.call || !byId("ring").firstChild) {
      const about = [ring.asks, ring.category && value("category", ring.category), ring.number, ring.skill && say(`queue.${ring.skill}`)];
      byId("ring").replaceChildren(
        node("strong", { text: say(`ring.${ring.kind}`) }),
        ...about.filter(Boolean).map((text) => node("span", { text })),
        node("span", { className: "running", id: "ring-clock" }),
        node("span", { text: say("ring_answer") }),
      );
      byId("ring").dataset.call = ring.call;
    }
  }

  tick() {
    const { contact, ring } = this.me ?? {};
    const since = byId("ring-clock");
    // Times are for the eye: a live region that changed each second would be read out each second.
    if (since && ring) since.textContent = `${say("ring_waited")} ${clock(this.on.now() - ring.since)}`;
    byId("work-call").textContent = contact ? told(contact, this.on.now()) : "";
  }
}

function told(contact, now) {
  const here = clock(now - contact.since);
  if (!contact.mine) return `${say("helping")} ${contact.agent} · ${here}`;
  const held = contact.hold_s ? ` · ${say("held_for")} ${clock(contact.hold_s + (contact.place === "hold" ? now - contact.since : 0))}` : "";
  const partner = contact.partner ? ` · ${say(contact.inside ? "partner.inside" : "partner.rung")} ${contact.partner}` : "";
  const place = contact.inside && contact.place === "room" ? "conference" : contact.place;
  return `${say(`place.${place}`)} ${here}${held}${partner}`;
}

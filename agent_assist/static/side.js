// The strip of calls and the list of complaints and drafts.

import { byId, node } from "/static/dom.js";
import { value } from "./values.js";
import { clock, moment, say } from "/static/words.js";

const SIGNS = { in_progress: "●", queued: "◐", ended: "■" };

export class Side {
  // on: {choose(callId), dismiss(callId), open(callId)}
  constructor(on) {
    this.on = on;
    this.cards = new Map();
    for (const list of [byId("calls"), byId("cases")]) list.addEventListener("keydown", walk);
  }

  drawCalls(calls, chosen, now) {
    const wanted = [...calls].sort(order);
    byId("no-calls").hidden = wanted.length > 0;
    for (const [id, card] of this.cards) {
      if (wanted.some((call) => call.id === id)) continue;
      card.element.remove();
      this.cards.delete(id);
    }
    wanted.forEach((call, place) => {
      const card = this.cards.get(call.id) ?? this.addCard(call.id);
      drawCard(card, call, call.id === chosen, now);
      const there = byId("calls").children[place];
      if (there !== card.element) byId("calls").insertBefore(card.element, there ?? null);
    });
  }

  // Running times only: once a second nothing else changes.
  tick(calls, now) {
    for (const call of calls) {
      const card = this.cards.get(call.id);
      if (card) card.time.textContent = clock((call.ended ?? now) - call.started);
    }
  }

  addCard(id) {
    const card = {
      caller: node("span", { className: "tel" }),
      time: node("span", { className: "running" }),
      sign: node("span", { className: "sign", "aria-hidden": "true" }),
      state: node("span", { className: "card-state" }),
      step: node("span", { className: "card-step" }),
    };
    card.main = node(
      "button",
      { type: "button", className: "card-main" },
      card.caller,
      card.time,
      node("span", { className: "card-line" }, card.sign, card.state, card.step),
    );
    card.main.addEventListener("click", () => this.on.choose(id));
    card.dismiss = node("button", { type: "button", className: "dismiss", text: "×" });
    card.dismiss.addEventListener("click", () => this.on.dismiss(id));
    card.element = node("li", { className: "card", "data-call": id }, card.main, card.dismiss);
    this.cards.set(id, card);
    return card;
  }

  drawCases({ drafts, filed }, chosen) {
    const cases = [...drafts, ...filed].sort((a, b) => b.at - a.at);
    byId("no-cases").hidden = cases.length > 0;
    const focused = document.activeElement?.closest("#cases .case")?.dataset.call;
    byId("cases").replaceChildren(
      ...cases.map((one) => {
        const sign = node("span", { className: "sign", text: one.number ? "✓" : "□", "aria-hidden": "true" });
        const title = node("span", { className: "case-title", text: one.number || say("draft") });
        const about = [value("category", one.category), value("phone", one.phone)].filter((part) => part !== "—");
        const main = node(
          "button",
          { type: "button", className: "case-main", "aria-current": one.call === chosen ? "true" : null },
          sign,
          title,
          node("time", { text: moment(one.at) }),
          node("span", { className: "case-about", text: about.join(" · ") || "—" }),
        );
        main.addEventListener("click", () => this.on.open(one.call));
        return node("li", { className: `case ${one.number ? "is-filed" : "is-draft"}`, "data-call": one.call }, main);
      }),
    );
    if (focused) byId("cases").querySelector(`[data-call="${CSS.escape(focused)}"] button`)?.focus();
  }
}

function drawCard(card, call, chosen, now) {
  card.element.dataset.state = call.state;
  card.main.setAttribute("aria-current", String(chosen));
  card.caller.textContent = call.caller || "—";
  card.time.textContent = clock((call.ended ?? now) - call.started);
  card.sign.textContent = SIGNS[call.state];
  card.state.textContent = say(call.state);
  const about = call.ended === null ? [call.lang && say(`lang.${call.lang}`), step(call)] : [outcome(call)];
  card.step.textContent = about.filter(Boolean).join(" · ");
  card.dismiss.hidden = call.ended === null;
  card.dismiss.setAttribute("aria-label", `${say("dismiss")} ${call.caller}`);
  card.dismiss.title = say("dismiss");
}

// What the caller is at now.
export function step(call) {
  if (call.state === "queued") {
    const place = call.queue.position ? ` #${call.queue.position}` : "";
    return say(`queue.${call.queue.queue}`) + place;
  }
  return call.step && say(`step.${call.step}`);
}

function outcome(call) {
  return call.number || (call.draft ? say("draft") : "");
}

// Those that run before those that ended; among them the oldest first, so that places do not jump.
function order(a, b) {
  return Number(a.ended !== null) - Number(b.ended !== null) || a.started - b.started || (a.id < b.id ? -1 : 1);
}

function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const buttons = [...event.currentTarget.querySelectorAll(".card-main, .case-main")];
  const next = buttons[buttons.indexOf(document.activeElement.closest("li")?.querySelector("button")) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

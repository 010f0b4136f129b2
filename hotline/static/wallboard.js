// The wallboard: draws the state that the stream sends. Each state is whole, so nothing can be missed.

import { byId, node } from "./dom.js";
import { post, toSignIn } from "./wire.js";
import { clock, has, moment, say } from "./words.js";

const LAST = 12; // half hours in a line
const SVG = "http://www.w3.org/2000/svg";
const SIGNS = { available: "●", ringing: "◔", busy: "◉", wrap_up: "◐", break: "○", offline: "◌" };
const REASONS = JSON.parse(document.body.dataset.reasons);

const percent = (share) => (share === null ? "—" : `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`);
const time = (seconds) => (seconds === null ? "—" : clock(seconds));
const of = ([part, whole]) => (whole ? `${part} ÷ ${whole}` : "");
const filled = (key, told) => say(key).replace(/\{(\w+)\}/g, (_, name) => told[name]);

// Whether a target is met; null where nothing was measured.
const least = (measured, target) => (measured === null ? null : measured >= target);
const most = (measured, target) => (measured === null ? null : measured <= target);

function draw(state) {
  const { today, targets } = state;
  const done = state.intervals.filter(({ at }) => at <= state.now);
  const line = (name) => done.slice(-LAST).map((one) => one[name]);
  figure("connection_rate", percent(today.service_level), {
    met: least(today.service_level, targets.connection_rate), target: `≥ ${percent(targets.connection_rate)}`,
    count: of([today.quick, today.offered]), line: line("service_level"), mark: targets.connection_rate, write: percent,
  });
  const queue = Math.max(0, ...state.skills.map(({ waiting }) => waiting));
  figure("waiting", state.waiting, {
    met: queue > targets.longest_queue ? false : null, target: filled("board.per_skill", { count: targets.longest_queue }),
    line: line("offered"), told: say("board.offered"),
  });
  figure("longest_wait", time(state.longest_wait_s), {
    met: most(state.longest_wait_s, targets.longest_wait_s), target: `≤ ${clock(targets.longest_wait_s)}`,
    line: line("asa_s"), write: time, told: "ASA",
  });
  figure("abandonment", percent(today.abandonment), {
    met: most(today.abandonment, targets.abandonment), target: `≤ ${percent(targets.abandonment)}`,
    count: of([today.abandoned, today.offered]), line: line("abandonment"), mark: targets.abandonment, write: percent,
  });
  figure("first_call_resolution", percent(today.first_call_resolution), { count: of(today.resolved) });
  figure("repeat_call_rate", percent(today.repeat_call_rate), { count: of(today.often) });
  drawMore(today, targets, state.ahead);
  rows("skills", state.skills, (one) => [
    skill(one.skill), one.waiting, judged(time(one.longest_wait_s), most(one.longest_wait_s, targets.longest_wait_s)),
    one.available, one.offered, judged(percent(one.service_level), least(one.service_level, targets.connection_rate)),
    judged(percent(one.abandonment), most(one.abandonment, targets.abandonment)), time(one.asa_s), time(one.aht_s),
  ], (place) => place > 0);
  byId("no-skills").hidden = state.skills.length > 0;
  rows("agents", state.agents, (one) => [
    one.name, stateOf(one), time(state.now - one.since), one.call ? listen(one.call) : "", one.handled,
    time(one.aht_s), percent(one.occupancy),
  ], (place) => place === 2 || place > 3);
  const counts = Object.keys(SIGNS).map((name) => [name, state.agents.filter((one) => one.state === name).length]);
  byId("by-state").textContent = counts.filter(([, count]) => count).map(([name, count]) => `${say(`agent.${name}`)} ${count}`).join(" · ");
  const busy = done.filter(({ offered, handled }) => offered || handled);
  rows("half-hours", busy.reverse(), (one) => [
    moment(one.at), one.offered, one.answered, one.abandoned,
    judged(percent(one.service_level), least(one.service_level, targets.connection_rate)),
    judged(percent(one.abandonment), most(one.abandonment, targets.abandonment)), time(one.asa_s), time(one.aht_s),
  ], (place) => place > 0);
  drawAlerts(state.alerts);
}

function drawMore(today, targets, ahead) {
  const told = {
    ...today, asa: time(today.asa_s), aht: time(today.aht_s), short_s: targets.short_s,
    containment: percent(today.containment), contained: of(today.contained), without: percent(today.service_level_without_short),
    whole: today.offered - today.short,
  };
  const parts = ["calls", "requests", "containment", "times", "without_short", "promises", "filed"];
  const items = parts.map((name) => node("li", { text: filled(`board.more.${name}`, told) }));
  if (ahead) {
    const { so_far, expected, morning, day } = ahead;
    const round = (value) => value.toFixed(0);
    const words = { so_far: round(so_far), expected: round(expected), morning: round(morning), day: round(day.mean), low: round(day.low), high: round(day.high) };
    items.push(node("li", { id: "ahead" }, node("a", { href: "/planner/today", text: filled("board.more.ahead", words) })));
  }
  byId("more").replaceChildren(...items);
}

function skill(name) {
  return say(`queue.${name}`);
}

function stateOf({ state, reason }) {
  const why = state === "break" && reason ? (REASONS[reason] ?? (has(`board.reason.${reason}`) ? say(`board.reason.${reason}`) : reason)) : "";
  const sign = node("span", { className: "sign", text: SIGNS[state] ?? "", "aria-hidden": "true" });
  return node("span", {}, sign, ` ${say(`agent.${state}`)}${why ? ` · ${why}` : ""}`);
}

function listen(call) {
  return node("a", { href: `/wallboard/calls/${encodeURIComponent(call)}`, text: say("board.listen") });
}

// A missed target is told by a sign and a word, not by colour alone.
function judged(text, met) {
  return met === false ? node("span", { className: "missed", title: say("board.missed") }, `⚠ ${text}`, node("span", { className: "unseen", text: say("board.missed") })) : text;
}

function figure(name, value, { met = null, target = "", count = "", line = [], mark = null, write = String, told = "" } = {}) {
  const place = document.querySelector(`[data-figure="${name}"]`);
  const put = (part, text) => {
    const element = place.querySelector(part);
    if (element.textContent !== text) element.textContent = text;
  };
  put(".figure-value", String(value));
  put(".figure-count", count);
  const verdict = met === null ? "" : met ? ` · ✓ ${say("board.met")}` : ` · ⚠ ${say("board.missed")}`;
  place.dataset.met = met === null ? "" : String(met);
  put(".figure-target", target ? `${say("board.target")} ${target}${verdict}` : "");
  const some = line.some((one) => one !== null);
  place.querySelector(".figure-line").replaceChildren(...(some ? [spark(line, mark, write, told)] : []));
}

// The last hours as a line, with gaps where nothing was offered; a dashed line is the target.
function spark(values, mark, write, told) {
  const measured = values.filter((value) => value !== null);
  const top = Math.max(mark ?? 0, ...measured) || 1;
  const y = (value) => (26 - (value / top) * 22).toFixed(1);
  const step = 116 / (LAST - 1);
  const from = LAST - values.length; // the newest half hour is always at the right
  let path = "";
  values.forEach((value, place) => {
    if (value === null) return;
    const pen = place > 0 && values[place - 1] !== null ? "L" : "M";
    path += `${pen}${(2 + (from + place) * step).toFixed(1)} ${y(value)}`;
    if (pen === "M") path += "h0.01"; // a single half hour is a dot
  });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 120 28");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  const range = `${write(Math.min(...measured))} – ${write(Math.max(...measured))}`;
  svg.setAttribute("aria-label", `${told} ${filled("board.last_hours", { hours: LAST / 2 })}: ${range}`.trim());
  if (mark !== null) svg.append(drawn("target", `M0 ${y(mark)}H120`));
  svg.append(drawn("values", path));
  const caption = node("span", { className: "figure-range", text: `${told} ${range}`.trim(), "aria-hidden": "true" });
  return node("span", {}, svg, caption);
}

function drawn(name, d) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", `line-${name}`);
  path.setAttribute("d", d);
  return path;
}

// Draws a table's rows; a cell that stays as it was is left alone, so that a focused link is not lost.
function rows(id, items, cells, isNumber) {
  const body = byId(id);
  while (body.rows.length > items.length) body.lastElementChild.remove();
  items.forEach((item, at) => {
    const contents = cells(item);
    const row = body.rows[at] ?? body.appendChild(
      node("tr", {}, ...contents.map((_, place) =>
        node(place === 0 ? "th" : "td", { className: isNumber(place) ? "number" : "", scope: place === 0 ? "row" : null }))),
    );
    contents.forEach((content, place) => {
      const cell = row.cells[place];
      const fresh = cell.cloneNode(false);
      fresh.append(content);
      if (!cell.isEqualNode(fresh)) cell.replaceChildren(...fresh.childNodes);
    });
  });
}

let shown = "";
function drawAlerts(alerts) {
  // Rebuilt only when they change: the list is read out, and a focused button must stay.
  const signature = JSON.stringify(alerts);
  byId("no-alerts").hidden = alerts.length > 0;
  byId("alerts").hidden = alerts.length === 0;
  if (signature === shown) return;
  shown = signature;
  const focused = document.activeElement?.closest?.("[data-alert]")?.dataset.alert;
  byId("alerts").replaceChildren(...alerts.map(alertRow));
  if (focused) byId("alerts").querySelector(`[data-alert="${focused}"] :is(button, a)`)?.focus();
}

function alertRow(alert) {
  const words = ["word", "rate", "breach"].includes(alert.what) ? alert.detail : skill(alert.detail);
  const seen = alert.acknowledged_by;
  const row = node(
    "li",
    { className: "alert", "data-alert": alert.id, "data-seen": seen ? "yes" : "no" },
    node("time", { text: moment(alert.at) }),
    node("span", { text: `${seen ? "" : "⚠ "}${say(`board.alert.${alert.what}`)} ${words}` }),
  );
  if (alert.call) row.append(listen(alert.call));
  if (seen) {
    row.append(node("span", { className: "notice", text: `${say("board.seen_by")} ${seen} ${moment(alert.acknowledged_at)}` }));
    return row;
  }
  const button = node("button", { type: "button", className: "button", text: say("board.acknowledge") });
  button.addEventListener("click", () => {
    button.disabled = true;
    post(`/wallboard/alerts/${alert.id}`).catch(() => {}); // the next state shows who was first
  });
  row.append(button);
  return row;
}

// A definition goes away by Escape, and comes by a touch, which not every browser takes for a focus.
for (const name of document.querySelectorAll(".figure-name")) {
  const figure = name.parentElement;
  const open = () => delete figure.dataset.closed;
  name.addEventListener("click", () => name.focus());
  name.addEventListener("blur", open);
  figure.addEventListener("mouseleave", open);
}
addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const figure of document.querySelectorAll(".figure:is(:hover, :focus-within)")) figure.dataset.closed = "";
});

const badge = byId("badge");
function connected(state) {
  badge.dataset.state = state;
  badge.textContent = say(state);
}

const source = new EventSource("/wallboard/events");
source.addEventListener("message", (message) => {
  if (badge.dataset.state !== "live") connected("live");
  draw(JSON.parse(message.data));
});
source.addEventListener("out", () => {
  source.close();
  toSignIn();
});
source.addEventListener("error", () => {
  connected("reconnecting");
  // A browser gives up on an answer that is no stream (signed out, restarted): the page begins anew.
  if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
});

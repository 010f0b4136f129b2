// The wallboard: draws the state that the stream sends. Each state is whole, so nothing can be missed.

import { byId, node } from "./dom.js";
import { post, toSignIn } from "./wire.js";
import { clock, moment, say } from "./words.js";

const SHORT_S = 5;
const SIGNS = { available: "●", ringing: "◔", busy: "◉", wrap_up: "◐", break: "○", offline: "◌" };
const percent = (share) => (share === null ? "—" : `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`);
const time = (seconds) => (seconds === null ? "—" : clock(seconds));

function draw(state) {
  const { today, targets } = state;
  const done = state.intervals.filter(({ at }) => at <= state.now).slice(-12);
  figure("connection_rate", percent(today.service_level), {
    met: today.service_level === null ? null : today.service_level >= targets.connection_rate,
    target: `≥ ${percent(targets.connection_rate)}`,
    line: done.map(({ service_level }) => service_level),
  });
  figure("waiting", state.waiting, { line: done.map(({ offered }) => offered) });
  figure("longest_wait", time(state.longest_wait_s), {
    met: state.longest_wait_s === null ? null : state.longest_wait_s <= targets.longest_wait_s,
    target: `≤ ${clock(targets.longest_wait_s)}`,
  });
  figure("abandonment", percent(today.abandonment), {
    met: today.abandonment === null ? null : today.abandonment <= targets.abandonment,
    target: `≤ ${percent(targets.abandonment)}`,
    line: done.map(({ abandonment }) => abandonment),
  });
  figure("first_call_resolution", percent(today.first_call_resolution));
  figure("repeat_call_rate", percent(today.repeat_call_rate));
  const told = {
    ...today, asa: time(today.asa_s), aht: time(today.aht_s), short: SHORT_S,
    containment: percent(today.containment), without: percent(today.service_level_without_short),
  };
  byId("more").textContent = say("board.more").replace(/\{(\w+)\}/g, (_, name) => told[name]);
  rows("skills", state.skills, (one) => [
    skill(one.skill), one.waiting, time(one.longest_wait_s), one.offered,
    percent(one.service_level), percent(one.abandonment), time(one.asa_s),
  ], [1, 2, 3, 4, 5, 6]);
  rows("agents", state.agents, (one) => [
    one.name, `${SIGNS[one.state] ?? ""} ${say(`agent.${one.state}`)}`, time(state.now - one.since), one.handled,
    time(one.aht_s), percent(one.occupancy), one.call ? listen(one.call) : "",
  ], [2, 3, 4, 5]);
  drawAlerts(state.alerts);
}

function skill(name) {
  return say(`queue.${name}`);
}

function listen(call) {
  return node("a", { href: `/desk?call=${encodeURIComponent(call)}`, text: say("board.listen") });
}

function figure(name, value, { met = null, target = "", line = [] } = {}) {
  const place = document.querySelector(`[data-figure="${name}"]`);
  place.querySelector(".figure-value").textContent = value;
  const verdict = met === null ? "" : met ? `✓ ${say("board.met")}` : `⚠ ${say("board.missed")}`;
  place.dataset.met = met === null ? "" : String(met);
  place.querySelector(".figure-target").textContent = target ? `${say("board.target")} ${target}${verdict && ` · ${verdict}`}` : "";
  place.querySelector(".figure-line").replaceChildren(...(line.length ? [spark(line)] : []));
}

// The last hours as a line; gaps where nothing was offered.
function spark(values) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const most = Math.max(1, ...values.filter((value) => value !== null));
  svg.setAttribute("viewBox", "0 0 120 24");
  svg.setAttribute("aria-hidden", "true");
  const step = 120 / Math.max(1, values.length - 1);
  let path = "";
  values.forEach((value, place) => {
    if (value === null) return;
    const pen = place > 0 && values[place - 1] !== null ? "L" : "M";
    path += `${pen}${(place * step).toFixed(1)} ${(22 - (value / most) * 20).toFixed(1)}`;
    if (pen === "M") path += "h0.01"; // a single half hour is a dot
  });
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path || "M0 0");
  svg.append(line);
  return svg;
}

function rows(id, items, cells, numbers) {
  byId(id).replaceChildren(
    ...items.map((item) =>
      node("tr", {}, ...cells(item).map((content, place) => {
        const cell = node(place === 0 ? "th" : "td", { className: numbers.includes(place) ? "number" : "", scope: place === 0 ? "row" : null });
        cell.append(content);
        return cell;
      })),
    ),
  );
}

let shown = "";
function drawAlerts(alerts) {
  // Rebuilt only when they change: the list is read out, and a focused button must stay.
  const signature = JSON.stringify(alerts);
  byId("no-alerts").hidden = alerts.length > 0;
  if (signature === shown) return;
  shown = signature;
  byId("alerts").replaceChildren(...alerts.map(alertRow));
}

function alertRow(alert) {
  const words = ["word", "rate", "breach"].includes(alert.what) ? alert.detail : skill(alert.detail);
  const row = node(
    "li",
    { className: "alert", "data-alert": alert.id, "data-seen": alert.acknowledged_by ? "yes" : "no" },
    node("time", { text: moment(alert.at) }),
    node("span", { text: `${alert.acknowledged_by ? "" : "⚠ "}${say(`board.alert.${alert.what}`)} ${words}` }),
  );
  if (alert.call) row.append(listen(alert.call));
  if (alert.acknowledged_by) row.append(node("span", { className: "notice", text: `${say("board.seen_by")} ${alert.acknowledged_by}` }));
  else {
    const button = node("button", { type: "button", className: "button", text: say("board.acknowledge") });
    button.addEventListener("click", () => {
      button.disabled = true;
      post(`/wallboard/alerts/${alert.id}`).catch(() => {}); // the next state shows who was first
    });
    row.append(button);
  }
  return row;
}

const badge = byId("badge");
function connected(state) {
  badge.dataset.state = state;
  badge.textContent = say(state);
}

const source = new EventSource("/wallboard/events");
source.addEventListener("message", (message) => {
  connected("live");
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

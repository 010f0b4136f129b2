// Today: the server counts and foretells; this page shows it and asks again while somebody looks.

import { byId, node } from "./dom.js";
import { draw, figure } from "./figures.js";
import { get } from "./wire.js";
import { has, moment, say } from "./words.js";

const EVERY_MS = 10_000;
const SOON_MS = 1_500; // while the actions are being tried
const PLAN = byId("today").dataset.plan;

const percent = (share) => (share === null ? "—" : `${(share * 100).toFixed(1)} %`);
const seconds = (value) => (value === null ? "—" : `${value.toFixed(0)} s`);
const whole = (value) => value.toFixed(0);
const filled = (key, told) => say(key).replace(/\{(\w+)\}/g, (_, name) => told[name]);
const sum = (groups) => Object.values(groups).reduce((total, n) => total + n, 0);

let timer = 0;
let shown = ""; // the chart that is drawn

async function ask() {
  clearTimeout(timer);
  let again = EVERY_MS;
  try {
    const state = await get(`/planner/today/data?plan=${encodeURIComponent(PLAN)}`);
    byId("said").textContent = "";
    if (state.plan) update(state);
    else location.reload(); // midnight: the plan ends, or is no more
    if (state.says?.finding) again = SOON_MS;
  } catch {
    byId("said").textContent = say("today.away");
  }
  if (!document.hidden) timer = setTimeout(ask, again);
}

function update(state) {
  const { rest, day, morning, service } = state;
  put("so_far", whole(state.so_far), filled("today.of_forecast", { expected: whole(state.so_far_expected) }));
  put("rest", whole(rest.mean), `${between(rest)} · ${filled("today.factor", { factor: state.factor.toFixed(2) })}`);
  put("whole", whole(day.mean), `${between(day)} · ${filled("today.morning", { morning: whole(morning.mean) })}`);
  put("service", percent(service.service_level), filled("today.within", { within: state.within_s }));
  put("abandonment", percent(service.abandonment), filled("today.asa", { asa: seconds(service.asa_s) }));
  put("agents", whole(sum(state.agents)), filled("today.agents_planned", { planned: sum(state.planned), off: sum(state.on_break), waiting: state.waiting }));
  advise(state);
  const key = JSON.stringify(state.chart);
  if (key !== shown) {
    shown = key;
    byId("chart").replaceChildren(figure(state.chart));
    draw(byId("chart"));
  }
}

function put(name, value, below) {
  const place = document.querySelector(`[data-figure="${name}"]`);
  place.querySelector("strong").textContent = value;
  place.querySelector("[data-below]").textContent = below;
}

function between({ low, high }) {
  return filled("today.between", { low: whole(low), high: whole(high) });
}

// -- what to do now -------------------------------------------------------------

function advise({ says, aim, over }) {
  const parts = Object.entries(aim).filter(([, value]) => value !== null);
  byId("aim").textContent = say("today.aim") + parts.map(([name, value]) => filled(`today.aim.${name}`, { value: name === "asa" ? seconds(value) : percent(value) })).join(" · ");
  const advice = says.advice?.actions ? says.advice : null;
  byId("advice").hidden = byId("hours").hidden = !advice;
  const words = [];
  if (over) words.push(say("today.over"));
  if (says.error) words.push(say("today.failed") + says.error);
  if (advice) words.push(filled("today.found_at", { at: moment(says.at), replications: advice.replications }));
  if (says.finding) words.push(say("today.finding"));
  byId("finding").textContent = words.join(" · ");
  if (!advice) return;
  byId("actions").replaceChildren(...advice.actions.map(action));
  byId("intervals").replaceChildren(...advice.intervals.map((one) =>
    node("tr", {}, node("th", { scope: "row", text: one.from }), ...[
      one.offered?.toFixed(1) ?? "—", one.agents?.toFixed(1) ?? "—", percent(one.service_level), percent(one.abandonment), seconds(one.asa),
    ].map((text) => node("td", { className: "number", text })))));
}

function action(one, place) {
  const change = (name, show) => (one.kind === "none" || one.differences[name].mean === null ? "" : `${one.differences[name].mean > 0 ? "+" : ""}${show(one.differences[name].mean)}`);
  const cell = (name, show) => node("td", { className: "number" }, show(one.figures[name].mean), node("small", { text: change(name, show), title: say("today.against") }));
  return node(
    "tr",
    { "data-action": one.kind, ...(place === 0 && one.sufficient ? { "data-best": "" } : {}) },
    node("th", { scope: "row", text: told(one) }),
    node("td", { text: one.sufficient ? `✓ ${say("today.enough")}` : `✗ ${say("today.short")}` }),
    cell("service_level", percent), cell("abandonment", percent), cell("asa", seconds),
    node("td", { className: "number", text: one.agent_hours === 0 ? "0" : one.agent_hours.toFixed(1) }),
  );
}

function told(one) {
  const agents = Object.entries(one.agents).map(([group, n]) => (Object.keys(one.agents).length > 1 || has(`queue.${group}`) ? `${has(`queue.${group}`) ? say(`queue.${group}`) : group} ${n}` : `${n}`)).join(", ");
  return filled(`today.do.${one.kind}`, { ...one, agents, parts: one.parts.map(told).join("; ") });
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) ask();
});
ask();

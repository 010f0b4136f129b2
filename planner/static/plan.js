// A plan: its steps, how far they are, their choices and what they show. The server holds everything;
// this page may be closed and opened again at any time.

import { draw, figure } from "/static/figures.js";
import { byId, node } from "/static/dom.js";
import { get, post } from "/static/wire.js";
import { clock, say } from "/static/words.js";

const EVERY_MS = 1000;
const LONG_TABLE = 16; // rows that are shown without being asked for
const plan = byId("plan");
const base = `/planner/${plan.dataset.plan}`;
const mine = plan.dataset.mine === "yes";
const steps = new Map([...document.querySelectorAll("[data-step]")].map((place) => [place.dataset.step, place]));
const shown = new Map(); // step → run whose sheet is shown
const seen = new Map(); // step → state before
let timer = 0;

// -- how far it is ------------------------------------------------------------

function update(state) {
  const active = state.steps.some(({ state: now }) => now === "queued" || now === "running");
  for (const one of state.steps) step(one);
  if (mine) {
    byId("cancel").hidden = !active;
    byId("all").disabled = active;
  }
  clearTimeout(timer);
  if (active) timer = setTimeout(ask, EVERY_MS);
}

async function ask() {
  try {
    update(await get(`${base}/state`));
  } catch {
    timer = setTimeout(ask, 3 * EVERY_MS); // the line may be starting again; the run goes on or begins anew
  }
}

function step(one) {
  const place = steps.get(one.step);
  const active = one.state === "queued" || one.state === "running";
  const sign = active ? one.state : one.state === "failed" ? "failed" : one.there ? (one.fresh ? "done" : "old") : one.state === "cancelled" ? "cancelled" : "open";
  place.dataset.state = sign;
  place.querySelector("[data-status]").textContent =
    say(`plan.status.${sign}`) + (sign === "done" && one.seconds ? ` · ${one.seconds < 60 ? `${one.seconds} s` : clock(one.seconds)}` : "");
  const bar = place.querySelector("[data-progress]");
  bar.hidden = !active;
  const meter = bar.querySelector("progress");
  if (one.of > 0) meter.value = Math.min(1, one.done / one.of);
  else meter.removeAttribute("value");
  const passed = one.since ? ` · ${clock(Date.now() / 1000 - one.since)}` : "";
  bar.querySelector("[data-words]").textContent = active ? `${one.of > 0 ? `${Math.floor((100 * one.done) / one.of)} %` : ""} ${one.words}${passed}` : "";
  const error = place.querySelector("[data-error]");
  error.hidden = !one.error;
  if (error.textContent !== one.error) error.textContent = one.error;
  const run = place.querySelector("[data-run]");
  if (run) run.disabled = active || !one.ready;
  if (one.there && shown.get(one.step) !== `${one.run} ${one.fresh}` && !active) show(one);
  const before = seen.get(one.step);
  if (before && before !== sign && (sign === "done" || sign === "failed")) byId("said").textContent = `${say(`plan.step.${one.step}`)}: ${say(`plan.status.${sign}`)}`;
  seen.set(one.step, sign);
}

// -- what a step shows --------------------------------------------------------

async function show(one) {
  shown.set(one.step, `${one.run} ${one.fresh}`);
  const sheet = await get(`${base}/step/${one.step}`);
  const parts = [
    ...(one.fresh ? [] : [node("p", { className: "warning", text: say("plan.old_means") })]),
    ...sheet.warnings.map((text) => node("p", { className: "warning", text })),
    node("ul", { className: "notes" }, ...sheet.notes.map((text) => node("li", { text }))),
  ];
  if (sheet.charts.length) parts.push(folded(say("plan.charts"), sheet.charts.length <= 6, () => [node("div", { className: "charts" }, ...sheet.charts.map(figure))], true));
  for (const table of sheet.tables) parts.push(folded(`${table.title} (${table.rows.length})`, table.rows.length <= LONG_TABLE, () => [tableOf(table)]));
  const files = [...sheet.files.map((name) => link(name, `${base}/file/${encodeURIComponent(name)}`)), link(say("plan.report"), `${base}/report/${one.step}.html`)];
  parts.push(node("p", { className: "files" }, node("span", { className: "notice", text: say("plan.take") }), ...files));
  const result = steps.get(one.step).querySelector("[data-result]");
  result.replaceChildren(...parts);
  await draw(result);
}

// A part that can be folded; its content is made when it is first opened.
function folded(title, open, content, charts = false) {
  const inside = node("div");
  const part = node("details", { className: "part" }, node("summary", { text: title }), inside);
  const fill = async () => {
    if (!part.open || inside.childElementCount) return;
    inside.append(...content());
    if (charts && part.isConnected) await draw(inside);
  };
  part.addEventListener("toggle", fill);
  part.open = open;
  if (open) inside.append(...content());
  return part;
}

function tableOf(table) {
  const head = node("tr", {}, ...table.heads.map((text) => node("th", { scope: "col", text })));
  const body = table.rows.map((cells) =>
    node("tr", {}, ...cells.map((text, place) => node(place === 0 ? "th" : "td", { scope: place === 0 ? "row" : null, text, className: /^[✗+−-]?\s?[\d.,]+( .{0,24})?$/.test(text) ? "number" : "" }))),
  );
  return node("div", { className: "table", tabindex: "0", role: "group", "aria-label": table.title }, node("table", {}, node("thead", {}, head), node("tbody", {}, ...body)));
}

function link(text, href) {
  return node("a", { className: "button", href, text });
}

// -- what the planner chooses -----------------------------------------------------

function said(place, error) {
  const refusal = place.querySelector("[data-error]");
  refusal.hidden = !error;
  refusal.textContent = error;
}

function chosen(form) {
  const found = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    const content = field.type === "checkbox" ? field.checked : field.value.trim();
    const [part, name] = field.name.split(".");
    if (name) (found[part] ??= {})[name] = content;
    else if (content !== "" || !["number"].includes(field.type)) found[part] = content;
    else found[part] = null;
  }
  if (found.interval) found.interval = Number(found.interval);
  if (form.dataset.form === "whatif") found.scenarios = scenarios();
  return found;
}

for (const form of document.querySelectorAll("form[data-form]")) {
  // Until now the buttons were off: a form sent by the browser itself would carry its content in the address.
  for (const button of form.querySelectorAll("button[disabled]")) button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = form.closest("[data-step]");
    const columns = form.dataset.form === "columns";
    const run = columns || event.submitter?.hasAttribute("data-and-run");
    try {
      update(await post(`${base}/choose/${place.dataset.step}${run ? "?run=1" : ""}`, chosen(form)));
      said(place, "");
      byId("said").textContent = say("plan.kept");
    } catch (error) {
      said(place, error.message);
    }
  });
}

async function act(path, body) {
  try {
    update(await post(`${base}/${path}`, body));
  } catch (error) {
    byId("said").textContent = error.message;
  }
}

if (mine) {
  byId("all").addEventListener("click", () => act("run", {}));
  byId("cancel").addEventListener("click", () => act("cancel", {}));
  for (const [name, place] of steps) place.querySelector("[data-run]").addEventListener("click", () => act("run", { steps: [name] }));
}

// -- scenarios of what-if -----------------------------------------------------------

const list = document.querySelector(".scenarios");
const SUGGESTED = [["volume", "+10%"], ["volume", "-10%"], ["surge", "all:10:00-11:00:x3"], ["containment", "+5%"], ["call-backs", "on"], ["aht", "-15s"]];
const FIELD_S = 8; // typing and asking back for one field of the form; said where it is used

function scenarios() {
  return [...list.children].map((row) => ({ kind: row.querySelector("select").value, text: row.querySelector("input").value.trim() })).filter(({ text }) => text);
}

function scenario(kind, text) {
  const choice = node("select", { "aria-label": say("plan.scenario_kind") });
  for (const name of byId("scenarios").dataset.kinds.split(" ")) choice.append(node("option", { value: name, selected: name === kind, text: say(`plan.kind.${name}`) }));
  const words = node("input", { value: text, "aria-label": say("plan.scenario_text"), size: "24" });
  const hint = node("span", { className: "notice" });
  const tell = () => (hint.textContent = say(`plan.kind_means.${choice.value}`));
  choice.addEventListener("change", tell);
  tell();
  const drop = node("button", { type: "button", className: "button", text: say("plan.drop") });
  const row = node("li", {}, choice, words, drop, hint);
  drop.addEventListener("click", () => row.remove());
  return row;
}

if (list && byId("scenarios")) {
  const { saved, calls } = byId("scenarios").dataset;
  const suggestions = [...SUGGESTED];
  if (saved) suggestions.push(["aht", `-${Math.round(saved * FIELD_S)}s`, say("plan.assist").replace("{fields}", saved).replace("{calls}", calls).replace("{seconds}", FIELD_S)]);
  list.replaceChildren(...[...list.children].map((row) => scenario(row.dataset.kind, row.dataset.text)));
  document.querySelector(".suggestions").append(
    ...suggestions.map(([kind, text, words]) => {
      const button = node("button", { type: "button", className: "button", text: `+ ${words ?? say(`plan.kind.${kind}`)} ${text}` });
      button.addEventListener("click", () => list.append(scenario(kind, text)));
      return button;
    }),
  );
}

update(JSON.parse(byId("state").textContent));

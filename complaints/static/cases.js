// The list of complaints: a search, lists under a name, and what changes while one looks.

import { byId, node } from "/static/dom.js";
import { ask, post, Refused } from "/static/wire.js";
import { language, moment, say } from "/static/words.js";
import { dayOf, deadline, filled, follow, settled } from "./follow.js";

const PAGE = 50;
const NAMES = ["q", "state", "due", "category", "channel", "department", "mine"];
const KEPT = "cases.query"; // of this tab alone: a phone number stands in no address
const form = byId("find");
const departments = JSON.parse(document.body.dataset.departments);
const ladder = JSON.parse(document.body.dataset.ladder);
let query = {};
let rows = [];
let next = "";
let asked = 0;

function fromForm() {
  const data = new FormData(form);
  return Object.fromEntries(NAMES.map((name) => [name, String(data.get(name) ?? "").trim()]).filter(([, value]) => value));
}

function toForm() {
  for (const name of NAMES) form.elements[name].value = query[name] ?? "";
}

// Shows the search from its beginning, as long as what was shown.
async function load(least = PAGE) {
  const turn = ++asked;
  try {
    const found = await ask("/cases/rows", { query, limit: Math.min(200, Math.max(PAGE, least)) });
    if (turn !== asked) return;
    rows = found.rows;
    next = found.next;
    draw(found);
  } catch (error) {
    if (turn === asked) byId("found").textContent = error instanceof Refused && error.message ? error.message : say("cases.failed");
  }
}

async function more() {
  const turn = ++asked;
  const found = await ask("/cases/rows", { query, limit: PAGE, after: next });
  if (turn !== asked) return;
  rows = rows.concat(found.rows);
  next = found.next;
  drawRows();
}

function draw(found) {
  const count = found.count ?? rows.length;
  const words = [count >= found.counted ? filled("cases.more_than", { n: found.counted - 1 }) : filled("cases.count", { n: count })];
  if (!found.whole) words.push(say("cases.indexing"));
  const text = words.join(" · ");
  if (byId("found").textContent !== text) byId("found").textContent = text;
  byId("none").hidden = rows.length > 0;
  byId("none").textContent = say(found.nothing ? "cases.nothing" : "cases.none");
  drawRows();
}

function drawRows() {
  const focused = document.activeElement?.closest("#rows tr")?.dataset.number;
  byId("rows").replaceChildren(...rows.map(row));
  if (focused) byId("rows").querySelector(`[data-number="${CSS.escape(focused)}"] a`)?.focus();
  byId("more").hidden = !next;
}

function row(one) {
  const cell = (name, ...content) => node("td", { className: `col-${name}`, role: "cell" }, ...content);
  const level = one.level ? ` · ${ladder[one.level - 1]?.[language()] ?? one.level}` : "";
  const due = one.due ? [node("span", { className: "due", "data-is": one.due.is, text: `${dayOf(one.due.on)} · ${deadline(one.due)}` })] : ["—"];
  const state = one.joined_to ? `→ ${one.joined_to}` : say(`case.${one.state}`) + level;
  return node(
    "tr",
    { role: "row", "data-number": one.number },
    node("th", { scope: "row", role: "rowheader", className: "col-number" }, node("a", { href: `/cases/${one.number}`, text: one.number })),
    cell("state", node("span", { className: "state", "data-state": one.state, text: state })),
    cell("due", ...due),
    cell("category", one.category ? say(`value.${one.category}`) : "—"),
    cell("what", one.about || "—"),
    cell("phone", node("span", { className: "tel", text: one.phone || "—" })),
    cell("channel", say(`channel.${one.channel}`)),
    cell("department", departments[one.department]?.[language()] ?? "—"),
    cell("filed", node("time", { text: moment(one.filed) })),
  );
}

// -- lists ------------------------------------------------------------------------

function same(one, other) {
  return NAMES.every((name) => (one[name] ?? "") === (other[name] ?? ""));
}

function drawLists(lists) {
  const own = { name: say("cases.mine"), query: { mine: "yes" } }; // everybody has this one
  byId("lists").replaceChildren(
    ...[own, ...lists].map((one) => {
      const label = one.owner && !one.own ? `${one.name} · ${one.owner}` : one.name;
      const choose = node("button", { type: "button", className: "chip", text: label, "aria-pressed": String(same(one.query, query)) });
      choose.addEventListener("click", () => search(one.query));
      const item = node("li", {}, choose);
      if (one.own) {
        const gone = node("button", { type: "button", className: "chip-gone", text: "×", "aria-label": `${say("cases.remove")} ${one.name}` });
        gone.addEventListener("click", async () => drawLists((lists = (await post(`/cases/lists/${one.id}/remove`)).lists)));
        item.append(gone);
      }
      return item;
    }),
  );
  drawLists.now = lists;
}

byId("keep-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, shared } = event.target.elements;
  byId("keep-refused").hidden = true;
  try {
    drawLists((await post("/cases/lists", { name: name.value, shared: shared.checked, query: fromForm() })).lists);
    event.target.reset();
    byId("keep").open = false;
    byId("keep").querySelector("summary").focus();
  } catch (error) {
    byId("keep-refused").textContent = error.message;
    byId("keep-refused").hidden = false;
  }
});

// -- export -----------------------------------------------------------------------

const take = byId("take-form");
take.addEventListener("submit", () => {
  take.elements.query.value = JSON.stringify(query);
});
take.elements.phones?.addEventListener("change", (event) => {
  byId("take-why").hidden = !event.target.checked;
  take.elements.why.required = event.target.checked;
});

// -- searching --------------------------------------------------------------------

function search(wanted) {
  query = wanted;
  toForm();
  sessionStorage.setItem(KEPT, JSON.stringify(query));
  drawLists(drawLists.now);
  return load();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  search(fromForm());
});
form.addEventListener("reset", () => setTimeout(() => search({})));
for (const name of NAMES.slice(1)) form.elements[name].addEventListener("change", () => search(fromForm()));
byId("more").addEventListener("click", more);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const open = event.target.closest?.("details.pop[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
  if (event.target.closest("input, select, textarea")) return;
  const links = [...byId("rows").querySelectorAll("a")];
  const place = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (event.key === "/") form.elements.q.focus();
  else if (step && links.length && (place >= 0 || document.activeElement === document.body)) links[Math.min(links.length - 1, Math.max(0, place + step))].focus();
  else return;
  event.preventDefault();
});

const again = settled(() => load(rows.length));
try {
  query = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
} catch {
  query = {};
}
toForm();
drawLists(JSON.parse(document.body.dataset.lists));
load();
follow(document.body.dataset.after, again, () => location.reload());

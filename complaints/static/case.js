// The page of one complaint: drawn from what the server says of it, anew whenever it changed.

import { byId, node } from "/static/dom.js";
import { get, post, send } from "/static/wire.js";
import { has, language, moment, say } from "/static/words.js";
import { dayOf, deadline, filled, follow, settled } from "./follow.js";
import { drawTimeline } from "./timeline.js";

const { number } = document.body.dataset;
const base = `/cases/${number}`;
const departments = JSON.parse(document.body.dataset.departments);
const reasons = JSON.parse(document.body.dataset.reasons);
const STRAIGHT = new Set(["take_up"]); // what needs no second look
const DECISIONS = new Set(["uphold", "return", "reject"]); // the regulator's, told to the caller in words
const SECRET = new Set(["phone", "id_number"]);
const answer = byId("answer");
let shown = null;

const nameOf = (action) => say(DECISIONS.has(action) ? `decision.${action}` : `act.${action}`);
const labelOf = (department) => departments[department]?.[language()] ?? department;

async function load() {
  shown = await get(`${base}/data`);
  drawHead(shown);
  drawForm(shown);
  drawFiles(shown.files);
  drawActs(shown);
  drawAnswers(shown);
  drawTasks(shown.tasks);
  drawOthers(shown);
  drawTimeline(byId("timeline"), shown, labelOf);
}

function drawHead(one) {
  byId("state").textContent = say(`case.${one.state}`);
  byId("state").dataset.state = one.state;
  const due = byId("due");
  due.textContent = one.due ? `${filled("due.by", { day: dayOf(one.due.on) })} · ${deadline(one.due)}` : say("due.none");
  due.dataset.is = one.due?.is ?? "none";
  const facts = [
    one.category && say(`value.${one.category}`),
    say(`channel.${one.channel}`),
    filled("case.filed_on", { day: moment(one.filed) }),
    one.department && labelOf(one.department),
    one.appeal_until && filled("case.appeal", { day: one.appeal_until }),
  ];
  byId("facts").textContent = facts.filter(Boolean).join(" · ");
  const joined = byId("joined");
  joined.hidden = !one.joined_to && one.joined.length === 0;
  if (one.joined_to) joined.replaceChildren(`${say("case.joined_to")} `, link(one.joined_to));
  else joined.replaceChildren(`${say("case.joined")} `, ...one.joined.flatMap((other, at) => [at ? ", " : "", link(other)]));
  const rungs = [say("case.first_level"), ...one.ladder, say("case.above")];
  const here = one.state === "regulator" ? rungs.length - 1 : one.level;
  byId("ladder").replaceChildren(
    ...rungs.map((name, at) => {
      const now = at === here;
      const words = now ? `${name} · ${say("case.here")}` : name;
      return node("li", { "data-is": at < here ? "passed" : now ? "here" : "above", "aria-current": now ? "step" : null, text: words });
    }),
  );
}

const link = (other) => node("a", { href: `/cases/${other}`, text: other });

// -- the form ------------------------------------------------------------------------

function content(field, value) {
  if (Array.isArray(value)) return value.map((part) => content(field, part)).join(language() === "zh" ? "、" : ", ");
  if (typeof value === "string" && has(`value.${value}`)) return say(`value.${value}`);
  if (field === "amount" && typeof value === "number") return `¥${value}`;
  return String(value);
}

function drawForm(one) {
  byId("fields").replaceChildren(
    ...Object.entries(one.fields).flatMap(([name, { value, state }]) => {
      const told = node("dd", {}, node("span", { text: content(name, value) }), node("small", { className: "quiet", text: ` ${say(state)}` }));
      if (SECRET.has(name)) told.append(" ", revealer(name, told.firstChild));
      return [node("dt", { text: say(`field.${name}`) }), told];
    }),
  );
  byId("description").textContent = one.description || "—";
}

function revealer(field, place) {
  const open = node("button", { type: "button", className: "link", text: say("reveal"), "aria-label": `${say("reveal")} ${say(`field.${field}`)}` });
  open.addEventListener("click", () => {
    const why = node("input", { maxlength: "80", required: true, list: "why-list", "aria-label": say("why"), placeholder: say("why") });
    const offers = node("datalist", { id: "why-list" }, ...reasons.map((one) => node("option", { value: one })));
    const form = node("form", { className: "why" }, why, offers, node("button", { className: "button", text: say("reveal") }));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const found = await post(`/desk/calls/${encodeURIComponent(shown.source)}/reveal`, { field, why: why.value });
        place.textContent = found.value;
        form.replaceWith(node("small", { className: "quiet", text: say("revealed") }));
      } catch (error) {
        refuse(error, say("refused"));
      }
    });
    open.replaceWith(form);
    why.focus();
  });
  return open;
}

// -- evidence ------------------------------------------------------------------------

function drawFiles(files) {
  byId("files").replaceChildren(
    ...files.map((one) => {
      const look = node("button", { type: "button", className: "button", text: say("case.look"), "aria-label": `${say("case.look")} ${one.name}` });
      look.addEventListener("click", () => view(one));
      return node("li", {}, node("span", { className: "file-name", text: one.name }), node("small", { className: "quiet", text: size(one.size) }), look);
    }),
    ...(files.length ? [] : [node("li", { className: "quiet", text: say("case.no_files") })]),
  );
}

const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

// Loaded when somebody looks, because each look is on record.
async function view(file) {
  const address = `/evidence/${file.id}`;
  byId("look-title").textContent = file.name;
  byId("look-take").href = address;
  const place = byId("look-at");
  place.replaceChildren();
  byId("look").showModal();
  if (file.shows === "picture") place.append(node("img", { src: `${address}/preview.jpg`, alt: file.name }));
  else if (file.shows === "sound") place.append(node("audio", { src: address, controls: true, "aria-label": file.name }));
  else if (file.shows === "text") place.append(node("pre", { tabindex: "0", text: await (await fetch(address)).text() }));
  place.append(node("p", { className: "notice", text: say("case.on_record") }));
}
byId("look-close").addEventListener("click", () => byId("look").close());
byId("look").addEventListener("close", () => byId("look-at").replaceChildren());

// -- what can be done ------------------------------------------------------------------

function drawActs(one) {
  const focused = document.activeElement?.dataset?.action;
  byId("acts").replaceChildren(
    ...one.may.filter((action) => action !== "answer").map((action) => {
      const button = node("button", { type: "button", className: `button${action === "take_up" ? " primary" : ""}`, "data-action": action, text: nameOf(action) });
      button.addEventListener("click", () => (STRAIGHT.has(action) ? act(action) : sure(action)));
      return button;
    }),
    ...(one.may.length ? [] : [node("p", { className: "quiet", text: say("case.none_now") })]),
  );
  answer.hidden = !one.may.includes("answer");
  for (const id of ["note", "add-file"]) byId(id).hidden = !one.open;
  byId("department").value = one.department;
  if (focused) byId("acts").querySelector(`[data-action="${focused}"]`)?.focus();
}

function drawAnswers(one) {
  const choose = answer.elements.template;
  const signature = JSON.stringify(one.answers.map(({ name, lang }) => [name, lang]));
  if (choose.dataset.signature === signature) return; // what is being chosen stays
  choose.dataset.signature = signature;
  choose.replaceChildren(
    node("option", { value: "", text: say("answer.own") }),
    ...one.answers.map(({ title, lang }, at) => node("option", { value: String(at), text: `${title} · ${say(`lang.${lang}`)}` })),
  );
}
answer.elements.template.addEventListener("change", (event) => {
  const chosen = shown.answers[event.target.value];
  if (!chosen) return;
  const words = answer.elements.words;
  words.value = chosen.text;
  words.focus();
  const blank = chosen.text.indexOf("____");
  if (blank >= 0) words.setSelectionRange(blank, blank + 4);
});
answer.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = shown.answers[answer.elements.template.value];
  if (await act("answer", { words: answer.elements.words.value, lang: chosen?.lang })) answer.reset();
});

async function sure(action, words = "", done = null) {
  byId("sure-title").textContent = words || nameOf(action);
  byId("sure-yes").textContent = nameOf(action);
  const dialog = byId("sure");
  const { why, words: told, due } = dialog.querySelector("form").elements;
  why.parentElement.hidden = done !== null;
  told.parentElement.hidden = done !== null || !DECISIONS.has(action);
  due.parentElement.hidden = done !== null || action !== "return";
  why.value = told.value = due.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    if (done) done();
    else act(action, { why: why.value, words: told.value, due: due.value });
  };
}

const act = (action, more = {}) => doing(() => post(`${base}/act`, { action, once: String(Date.now()), ...more }), nameOf(action));

// Does something, says how it went, and shows what it made of the page.
async function doing(wish, words = "") {
  byId("refused").hidden = byId("done").hidden = true;
  try {
    await wish();
    byId("done").textContent = `✓ ${words || say("case.done")}`;
    byId("done").hidden = false;
    await load();
    return true;
  } catch (error) {
    refuse(error, say("case.failed"));
    return false;
  }
}

function refuse(error, otherwise) {
  byId("refused").textContent = error.status && error.message !== String(error.status) ? error.message : otherwise;
  byId("refused").hidden = false;
  byId("refused").scrollIntoView({ block: "nearest" });
}

byId("note").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  if (await doing(() => post(`${base}/note`, { text: text.value }), say("time.note"))) event.target.reset();
});
byId("add-file").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await doing(() => send(`${base}/evidence`, new FormData(event.target)), say("time.evidence"))) event.target.reset();
});
byId("department").addEventListener("change", (event) => doing(() => post(`${base}/department`, { department: event.target.value }), say("time.assigned")));

// -- tasks ----------------------------------------------------------------------------

function drawTasks(tasks) {
  byId("tasks").replaceChildren(
    ...tasks.map((one) => {
      const item = node("li", { "data-done": String(one.done_at !== null) }, node("b", { text: labelOf(one.department) }), " ", node("span", { text: one.text }));
      if (one.done_at !== null) {
        item.append(node("small", { className: "quiet", text: `✓ ${say("task.done")} · ${one.done_by} · ${moment(one.done_at)}` }));
        return item;
      }
      const done = node("button", { type: "button", className: "button", text: say("task.done"), "aria-label": `${say("task.done")}: ${one.text}` });
      done.addEventListener("click", () => doing(() => post(`/cases/tasks/${one.id}/done`), say("time.task_done")));
      item.append(node("small", { className: "due", "data-is": one.left.is, text: `${dayOf(one.due)} · ${deadline(one.left)}` }), done);
      return item;
    }),
    ...(tasks.length ? [] : [node("li", { className: "quiet", text: say("task.none") })]),
  );
}
byId("task").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { department, text, due } = event.target.elements;
  const wish = () => post(`${base}/tasks`, { department: department.value, text: text.value, due: due.value });
  if (await doing(wish, say("time.task"))) event.target.reset();
});

// -- other complaints ------------------------------------------------------------------

function drawOthers(one) {
  byId("alike-part").hidden = one.alike.length === 0;
  byId("alike").replaceChildren(
    ...one.alike.map((other) => {
      const why = other.reasons.map((reason) => say(`join.${reason}`)).join(" · ");
      const join = node("button", { type: "button", className: "button", text: say("case.join"), "aria-label": `${say("case.join")} ${other.number}` });
      join.addEventListener("click", () =>
        sure("join", filled("case.join_sure", { number, into: other.number }), () => doing(() => post(`${base}/join`, { into: other.number }), say("time.joined"))),
      );
      return node("li", {}, link(other.number), node("small", { className: "quiet", text: ` ${say(`channel.${other.channel}`)} · ${why}` }), join);
    }),
  );
  byId("earlier-part").hidden = one.earlier.length === 0;
  byId("earlier").replaceChildren(
    ...one.earlier.map((other) => {
      const title = other.number ? link(other.number) : node("a", { href: `/desk?call=${encodeURIComponent(other.call)}`, text: say("draft") });
      return node("li", {}, title, node("small", { className: "quiet", text: ` ${say(`case.${other.state}`)}${other.category ? ` · ${say(`value.${other.category}`)}` : ""} · ${moment(other.at)}` }));
    }),
  );
}

// -- keys, and what changes meanwhile -----------------------------------------------------

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog[open]")) return;
  const place = { n: byId("note").elements.text, a: answer.elements.words }[event.key];
  if (!place || place.closest("[hidden]")) return;
  place.focus();
  event.preventDefault();
});
byId("quiet").addEventListener("change", (event) => byId("timeline").classList.toggle("with-quiet", event.target.checked));

const again = settled(() => load().catch((error) => refuse(error, say("case.failed"))));
load().catch((error) => refuse(error, say("case.failed")));
follow(document.body.dataset.after, (changed) => changed === number && again(), () => location.reload());

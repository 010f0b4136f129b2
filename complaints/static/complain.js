// The form with a script: what is written is kept at once, files go up one by one, and the words suggest the kind.
// Without it the same is done by the buttons.

import { byId, node } from "/static/dom.js";
import { say } from "/static/words.js";
import { post } from "/static/wire.js";

const form = byId("complaint");
const FIELDS = ["what", "category", "phone", "name", "amount", "occurred", "location"];
const PAUSE_MS = 800;

// One after the other: two first requests at once would begin two drafts, and what went to one of them would be lost.
let last = Promise.resolve();
let running = 0;

function inTurn(act) {
  running += 1;
  return (last = last.then(act, act).finally(() => (running -= 1)));
}

// -- what is written is kept ----------------------------------------------------------------

let waiting = 0;

form.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  clearTimeout(waiting);
  waiting = setTimeout(() => inTurn(keep), PAUSE_MS);
});

async function keep() {
  const typed = { resolution: [...form.querySelectorAll("[name=resolution]:checked")].map((box) => box.value) };
  for (const name of FIELDS) typed[name] = form.elements[name].value;
  try {
    const { said } = await post(form.dataset.draft, typed);
    byId("saved").textContent = say("complain.saved");
    suggest(said);
  } catch {
    byId("saved").textContent = say("complain.not_saved");
  }
}

function suggest(said) {
  const option = [...form.elements.category.options].find((one) => one.value && one.value === said.category);
  const line = byId("said-category");
  line.hidden = !option || form.elements.category.value !== "";
  if (option) line.querySelector("b").textContent = option.textContent;
}

form.elements.category.addEventListener("change", () => (byId("said-category").hidden = true));
byId("save").hidden = true;

// -- files ------------------------------------------------------------------------------------

const chooser = byId("evidence");
const refused = byId("evidence-refused");
byId("add").hidden = true;

chooser.addEventListener("change", async () => {
  refused.hidden = true;
  const files = [...chooser.files];
  for (const file of files) {
    if (file.size > Number(form.dataset.fileMb) * 1e6) tellRefusal(file, say("complain.too_large"));
    else await inTurn(() => upload(file));
  }
  chooser.value = "";
});

async function upload(file) {
  const waitingFor = node("li", { text: `${file.name} …` });
  byId("files").append(waitingFor);
  const body = new FormData();
  body.append("evidence", file);
  const headers = { Accept: "application/json", "X-CSRFToken": form.elements.csrf_token.value };
  try {
    const answer = await fetch(form.dataset.evidence, { method: "POST", headers, body });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(found.error ?? say("complain.not_saved"));
    waitingFor.replaceWith(listed(found));
  } catch (error) {
    waitingFor.remove();
    tellRefusal(file, error.message);
  }
}

function tellRefusal(file, why) {
  refused.textContent = `${file.name}: ${why}`;
  refused.hidden = false;
}

function listed(file) {
  const remove = say("complain.remove");
  return node(
    "li",
    { "data-file": file.id },
    node("span", { className: "file-name", text: file.name }),
    node("span", { className: "size", text: `${Math.ceil(file.size / 1000)} kB` }),
    node("button", { className: "button", name: "do", value: `remove-${file.id}`, text: remove, "aria-label": `${remove} ${file.name}`, formnovalidate: true }),
  );
}

// -- sent once ----------------------------------------------------------------------------------

form.addEventListener("submit", (event) => {
  clearTimeout(waiting);
  if (form.dataset.sent) event.preventDefault();
  else if (running) {
    // An answer that arrives later than that to the form would take the page's session back to what it was before.
    event.preventDefault();
    last.finally(() => form.requestSubmit(event.submitter));
  } else form.dataset.sent = "yes";
});
addEventListener("pageshow", () => delete form.dataset.sent);

// The hand of the agent in a field: an input that fits the kind of value, Enter saves, Escape leaves it as it was.

import { node } from "/static/dom.js";
import { say } from "/static/words.js";

const LIST = {
  evidence: ["sms", "bill", "screenshot", "call_record", "contract"],
  resolution: ["refund", "compensation", "restore_plan", "cancel", "repair", "apology", "explanation"],
};
const CATEGORIES = [
  "billing_anomaly", "wrong_charge", "plan_change", "misleading_tariff", "service_outage", "slow_network", "service_quality",
];
// A hidden number is written anew; it is not fetched to be corrected.
const HIDDEN = new Set(["phone", "id_number"]);
const KEYBOARD = { phone: "tel", amount: "decimal", complaint_number: "numeric" };

// save(value) -> Promise of why not, or ""; close() takes the editor away.
export function editor(field, held, { save, close }) {
  const id = `edit-${field}`;
  const control = field === "category" ? select(held?.value) : LIST[field] ? boxes(field, held?.value ?? []) : input(field, held?.value);
  if (control.tagName === "FIELDSET") control.append(node("legend", { className: "unseen", text: say(`field.${field}`) }));
  else control.setAttribute("aria-label", say(`field.${field}`));
  const refusal = node("p", { className: "refusal", role: "alert", id: `${id}-why`, hidden: true });
  const form = node(
    "form",
    { className: "editor", novalidate: true },
    control,
    refusal,
    node("span", { className: "editor-acts" }, node("button", { className: "button primary", text: say("edit.save") }), button(close)),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const why = await save(content(field, control));
    refusal.hidden = !why;
    refusal.textContent = why;
    if (!why) close();
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation(); // its letters are no commands of the desk
    if (event.key === "Escape") close();
  });
  queueMicrotask(() => (control.tagName === "FIELDSET" ? control.querySelector("input") : control).focus());
  return form;
}

function button(close) {
  const made = node("button", { type: "button", className: "button", text: say("edit.cancel") });
  made.addEventListener("click", close);
  return made;
}

function input(field, value) {
  const made = node("input", { type: "text", maxlength: 80, autocomplete: "off", inputmode: KEYBOARD[field] });
  made.value = HIDDEN.has(field) || value === null || value === undefined ? "" : String(value);
  if (field === "occurred") made.placeholder = say("edit.when");
  return made;
}

function select(value) {
  const options = CATEGORIES.map((name) => node("option", { value: name, text: say(`value.${name}`), selected: name === value }));
  return node("select", {}, ...options);
}

function boxes(field, chosen) {
  const rows = LIST[field].map((name) =>
    node("label", {}, node("input", { type: "checkbox", value: name, checked: chosen.includes(name) }), say(`value.${name}`)),
  );
  return node("fieldset", {}, ...rows);
}

function content(field, control) {
  if (!LIST[field]) return control.value;
  return [...control.querySelectorAll("input:checked")].map(({ value }) => value);
}

const REASONS = JSON.parse(document.body.dataset.reasons || "[]");

// Why a hidden value is looked at: one of the line's reasons or words of one's own. done(reason), "" for none.
export function reasons(field, done) {
  const words = node("input", { type: "text", maxlength: 80, required: true, autocomplete: "off" });
  words.setAttribute("aria-label", `${say("why")} ${say(`field.${field}`)}`);
  words.placeholder = say("why");
  const offered = REASONS.map((reason) => {
    const button = node("button", { type: "button", className: "button", text: reason });
    button.addEventListener("click", () => done(reason));
    return button;
  });
  const form = node("form", { className: "editor", "data-why": field }, ...offered, words, node("button", { className: "button", text: say("reveal") }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (words.value.trim()) done(words.value.trim());
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") done("");
  });
  queueMicrotask(() => (offered[0] ?? words).focus());
  return form;
}

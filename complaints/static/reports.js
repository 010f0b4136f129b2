// The figures of complaints as charts; a change of a filter shows them anew.

import { byId } from "/static/dom.js";
import { draw, figure } from "/static/figures.js";

const filters = byId("filters");
filters.addEventListener("change", ({ target }) => {
  if (target.matches("select") || target.value) filters.requestSubmit();
});
// What was chosen before this was loaded counts too.
const served = (field) => (field.matches("select") ? field.querySelector("[selected]")?.value ?? "" : field.defaultValue);
if ([...filters.querySelectorAll("select, input")].some((field) => field.value !== served(field))) filters.requestSubmit();

byId("charts").append(...JSON.parse(byId("drawn").textContent).map(figure));
draw();

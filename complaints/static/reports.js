// The figures of complaints as charts; a change of a filter shows them anew.

import { byId } from "/static/dom.js";
import { draw, figure } from "/static/figures.js";

byId("charts").append(...JSON.parse(byId("drawn").textContent).map(figure));
draw();
byId("filters").addEventListener("change", ({ target }) => {
  if (target.matches("select") || target.value) byId("filters").requestSubmit();
});

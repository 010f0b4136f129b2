// Somebody is at the screen: told at most once a minute, so that an unattended desk signs itself out.

import { post } from "./wire.js";

const EVERY_MS = 60_000;
let told = performance.now(); // loading the page counted

function here() {
  if (performance.now() - told < EVERY_MS) return;
  told = performance.now();
  post("/session/alive").catch(() => {});
}

for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
  addEventListener(kind, here, { passive: true });
}

// A language is changed, or somebody signs out, once.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}

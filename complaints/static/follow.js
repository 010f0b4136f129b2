// What happens to complaints while a page is open: the server says which complaint changed, the page asks what it shows.

import { byId } from "/static/dom.js";
import { toSignIn } from "/static/wire.js";
import { language, say } from "/static/words.js";

// changed(number, kind) is called for each change; again() when the log is another one.
export function follow(after, changed, again) {
  const source = new EventSource(`/cases/events?after=${after}`);
  const badge = byId("badge");
  const show = (state) => {
    badge.dataset.state = state;
    badge.textContent = say(state);
  };
  source.addEventListener("open", () => show("live"));
  source.addEventListener("error", () => {
    show("reconnecting");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
  });
  source.addEventListener("message", (message) => {
    const { number, kind } = JSON.parse(message.data);
    changed(number, kind);
  });
  source.addEventListener("reset", again);
  source.addEventListener("out", toSignIn);
}

// Calls at most once in a while, and always once more after the last wish.
export function settled(act, ms = 150) {
  let waiting = 0;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(act, ms);
  };
}

export function filled(key, values) {
  return say(key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function dayOf(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.toLocaleDateString(language() === "zh" ? "zh-CN" : "en-GB", { timeZone: "UTC", month: "short", day: "numeric" });
}

// A deadline in words; its colour never says more than they do.
export function deadline(due) {
  if (!due) return "";
  const { left } = due;
  if (left === 0) return say("due.today");
  if (left === 1) return say("due.one");
  if (left === -1) return say("due.late_one");
  return left > 0 ? filled("due.left", { n: left }) : filled("due.late", { n: -left });
}

// The story of a complaint: one line for each thing that happened, a call with what was said in it.

import { node } from "/static/dom.js";
import { clock, has, language, moment, say } from "/static/words.js";
import { filled } from "./follow.js";

const SIGNS = {
  call: "☎", filed: "✓", changed: "→", joined: "⤵", assigned: "⇢", clock: "◷", note: "✎", evidence: "▤", looked: "◉", asked: "◉", listened: "♪",
  task: "□", task_done: "☑", text: "✉", unsent: "✉", edited: "✎",
};
const QUIET = new Set(["looked", "listened", "asked"]);

export function who(name) {
  return has(`who.${name}`) ? say(`who.${name}`) : name;
}

// One sound at a time.
let playing = null;
function silence() {
  playing?.audio.pause();
  if (playing) playing.button.textContent = playing.button.dataset.words;
  playing = null;
}

function play(call, lines, button, note) {
  const running = playing?.button === button;
  silence();
  if (running) return;
  const [line, ...rest] = lines;
  if (!line) return;
  const audio = new Audio(`/desk/calls/${encodeURIComponent(call)}/audio?line=${line.id}`);
  playing = { audio, button };
  button.textContent = say("case.stop");
  audio.addEventListener("ended", () => {
    silence();
    play(call, rest, button, note);
  });
  const none = () => {
    if (playing?.audio !== audio) return;
    silence();
    if (rest.length) return play(call, rest, button, note); // some lines are words that were keyed
    note.textContent = say("no_recording");
  };
  audio.addEventListener("error", none);
  audio.play().catch(none);
}

function callOf(entry) {
  const { data, call } = entry;
  const told = [data.caller, data.seconds !== undefined && clock(data.seconds), ...data.agents].filter(Boolean).join(" · ");
  const parts = [node("p", { text: told })];
  if (data.summary) parts.push(node("p", { className: "quoted", text: data.summary }));
  if (data.lines.length) {
    const note = node("small", { className: "quiet", role: "status" });
    const all = node("button", { type: "button", className: "button", text: say("case.play_all"), "data-words": say("case.play_all") });
    all.addEventListener("click", () => play(call, data.lines, all, note));
    const lines = data.lines.map((line) => {
      const one = node("button", { type: "button", className: "line-play", text: "▶", "data-words": "▶", "aria-label": `${say("play")}: ${line.text}` });
      one.addEventListener("click", () => play(call, [line], one, note));
      return node("li", {}, one, node("b", { text: say(line.who) }), " ", line.text);
    });
    parts.push(
      node("details", {}, node("summary", { text: filled("case.lines", { n: data.lines.length }) }), node("p", { className: "row" }, ...(data.unrecorded ? [] : [all]), note), node("ol", { className: "call-lines" }, ...lines)),
    );
  }
  parts.push(node("p", {}, node("a", { href: `/desk?call=${encodeURIComponent(call)}`, text: say("case.transcript") })));
  return parts;
}

function value(content) {
  if (Array.isArray(content)) return content.map(value).join(language() === "zh" ? "、" : ", ");
  return typeof content === "string" && has(`value.${content}`) ? say(`value.${content}`) : String(content);
}

const tellers = {
  call: callOf,
  changed({ data }, shown) {
    const parts = [];
    if (data.action === "escalate") parts.push(node("p", { text: shown.ladder[data.level - 1] ?? "" }));
    if (data.due) parts.push(node("p", { text: filled("due.by", { day: data.due }) }));
    const told = data.words && (data.words[language()] || Object.values(data.words)[0]);
    if (told) parts.push(node("p", { className: "quoted" }, node("span", { className: "quiet", text: say("time.told") }), ` ${told}`));
    if (data.why) parts.push(node("p", {}, node("span", { className: "quiet", text: say("time.why") }), ` ${data.why}`));
    return parts;
  },
  clock: ({ data }) => [node("p", { text: data.due })],
  joined: ({ data }) => [node("p", {}, node("a", { href: `/cases/${data.other}`, text: data.other }))],
  assigned: ({ data }, _, labelOf) => [node("p", { text: data.department ? labelOf(data.department) : "—" })],
  note: ({ data }) => [node("p", { className: "quoted", text: data.text })],
  text: ({ data }) => [node("p", { className: "quoted", text: data.text })],
  evidence: ({ data }) => [node("p", { text: data.file?.name ?? "" })],
  looked: ({ data }) => [node("p", { text: [data.field ? say(`field.${data.field}`) : data.file?.name, data.why].filter(Boolean).join(" · ") })],
  asked: ({ data }) => [
    node("p", { text: say(`channel.${data.channel}`) }, ...(data.during ? [" · ", node("a", { href: `/desk?call=${encodeURIComponent(data.during)}`, text: say("case.transcript") })] : [])),
  ],
  task: ({ data }, _, labelOf) => [node("p", { text: `${labelOf(data.department)} · ${data.text} · ${data.due}` })],
  task_done: ({ data }, shown) => [node("p", { text: shown.tasks.find((one) => one.id === data.task)?.text ?? "" })],
  edited: ({ data }) => [
    node("p", { text: `${say(`field.${data.field}`)} ${say(`time.edited.${data.how}`)}${data.value !== undefined && data.value !== null ? `${language() === "zh" ? "：" : " "}${value(data.value)}` : ""}` }),
  ],
};

function title(entry) {
  if (entry.kind === "changed") {
    const { action, state } = entry.data;
    return say([`decision.${action}`, `act.${action}`].find(has) ?? `case.${state}`);
  }
  if (entry.kind === "clock") return say(`time.${entry.data.what}`);
  return say(`time.${entry.kind}`);
}

// Draws the entries; what was opened stays open.
export function drawTimeline(place, shown, labelOf) {
  const open = new Set([...place.querySelectorAll("details[open]")].map((one) => one.closest("li[data-id]").dataset.id));
  const drawn = new Map([...place.children].map((item) => [item.dataset.signature, item]));
  place.replaceChildren(
    ...shown.timeline.map((entry) => {
      const signature = JSON.stringify(entry);
      if (drawn.has(signature)) return drawn.get(signature); // a sound that plays goes on
      const head = node(
        "p",
        { className: "entry-head" },
        node("span", { className: "sign", "aria-hidden": "true", text: SIGNS[entry.kind] ?? "·" }),
        node("b", { text: title(entry) }),
        node("span", { className: "quiet", text: who(entry.by || entry.data.file?.by || "") }),
        node("time", { text: moment(entry.at) }),
      );
      const item = node("li", { "data-id": String(entry.id), "data-kind": entry.kind, className: QUIET.has(entry.kind) ? "is-quiet" : "" }, head, ...(tellers[entry.kind]?.(entry, shown, labelOf) ?? []));
      item.dataset.signature = signature;
      if (open.has(String(entry.id)) && item.querySelector("details")) item.querySelector("details").open = true;
      return item;
    }),
  );
}

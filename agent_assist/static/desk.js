// The desk: holds the calls, feeds them from the live stream, and draws what changed.

import { Agents } from "./agents.js";
import { Beside } from "./beside.js";
import { Keys } from "./keys.js";
import { Queues } from "./queues.js";
import { Work } from "./work.js";
import { WrapUp } from "./wrapup.js";
import { Call } from "./calls.js";
import { byId, node } from "/static/dom.js";
import { Feed } from "./feed.js";
import { Form } from "./form.js";
import { Side, step } from "./side.js";
import { Transcript } from "./transcript.js";
import { value } from "./values.js";
import { get, post, toSignIn } from "/static/wire.js";
import { clock, say } from "/static/words.js";

const ROOT = document.body.dataset.root.replace(/\/$/, "");
// Ended calls that were not dismissed come back after a reload: their ids are kept, nothing of theirs.
const KEPT = "desk.kept";

// What comes after a call does not bring it back to the strip.
// Complaints by other channels come in one piece and are no calls in progress.
const WRITTEN = /^(?:web|app|social|counter|import|evidence)-/;
const LATE = new Set(["call_ended", "complaint_filed", "draft_saved", "wrapped_up", "disposition", "callback_closed"]);
// What changes an agent's state.
const AGENTS = new Set([
  "agent_rung", "agent_missed", "agent_answered", "wrapped_up", "called_back", "call_ended",
  "queued", "held", "retrieved", "transferred", "returned", "consulted", "callback_closed",
]);

// What changes what lies beside a call.
const BESIDE = new Set(["utterance", "field_heard", "field_edited", "field_rejected", "complaint_filed"]);

const calls = new Map();
const dismissed = new Set();
const fetching = new Map(); // call id -> events that came while the call was being fetched
let chosenCall = null;
let chosenByHand = false; // then a new call does not push it away
let chosenField = null;
let cases = { drafts: [], filed: [] };
let connection = "connecting";
let lag = 0; // the server's clock minus ours, seconds
let drawing = false;

const side = new Side({ choose, dismiss, open: openCase });
const form = new Form({ pick, reveal, change }, JSON.parse(document.body.dataset.hints));
const beside = new Beside(ROOT, openCase);
const transcript = new Transcript(pick, play);
const feed = new Feed(`${ROOT}/events`, {
  event: take,
  partial: hear,
  beat: (beat) => {
    setClock(beat.now);
    if (staffed) agents.load();
  },
  state: connected,
  reset: begin,
  out: toSignIn,
});

const now = () => Date.now() / 1000 + lag;

const choices = JSON.parse(document.body.dataset.choices);
const staffed = Boolean(byId("work"));
const agents = staffed && new Agents(`${ROOT}/agents`, choices.breaks, { took, now });
const work = staffed && new Work(`${ROOT}/agents`, choices.skills, { took, now, load: () => agents.load(), call: () => chosenCall });
const queues = staffed && new Queues(now);
const wrapUp = staffed && new WrapUp((id) => `${ROOT}/calls/${encodeURIComponent(id)}/wrap-up`, choices.outcomes, { saved });
let inHand = ""; // the call that rings or that this agent has
let wrapped = ""; // the call whose wrap-up was opened by itself
let unsaved = []; // calls whose wrap-up was begun and not saved

// What the server says of agents, queues and one's own work.
function took(answer) {
  agents.take(answer);
  work.take(answer);
  queues.take(answer.queues);
  unsaved = answer.unsaved;
  const { me } = answer;
  const wrapping = me?.state === "wrap_up" && me.wrapping ? me.call : "";
  if (me?.call && me.call !== inHand && me.state !== "wrap_up") openCase(me.call);
  inHand = me?.call ?? "";
  if (wrapping && wrapping !== wrapped) wrapUp.show(wrapping);
  wrapped = wrapping;
  wrapUp.limit(wrapping ? me.until : null, now());
  drawWrapButton();
}

function saved() {
  wrapUp.close();
  work.note(say("wrap.saved"));
  agents.load();
}

// Own wrap-ups that were begun and not saved; else that of the call that is looked at.
function openWrapUp() {
  const id = wrapUp.open ? wrapUp.call : (unsaved[0] ?? chosenCall?.id);
  if (id) openCase(id).then(() => wrapUp.show(id, true));
}

function drawWrapButton() {
  const button = byId("wrap-open");
  const mine = chosenCall?.ended != null && chosenCall.agents.has(document.body.dataset.me);
  button.hidden = !unsaved.length && !mine;
  button.replaceChildren(
    unsaved.length ? `${say("wrap.unsaved")} ${unsaved.length} ` : `${say("do.wrap_up")} `,
    node("kbd", { text: "w", "aria-hidden": "true" }),
  );
}

// -- what happens -----------------------------------------------------------

function take(event) {
  if (event.kind === "complaint_filed" || event.kind === "draft_saved") loadCases();
  if (staffed && AGENTS.has(event.kind)) agents.load();
  if (dismissed.has(event.call)) return;
  fetching.get(event.call)?.push(event);
  let call = calls.get(event.call);
  if (!call) {
    if (fetching.has(event.call) || LATE.has(event.kind) || WRITTEN.test(event.call)) return;
    calls.set(event.call, (call = new Call(event.call)));
  }
  const field = call.take(event);
  if (call === chosenCall) {
    if (BESIDE.has(event.kind)) beside.soon();
    const line = call.lines.at(-1);
    if (line?.id === event.id) announce(`${say(line.who)}：${line.text}`);
    if (field) announce(`${say(`field.${field}`)}：${value(field, call.fields.get(field)?.value)}`);
    if (event.kind === "complaint_filed") announce(`${say("filed")} ${call.number}`);
  }
  if (event.kind === "call_ended") keep();
  const free = !chosenCall || (chosenCall.ended !== null && !chosenByHand);
  if (free && call.ended === null) show(call);
  draw();
}

function choose(callId) {
  show(calls.get(callId));
  chosenByHand = true;
  draw();
}

function show(call) {
  chosenCall = call ?? null;
  chosenByHand = false;
  chosenField = null;
  feed.watch(chosenCall?.id ?? "");
  beside.show(chosenCall?.id ?? "");
  drawCases();
}

// The call to look at when nobody chose one: a running one before an ended one.
function likeliest() {
  const all = [...calls.values()];
  return all.find((call) => call.ended === null) ?? all.at(-1);
}

function dismiss(callId) {
  calls.delete(callId);
  dismissed.add(callId);
  keep();
  if (chosenCall?.id === callId) show(likeliest());
  drawNow();
  (document.querySelector("#calls .card-main") ?? byId("scroller")).focus();
}

async function openCase(callId) {
  dismissed.delete(callId);
  if (!calls.has(callId)) await fetchCall(callId);
  if (calls.has(callId)) choose(callId);
  keep();
}

function pick(field) {
  chosenField = chosenField === field ? null : field;
  chosenByHand = true;
  draw();
  const source = chosenField && chosenCall?.fields.get(field)?.source;
  if (source?.utterance) {
    drawNow();
    transcript.reveal(source.utterance);
    play({ id: source.utterance }, source);
  }
}

// Lets the seconds of a line be heard, or those of a field's words in it; nothing happens where nothing was kept.
const player = new Audio();
function play(line, source = null) {
  const query = new URLSearchParams({ line: line.id });
  if (source?.span) {
    query.set("start", source.start);
    query.set("end", source.end);
  }
  player.src = `${ROOT}/calls/${encodeURIComponent(chosenCall.id)}/audio?${query}`;
  player.play().catch(() => announce(say("no_recording")));
}

async function reveal(call, field, why) {
  const answer = await post(`${ROOT}/calls/${encodeURIComponent(call.id)}/reveal`, { field, why }).catch(() => null);
  return answer?.value ?? null;
}

// Edits, confirms or rejects a field; what comes of it arrives by the stream. Returns why not, or "".
async function change(call, field, act, value) {
  try {
    await post(`${ROOT}/calls/${encodeURIComponent(call.id)}/fields/${field}`, { act, value });
    return "";
  } catch (error) {
    return error.message;
  }
}

function keep() {
  const ended = [...calls.values()].filter((call) => call.ended !== null).map((call) => call.id);
  localStorage.setItem(KEPT, JSON.stringify(ended));
}

// -- loading ----------------------------------------------------------------

function adopt({ id, events }) {
  const call = new Call(id);
  events.forEach((event) => call.take(event));
  calls.set(id, call);
}

async function fetchCall(id) {
  fetching.set(id, []);
  try {
    adopt(await get(`${ROOT}/calls/${encodeURIComponent(id)}`));
    fetching.get(id).forEach((event) => calls.get(id).take(event));
  } catch {
    // Not there any more (another database): nothing to show.
  } finally {
    fetching.delete(id);
  }
}

let casesAsked = 0;
async function loadCases() {
  const mine = ++casesAsked;
  try {
    const found = await get(ROOT + "/complaints");
    if (mine !== casesAsked) return;
    cases = found;
    drawCases();
  } catch {
    // The connection badge tells; the list is asked for again when the stream is back.
  }
}

// The state as it is now; the stream goes on from there, so nothing is between them and nothing twice.
async function begin() {
  connected("connecting");
  try {
    const state = await get(ROOT + "/calls");
    const before = chosenCall?.id;
    calls.clear();
    setClock(state.now);
    state.calls.forEach(adopt);
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]").filter((id) => !calls.has(id));
    await Promise.all(kept.map(fetchCall));
    feed.restart(state.after);
    const wanted = before ?? new URLSearchParams(location.search).get("call"); // a supervisor who reads along
    if (wanted && !calls.has(wanted)) await fetchCall(wanted);
    show(calls.get(wanted) ?? likeliest());
    if (chosenCall && chosenCall.id === wanted) chosenByHand = true;
  } catch {
    connected("reconnecting");
    setTimeout(begin, 2000);
  }
  loadCases();
  if (staffed) agents.load();
  draw();
}

function setClock(serverNow) {
  lag = serverNow - Date.now() / 1000;
}

function hear(data) {
  const call = calls.get(data.call);
  call?.hear(data, performance.now());
  if (call && call === chosenCall) draw();
}

// -- drawing ----------------------------------------------------------------

function draw() {
  if (drawing) return;
  drawing = true;
  // Many events in one go (a reconnection) are drawn once.
  setTimeout(drawNow, 0);
}

function drawNow() {
  drawing = false;
  side.drawCalls(calls.values(), chosenCall?.id, now());
  form.draw(chosenCall, chosenField);
  transcript.draw(chosenCall, chosenField);
  drawSummary();
  drawCounts();
  if (staffed) {
    work.draw();
    drawWrapButton();
  }
}

function drawSummary() {
  const place = byId("summary");
  place.hidden = !chosenCall;
  if (!chosenCall) return place.replaceChildren();
  const { caller, lang, intent, state, agent, held, passed } = chosenCall;
  const parts = [
    node("strong", { className: "tel", text: caller || "—" }),
    node("span", { className: "running", id: "running" }),
    lang && node("span", { text: say(`lang.${lang}`) }),
    intent && node("span", { text: say(`intent.${intent}`) }),
    agent && node("span", { text: `${say("agent")} ${agent}` }),
    node("span", { className: "now", text: held ? say("place.hold") : (state !== "ended" && step(chosenCall)) || say(state) }),
    passed && node("p", { className: "passed", text: passage(passed) }),
  ];
  place.replaceChildren(...parts.filter(Boolean));
  tick();
}

// Why the caller comes from another agent, for whoever has the call now.
function passage({ agent, note }) {
  if (note === null) return `${say("returned_by")}（${agent}）`;
  return `${say("passed_by")} ${agent}${note ? `：${note}` : ""}`;
}

function drawCounts() {
  const running = [...calls.values()].filter((call) => call.ended === null).length;
  byId("counts").textContent = `${say("in_progress")} ${running}`;
}

function drawCases() {
  side.drawCases(cases, chosenCall?.id);
}

function connected(state) {
  if (state === "live" && connection === "reconnecting") loadCases();
  connection = state;
  const badge = byId("badge");
  badge.dataset.state = state;
  badge.textContent = say(state);
}

// For screen readers: what is said and filled in the chosen call. The transcript itself is not
// a live region, since marking words in it would have whole lines read again.
function announce(text) {
  const item = node("p", { text });
  byId("news").append(item);
  setTimeout(() => item.remove(), 5000);
}

function tick() {
  if (staffed) {
    agents.tick();
    work.tick();
    queues.tick();
    wrapUp.tick(now());
  }
  side.tick(calls.values(), now());
  const running = byId("running");
  if (running && chosenCall) running.textContent = clock((chosenCall.ended ?? now()) - chosenCall.started);
  if (chosenCall?.settle(performance.now())) draw();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosenField) pick(chosenField);
  const typing = event.target.closest?.("input, textarea, select");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    byId("query").focus();
  }
});

if (staffed) {
  byId("wrap-open").addEventListener("click", openWrapUp);
  byId("queues").addEventListener("toggle", () => queues.tick());
  const act = (key, words) => ({ key, words, run: () => work.pressed(key) });
  new Keys([
    { key: "a", words: "agent.available", run: () => agents.choose("available") },
    { key: "p", words: "agent.break", run: () => agents.ask() },
    act("h", "keys.hold"),
    act("t", "do.transfer"),
    act("c", "do.consult"),
    act("j", "do.join"),
    act("o", "do.hand_over"),
    act("b", "do.call_back"),
    act("H", "do.hang_up"),
    { key: "w", words: "do.wrap_up", run: openWrapUp },
    { key: "q", words: "queues", run: () => queues.toggle() },
    { key: "l", words: "keys.calls", run: () => document.querySelector("#calls .card-main, #cases .case-main")?.focus() },
    { key: "f", words: "keys.form", run: () => document.querySelector("#fields .field-main")?.focus() },
  ]);
}

draw();
setInterval(tick, 1000);
begin();

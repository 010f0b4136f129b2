// The desk: holds the calls, feeds them from the live stream, and draws what changed.

import { Agents } from "./agents.js";
import { Beside } from "./beside.js";
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
const LATE = new Set(["call_ended", "complaint_filed", "draft_saved", "wrapped_up", "callback_closed"]);
// What changes an agent's state.
const AGENTS = new Set(["agent_rung", "agent_missed", "agent_answered", "wrapped_up", "called_back", "call_ended"]);

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
    agents?.load();
  },
  state: connected,
  reset: begin,
  out: toSignIn,
});

const now = () => Date.now() / 1000 + lag;
const agents = byId("agent") ? new Agents(`${ROOT}/agents`, document.body.dataset.me, now) : null;

// -- what happens -----------------------------------------------------------

function take(event) {
  if (event.kind === "complaint_filed" || event.kind === "draft_saved") loadCases();
  if (AGENTS.has(event.kind)) agents?.load();
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
  agents?.load();
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
}

function drawSummary() {
  const place = byId("summary");
  place.hidden = !chosenCall;
  if (!chosenCall) return place.replaceChildren();
  const { caller, lang, intent, state, agent } = chosenCall;
  const parts = [
    node("strong", { className: "tel", text: caller || "—" }),
    node("span", { className: "running", id: "running" }),
    lang && node("span", { text: say(`lang.${lang}`) }),
    intent && node("span", { text: say(`intent.${intent}`) }),
    agent && node("span", { text: `${say("agent")} ${agent}` }),
    node("span", { className: "now", text: (state !== "ended" && step(chosenCall)) || say(state) }),
  ];
  place.replaceChildren(...parts.filter(Boolean));
  tick();
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
  agents?.tick();
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

draw();
setInterval(tick, 1000);
begin();

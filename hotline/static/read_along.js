// A call that a supervisor reads along: the desk's own transcript, and the form as it fills; nothing can be changed here.

import { Call, FIELDS } from "/desk/static/calls.js";
import { Feed } from "/desk/static/feed.js";
import { Transcript } from "/desk/static/transcript.js";
import { STATE_SIGNS, value } from "/desk/static/values.js";
import { byId, node } from "./dom.js";
import { get, toSignIn } from "./wire.js";
import { clock, say } from "./words.js";

const ID = document.body.dataset.call;
const PATH = `/desk/calls/${encodeURIComponent(ID)}`;

let call = null;
let chosen = null;
let lag = 0; // the server's clock minus ours, seconds

const transcript = new Transcript(pick, play);
const feed = new Feed("/desk/events", {
  event: (event) => {
    if (event.call !== ID || !call) return;
    call.take(event);
    draw();
  },
  partial: (data) => {
    if (data.call !== ID) return;
    call?.hear(data, performance.now());
    draw();
  },
  beat: () => {},
  state: connected,
  reset: begin,
  out: toSignIn,
});

async function begin() {
  connected("connecting");
  try {
    const found = await get(PATH);
    lag = found.now - Date.now() / 1000;
    call = new Call(ID);
    found.events.forEach((event) => call.take(event));
    feed.restart(found.after);
    feed.watch(ID);
  } catch (error) {
    if (error.status === 404) {
      byId("no-call").hidden = false;
      return;
    }
    connected("reconnecting");
    setTimeout(begin, 2000);
  }
  draw();
}

function pick(field) {
  chosen = chosen === field ? null : field;
  draw();
}

const player = new Audio();
function play(line) {
  player.src = `${PATH}/audio?line=${line.id}`;
  player.play().catch(() => {}); // nothing was kept of it
}

function draw() {
  if (!call) return;
  transcript.draw(call, chosen);
  drawFields();
  tick();
}

function drawFields() {
  byId("story").textContent = call.description;
  const held = FIELDS.filter((field) => (call.fields.get(field)?.value ?? null) !== null);
  byId("fields").replaceChildren(
    ...held.flatMap((field) => {
      const { state, value: content } = call.fields.get(field);
      return [
        node("dt", { text: say(`field.${field}`) }),
        node("dd", {}, node("strong", { text: value(field, content) }), ` ${STATE_SIGNS[state] ?? ""} ${say(state)}`),
      ];
    }),
  );
}

function tick() {
  if (!call) return;
  if (call.settle(performance.now())) transcript.draw(call, chosen);
  const parts = [call.caller || "—", clock((call.ended ?? Date.now() / 1000 + lag) - call.started), say(call.state)];
  if (call.lang) parts.push(say(`lang.${call.lang}`));
  if (call.agent) parts.push(`${say("agent")} ${call.agent}`);
  if (call.number) parts.push(`${say("filed")} ${call.number}`);
  byId("summary").replaceChildren(...parts.map((text, at) => node(at ? "span" : "strong", { text })));
}

function connected(state) {
  byId("badge").dataset.state = state;
  byId("badge").textContent = say(state);
}

setInterval(tick, 1000);
begin();

// The browser phone: keys, microphone and voice of one page, over one WebSocket to the carrier.

import { Sound } from "./sound.js";
import { Voice } from "./voice.js";

const page = document.body;
const $ = (id) => document.getElementById(id);
const log = $("log");
const keys = [...document.querySelectorAll("#keypad button")];
const STATES = {
  connecting: ["正在连接运营商", "Connecting to the carrier"],
  idle: ["未通话", "No call"],
  ringing: ["正在呼叫", "Calling"],
  rung: ["来电", "Incoming call"],
  talking: ["通话中", "In a call"],
  queued: ["排队中", "Waiting in the queue"],
  joined: ["已接通", "Connected to the other side"],
  lost: ["与运营商的连接断开，正在重连", "Connection to the carrier lost; trying again"],
};
const WHO = { line: ["热线", "Line"], me: ["我", "Me"], sms: ["短信", "SMS"], trouble: ["故障", "Trouble"], call: ["通话", "Call"] };
const ENDINGS = { completed: ["通话结束", "Call ended"], busy: ["占线", "Busy"], "no-answer": ["无人接听", "No answer"] };
const AGAIN_MS = 2000;

let socket;
let since = 0;
let state = "connecting";
const voice = new Voice({
  spoken: (number) => send({ kind: "spoken", number }),
  available: (has) => send({ kind: "voice", has }),
});
const sound = new Sound(page.dataset.worklet, (samples) => {
  if (socket.readyState === WebSocket.OPEN && inCall()) socket.send(samples);
});

function inCall() {
  return ["ringing", "talking", "queued", "joined"].includes(state);
}

function both(element, [chinese, english], after = "") {
  const translation = document.createElement("span");
  translation.lang = "en";
  translation.textContent = english;
  element.replaceChildren(`${chinese} `, translation, after ? ` ${after}` : "");
}

function show(next) {
  if (next === "talking" && !since) since = Date.now();
  if (!["talking", "queued", "joined"].includes(next)) since = 0;
  state = next;
  page.dataset.state = next;
  tick();
  $("dial").disabled = !["idle", "rung"].includes(next);
  both($("dial"), next === "rung" ? ["接听", "Answer"] : ["拨打", "Dial"]);
  $("hang-up").disabled = !inCall() && next !== "rung";
  $("number").disabled = inCall();
  keys.forEach((key) => (key.disabled = !inCall()));
}

function tick() {
  const seconds = since ? Math.floor((Date.now() - since) / 1000) : 0;
  const clock = since ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "";
  both($("state"), STATES[state], clock);
}

function write(who, text, lang) {
  const row = document.createElement("li");
  const speaker = document.createElement("span");
  const words = document.createElement("span");
  speaker.className = "who";
  both(speaker, WHO[who]);
  words.className = { me: "mine", trouble: "trouble" }[who] || "";
  if (lang) words.lang = lang;
  words.textContent = text;
  row.append(speaker, words);
  log.append(row);
  row.scrollIntoView({ block: "nearest" });
}

function send(message) {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

const happenings = {
  number: ({ number }) => (page.dataset.number = number), // from now on it can be called
  placed: () => show("ringing"),
  rung: () => show("rung"),
  status: ({ status }) => status === "in-progress" && show("talking"),
  say: ({ text, lang, number }) => {
    write("line", text, lang);
    voice.say(text, lang, number);
  },
  quiet: () => voice.stop(),
  queue: () => show("queued"),
  left_queue: () => inCall() && show("talking"),
  joined: () => show("joined"),
  parted: () => inCall() && show("talking"),
  sms: ({ body }) => write("sms", body),
  error: ({ text }) => write("trouble", text),
  ended: ({ status }) => {
    voice.stop();
    sound.stop();
    const [chinese, english] = ENDINGS[status] || ["呼叫失败", "Call failed"];
    write("call", `${chinese} ${english}`);
    show("idle");
    $("dial").focus();
  },
};

function connect() {
  const secure = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${secure}//${location.host}${page.dataset.socket}`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    show("idle");
    introduce();
    voice.announce();
  };
  socket.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) return sound.hear(data);
    const happening = JSON.parse(data);
    happenings[happening.kind]?.(happening);
  };
  socket.onclose = () => {
    voice.stop();
    sound.stop();
    show("lost");
    setTimeout(connect, AGAIN_MS);
  };
}

function introduce() {
  const number = $("number").value.trim();
  localStorage.setItem("number", number);
  send({ kind: "number", number });
}

async function dial() {
  const answering = state === "rung";
  $("dial").disabled = true;
  both($("microphone"), await sound.start());
  $("state").focus({ preventScroll: true });
  send({ kind: answering ? "answer" : "dial" });
}

function press(key) {
  const button = keys.find((one) => one.dataset.key === key);
  if (!button || button.disabled) return;
  button.classList.add("down");
  setTimeout(() => button.classList.remove("down"), 150);
  voice.stop();
  write("me", key);
  send({ kind: "key", key });
}

$("text").onsubmit = (event) => {
  event.preventDefault();
  const body = $("words").value.trim();
  if (!body) return;
  write("me", body);
  send({ kind: "text", body });
  $("words").value = "";
};
$("dial").onclick = dial;
$("hang-up").onclick = () => send({ kind: "hang_up" });
$("number").onchange = introduce;
$("aloud").onchange = ({ target }) => voice.turn(target.checked);
$("keypad").onclick = ({ target }) => target.dataset.key && press(target.dataset.key);
document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("input:not([type=checkbox])");
  if (!writing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat) press(event.key);
});
setInterval(() => since && tick(), 1000);

$("number").value = new URLSearchParams(location.search).get("number") || localStorage.getItem("number") || "+8613700001111";
show("connecting");
connect();

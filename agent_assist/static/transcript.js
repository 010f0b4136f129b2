// The chosen call's conversation: lines as they come, the words that fields came from marked.

import { byId, node } from "/static/dom.js";
import { clock, say } from "/static/words.js";

export class Transcript {
  // pick(field) is called when marked words are clicked.
  // play(line) lets the caller's words be heard.
  constructor(pick, play) {
    this.pick = pick;
    this.play = play;
    this.list = byId("lines");
    this.partials = byId("partials");
    this.scroller = byId("scroller");
    this.newest = byId("newest");
    this.call = null;
    this.drawn = new Map(); // line id -> {element, signature}
    this.spoken = new Map(); // who -> element
    this.newest.addEventListener("click", () => this.toEnd());
    this.following = true; // the newest line stays in view until somebody scrolls up
    this.scroller.addEventListener("scroll", () => {
      this.following = this.atEnd();
      if (this.following) this.newest.hidden = true;
    });
    new ResizeObserver(() => this.following && this.toEnd()).observe(this.scroller);
  }

  atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 48;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.newest.hidden = true;
    this.following = true;
  }

  // Draws what changed. `field` is the field whose source is to stand out.
  draw(call, field) {
    const fresh = call !== this.call;
    if (fresh) {
      this.call = call;
      this.drawn.clear();
      this.list.replaceChildren();
      this.spoken.clear();
      this.partials.replaceChildren();
    }
    const follow = fresh || this.following;
    byId("no-call").hidden = call !== null;
    let added = 0;
    for (const line of call?.lines ?? []) added += this.drawLine(line, field);
    this.drawPartials();
    if (follow) this.toEnd();
    else if (added) this.newest.hidden = false;
  }

  drawLine(line, field) {
    const sources = this.call.sources(line.id);
    const signature = JSON.stringify([sources, sources.some((source) => source.field === field) && field]);
    const known = this.drawn.get(line.id);
    if (known?.signature === signature) return 0;
    const words = this.words(line, sources, field);
    if (known) {
      known.signature = signature;
      known.element.querySelector(".words").replaceChildren(...words.childNodes);
      known.element.classList.toggle("is-source", wholeLine(sources, field));
      return 0;
    }
    const element = this.row(line.who, clock(line.at - this.call.started), words);
    element.dataset.line = line.id;
    if (line.who === "caller") {
      const time = element.querySelector(".time");
      const button = node("button", { type: "button", className: "time", text: `▸ ${time.textContent}`, title: say("play") });
      button.setAttribute("aria-label", `${say("play")} ${time.textContent}`);
      button.addEventListener("click", () => this.play(line));
      time.replaceWith(button);
    }
    element.classList.toggle("is-source", wholeLine(sources, field));
    this.list.append(element);
    this.drawn.set(line.id, { element, signature });
    return 1;
  }

  row(who, time, words) {
    const speaker = node("span", { className: "who" });
    speaker.textContent = say(who);
    return node("li", { className: `turn ${who}` }, node("span", { className: "time", text: time }), speaker, words);
  }

  words(line, sources, field) {
    const spoken = line.who === "caller" || line.who === "agent" || line.who === "line";
    const words = node("span", { className: "words", lang: spoken ? htmlLang(this.call.lang) : null });
    let from = 0;
    for (const source of sources) {
      const [start, end] = source.span ?? [0, 0];
      if (end <= start || start < from) continue; // the whole line, or inside another field's words
      words.append(line.text.slice(from, start));
      const mark = node("mark", { text: line.text.slice(start, end), title: say(`field.${source.field}`) });
      mark.dataset.field = source.field;
      mark.classList.toggle("chosen", sources.some((other) => other.field === field && inside(other.span, source.span)));
      mark.addEventListener("click", () => this.pick(source.field));
      words.append(mark);
      from = end;
    }
    words.append(line.text.slice(from));
    return words;
  }

  drawPartials() {
    const now = this.call?.partials ?? new Map();
    for (const [who, element] of this.spoken) {
      if (now.has(who)) continue;
      element.remove();
      this.spoken.delete(who);
    }
    for (const [who, { text }] of now) {
      let element = this.spoken.get(who);
      if (!element) {
        element = this.row(who, "", node("span", { className: "words", lang: htmlLang(this.call.lang) }));
        element.title = say("speaking");
        this.spoken.set(who, element);
        this.partials.append(element);
      }
      element.querySelector(".words").textContent = text + " …";
    }
  }

  // Shows the line that a field came from.
  reveal(lineId) {
    const known = this.drawn.get(lineId);
    if (!known) return;
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    known.element.scrollIntoView({ block: "nearest", behavior: smooth ? "smooth" : "auto" });
  }
}

function wholeLine(sources, field) {
  return sources.some((source) => source.field === field && !source.span);
}

function inside(span, other) {
  return span && other && span[0] < other[1] && other[0] < span[1];
}

function htmlLang(lang) {
  return lang === "zh" ? "zh-CN" : lang || null;
}

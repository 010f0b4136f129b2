// Beside the call: the rule with its deadline, earlier complaints, articles for what is being said.

import { byId, node } from "/static/dom.js";
import { get } from "/static/wire.js";
import { moment, say } from "/static/words.js";
import { value } from "./values.js";

const AFTER_MS = 400; // several events of one utterance ask once
const TAGS = new Set(["p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "hr", "br", "s", "span"]);

export class Beside {
  // open(callId) shows an earlier complaint's call
  constructor(root, open) {
    this.root = root;
    this.open = open;
    this.call = "";
    this.timer = 0;
    this.asked = 0;
    byId("search").addEventListener("submit", (event) => {
      event.preventDefault();
      this.search(byId("query").value);
    });
    byId("article-close").addEventListener("click", () => this.close());
    byId("article").addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  show(callId) {
    if (callId === this.call) return;
    this.call = callId;
    this.draw({ articles: [], rule: null, due: null, earlier: [] });
    this.soon();
  }

  // Something of the shown call changed.
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), AFTER_MS);
  }

  async load() {
    const { call } = this;
    const mine = ++this.asked;
    if (!call) return;
    const found = await get(`${this.root}/calls/${encodeURIComponent(call)}/beside`).catch(() => null);
    if (found && mine === this.asked && call === this.call) this.draw(found);
  }

  draw({ articles, rule, due, earlier }) {
    const told = [];
    if (due) told.push(`${say("beside.due")} ${due}`);
    if (rule) {
      const limit = say("beside.appeal").replace("{months}", rule.months);
      const until = rule.until ? ` · ${say(rule.late ? "beside.late" : "beside.until")} ${rule.until}` : "";
      told.push(limit + until);
    }
    byId("rule").hidden = told.length === 0;
    byId("rule").replaceChildren(...told.map((text) => node("p", { text })));
    byId("rule").dataset.late = String(rule?.late ?? false);
    byId("earlier").replaceChildren(...earlier.map((one) => this.earlier(one)));
    byId("no-earlier").hidden = earlier.length > 0;
    this.list(articles);
  }

  earlier(one) {
    const text = `${one.number ?? say("draft")} · ${value("category", one.category)} · ${say(`case.${one.state}`)} · ${moment(one.at)}`;
    const button = node("button", { type: "button", className: "link", text });
    button.addEventListener("click", () => this.open(one.call));
    const page = one.number ? [" ", node("a", { href: `/cases/${one.number}`, target: "_blank", text: "↗", "aria-label": `${say("page.cases.page")} ${one.number}` })] : [];
    return node("li", {}, button, ...page);
  }

  list(articles) {
    byId("articles").replaceChildren(
      ...articles.map(({ name, title }) => {
        const button = node("button", { type: "button", className: "link", text: title });
        button.addEventListener("click", () => this.read(name, button));
        return node("li", {}, button);
      }),
    );
  }

  async search(query) {
    const found = await get(`${this.root}/articles?${new URLSearchParams({ q: query })}`).catch(() => null);
    if (found) this.list(found.articles);
  }

  async read(name, from) {
    const found = await get(`${this.root}/articles/${encodeURIComponent(name)}`).catch(() => null);
    if (!found) return;
    this.from = from;
    byId("article-title").textContent = found.title;
    byId("article-text").lang = found.lang === "zh" ? "zh-CN" : "en";
    byId("article-text").replaceChildren(...found.nodes.map(built));
    byId("article").hidden = false;
    byId("article").focus();
  }

  close() {
    byId("article").hidden = true;
    this.from?.focus();
  }
}

// [tag, child…] or text; other tags than those of an article are text.
function built(one) {
  if (typeof one === "string") return document.createTextNode(one);
  const [tag, ...children] = one;
  return node(TAGS.has(tag) ? tag : "span", {}, ...children.map(built));
}

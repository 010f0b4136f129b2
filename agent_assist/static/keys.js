// The keyboard of the desk: one letter each, listed by "?"; letters typed into a field stay letters.

import { byId, node } from "/static/dom.js";
import { say } from "/static/words.js";

const ELSEWHERE = [
  ["/", "beside.search"],
  ["Enter", "keys.field"],
  ["e", "keys.edit"],
  ["x", "keys.reject"],
  ["↑ ↓", "keys.walk"],
  ["Esc", "keys.escape"],
  ["Ctrl Enter", "wrap.save"],
];

export class Keys {
  // commands: [{key, words, run()}]; a capital letter means with Shift
  constructor(commands) {
    this.commands = [...commands, { key: "?", words: "keys.help", run: () => this.help() }];
    this.dialog = byId("keys");
    byId("keys-close").addEventListener("click", () => this.dialog.close());
    byId("keys-open").addEventListener("click", () => this.help());
    document.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (event.target.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
    const command = this.commands.find(({ key }) => key === event.key);
    if (!command) return;
    event.preventDefault();
    command.run();
  }

  help() {
    const rows = [...this.commands.map(({ key, words }) => [key, words]), ...ELSEWHERE];
    byId("keys-list").replaceChildren(
      ...rows.map(([key, words]) =>
        node(
          "tr",
          {},
          node("td", {}, ...chord(key)),
          node("th", { scope: "row", text: say(words) }),
        ),
      ),
    );
    this.dialog.showModal();
  }
}

function chord(key) {
  const capital = key.length === 1 && key !== key.toLowerCase();
  const parts = capital ? ["Shift", key] : [key];
  return parts.map((part) => node("kbd", { text: part }));
}

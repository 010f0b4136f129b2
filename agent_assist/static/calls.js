// A call as the desk knows it, folded from the events of the log. No page, no network.

export const FIELDS = [
  "category", "phone", "name", "id_number", "amount",
  "occurred", "location", "evidence", "resolution", "complaint_number",
];

// A partial that nothing followed is no longer being spoken.
export const PARTIAL_KEPT_MS = 8000;

export class Call {
  constructor(id) {
    this.id = id;
    this.upTo = 0; // id of the newest event taken
    this.caller = "";
    this.started = null; // Unix seconds
    this.ended = null;
    this.lang = "";
    this.step = "";
    this.intent = "";
    this.description = ""; // what happened, in the caller's own words
    this.queue = null; // {queue, position}
    this.agent = ""; // who talks or talked with the caller
    this.agents = new Set(); // all who had the caller
    this.held = false;
    this.passed = null; // {agent, note}: who passed the caller on; note null: that agent was lost
    this.number = "";
    this.saved = false; // kept as a draft; that may happen while the call goes on
    this.fields = new Map(); // name -> {value, state, source}
    this.lines = []; // {id, at, who: caller | agent | line | key | error, text}
    this.partials = new Map(); // who -> {text, end, since}
  }

  get state() {
    if (this.ended !== null) return "ended";
    return this.queue ? "queued" : "in_progress";
  }

  get draft() {
    return this.saved && !this.number && this.ended !== null;
  }

  // Takes one event, once; returns the name of the field it changed, or "".
  take({ id, at, kind, data }) {
    if (id <= this.upTo) return "";
    this.upTo = id;
    this.started ??= at;
    switch (kind) {
      case "call_started":
        this.started = at;
        this.caller = data.from;
        break;
      case "prompt":
        this.lang = data.lang;
        this.step = data.step;
        this.lines.push({ id, at, who: "line", text: data.text });
        break;
      case "menu_choice":
        // A spoken choice is in the transcript already.
        if (data.key) this.lines.push({ id, at, who: "key", text: data.key });
        break;
      case "utterance":
        this.lines.push({ id, at, who: data.who, text: data.text, end: data.end });
        this.partials.delete(data.who);
        break;
      case "field_heard": {
        const held = this.fields.get(data.field);
        // What an agent wrote stays; what was said besides is shown with it.
        if (held?.state === "edited") held.also = data;
        else this.fields.set(data.field, data);
        return data.field;
      }
      case "field_confirmed":
        if (this.fields.get(data.field)?.state !== "edited") this.fields.set(data.field, data);
        return data.field;
      case "field_edited":
        this.fields.set(data.field, data);
        return data.field;
      case "field_rejected":
        if (data.who || this.fields.get(data.field)?.state !== "edited") this.fields.delete(data.field);
        return data.field;
      case "intent":
        this.intent = data.intent;
        break;
      case "description":
        this.description = data.text;
        break;
      case "queued":
        this.queue = data;
        break;
      case "agent_answered":
        this.queue = null;
        this.had(data.agent);
        break;
      case "consulted":
        if (data.how === "took_over") this.had(data.partner);
        break;
      case "held":
      case "retrieved":
        this.held = kind === "held";
        break;
      case "transferred":
      case "returned":
        this.held = false;
        this.passed = { agent: data.agent, note: data.note ?? null };
        break;
      case "complaint_filed":
        this.number = data.number;
        break;
      case "draft_saved":
        this.saved = true;
        break;
      case "call_ended":
        this.ended = at;
        this.held = false;
        this.partials.clear();
        break;
      case "error":
        this.lines.push({ id, at, who: "error", text: data.what });
        break;
    }
    return "";
  }

  had(agent) {
    this.agent = agent;
    this.agents.add(agent);
    this.held = false;
  }

  // Questions that are still open, in the order that matters for this category.
  lacking({ asks, fields }) {
    if (this.ended !== null || this.number) return [];
    const open = (question) => (this.fields.get(fields[question])?.value ?? null) === null;
    if (["status", "escalate"].includes(this.intent)) return ["number"].filter(open);
    const category = this.fields.get("category")?.value ?? "";
    return ["category", ...(asks[category] ?? asks[""])].filter(open);
  }

  // Words still being spoken. One that is overtaken by its own final text is dropped:
  // partials do not pass through the log, so they may come late.
  hear({ who, text, end }, now) {
    const last = this.lines.findLast((line) => line.who === who);
    if (this.ended !== null || (last && end <= last.end)) return;
    if (text) this.partials.set(who, { text, end, since: now });
    else this.partials.delete(who);
  }

  // Forgets partials that nothing followed; true when there were any.
  settle(now) {
    let dropped = false;
    for (const [who, { since }] of this.partials) {
      if (now - since > PARTIAL_KEPT_MS) dropped = this.partials.delete(who) || dropped;
    }
    return dropped;
  }

  // The fields that came from this line: [{field, span}], in the order of the text.
  sources(lineId) {
    const found = [];
    for (const [field, { source }] of this.fields) {
      if (source && source.utterance === lineId) found.push({ field, span: source.span });
    }
    return found.sort((a, b) => (a.span?.[0] ?? 0) - (b.span?.[0] ?? 0));
  }
}

// The live event stream: opens, resumes after the last event seen, says how the connection is.

// The server sends a beat every 15 s; a connection that is silent this long is dead, though no error came.
const SILENT_MS = 40_000;
const REOPEN_MS = 2_000;

export class Feed {
  // on: {event(event), partial(data), beat(data), state(name), reset(), out()}
  constructor(url, on) {
    this.url = url;
    this.last = 0;
    this.on = on;
    this.watched = "";
    this.source = null;
    this.reopening = 0;
    this.touched = performance.now();
    setInterval(() => {
      if (this.source && performance.now() - this.touched > SILENT_MS) this.lost();
    }, 5_000);
    addEventListener("online", () => this.source && this.open());
    addEventListener("offline", () => this.on.state("reconnecting"));
  }

  // Goes on after this event once somebody watches.
  restart(after) {
    this.source?.close();
    this.source = null;
    this.last = after;
  }

  // Asks for the words still being spoken of one call only.
  watch(callId) {
    if (this.watched === callId && this.source) return;
    this.watched = callId;
    this.open();
  }

  open() {
    clearTimeout(this.reopening);
    this.source?.close();
    this.touched = performance.now();
    const query = new URLSearchParams({ after: this.last, partials: this.watched });
    const source = new EventSource(`${this.url}?${query}`);
    this.source = source;
    const listen = (name, take) =>
      source.addEventListener(name, (message) => {
        if (source !== this.source) return;
        this.touched = performance.now();
        take(message);
      });
    listen("open", () => this.on.state("live"));
    listen("message", (message) => {
      const id = Number(message.lastEventId);
      if (id <= this.last) return; // already seen: nothing is shown twice
      this.last = id;
      this.on.event(JSON.parse(message.data));
    });
    listen("partial", (message) => this.on.partial(JSON.parse(message.data)));
    listen("beat", (message) => this.on.beat(JSON.parse(message.data)));
    listen("reset", () => {
      source.close();
      this.on.reset();
    });
    listen("out", () => {
      source.close();
      this.on.out();
    });
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      this.on.state("reconnecting");
      // The browser tries again by itself, with Last-Event-ID, unless it was answered with an error.
      if (source.readyState === EventSource.CLOSED) this.lost();
    });
  }

  lost() {
    this.on.state("reconnecting");
    this.source?.close();
    this.touched = performance.now();
    clearTimeout(this.reopening);
    this.reopening = setTimeout(() => this.source && this.open(), REOPEN_MS);
  }
}

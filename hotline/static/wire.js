// Talking to the server: posts carry the page's token and a key of their own, so that a forged or a
// doubled one changes nothing; a session that has ended leads to the sign-in.

const TOKEN = document.querySelector("meta[name=csrf]")?.content ?? "";

export class Refused extends Error {
  constructor(status, text) {
    super(text || String(status));
    this.status = status;
  }
}

export async function get(url) {
  return answer(await fetch(url, { headers: { Accept: "application/json" } }));
}

// A post of JSON; `key` makes a repetition of the same act recognisable, each call is an act of its own without it.
export async function post(url, body = {}, key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`) {
  return answer(
    await fetch(url, {
      method: "POST",
      keepalive: true, // what was sent arrives also when the page is closed just now
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": TOKEN,
        "Idempotency-Key": key,
      },
      body: JSON.stringify(body),
    }),
  );
}

// A question that is posted because what it asks for must not stand in an address; it changes nothing.
export async function ask(url, body) {
  return answer(
    await fetch(url, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": TOKEN },
      body: JSON.stringify(body),
    }),
  );
}

// A form with a file.
export async function send(url, form) {
  return answer(await fetch(url, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": TOKEN }, body: form }));
}

async function answer(response) {
  if (response.status === 401) toSignIn();
  const content = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, content?.error);
  return content;
}

export function toSignIn() {
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// The page's words in the user's language (the server chose it), and how times are written.

const WORDS = JSON.parse(document.getElementById("words").textContent);

export function language() {
  return document.documentElement.lang === "en" ? "en" : "zh";
}

// The words for a key; an unknown key reads as itself without its group.
export function say(key) {
  return WORDS[key] ?? key.slice(key.indexOf(".") + 1).replaceAll("_", " ");
}

export function has(key) {
  return key in WORDS;
}

// Seconds as m:ss, from an hour on as h:mm:ss.
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

// A moment (Unix seconds) as hour and minute, with the day when it is not today.
export function moment(at) {
  const date = new Date(at * 1000);
  const timeZone = document.body.dataset.zone; // the operator's, wherever the screen stands
  const dayOf = (one) => one.toLocaleDateString("en-CA", { timeZone });
  const day = dayOf(date) === dayOf(new Date()) ? {} : { month: "2-digit", day: "2-digit" };
  const parts = { ...day, hour: "2-digit", minute: "2-digit", hour12: false, timeZone };
  return date.toLocaleString(language() === "zh" ? "zh-CN" : "en-GB", parts);
}

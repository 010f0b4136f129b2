// How values of the form are written for people.

import { has, language, say } from "/static/words.js";

export const STATE_SIGNS = { missing: "", heard: "○", confirmed: "✓", edited: "✎" };

// A field's value as a person writes it.
export function value(field, content) {
  if (content === null || content === undefined || content === "") return "—";
  if (Array.isArray(content)) return content.map((part) => value(field, part)).join(language() === "zh" ? "、" : ", ");
  if (field === "amount" && Number.isFinite(Number(content))) return money(Number(content));
  if (field === "occurred") return when(String(content));
  if (typeof content === "object") return Object.values(content).map((part) => value(field, part)).join(" ");
  const key = `value.${content}`;
  return has(key) ? say(key) : String(content);
}

const WEEKDAYS = { mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6, sun: 7 };
const UNITS = { days: "天", weeks: "周", months: "个月" };

// A time as the form names it (last_wed, 3_days_ago, 10-3, 2025-10) as a person says it.
function when(name) {
  const zh = language() === "zh";
  const weekday = name.match(/^(last|this)_(mon|tue|wed|thu|fri|sat|sun)$/);
  if (weekday) {
    const [, which, day] = weekday;
    if (zh) return (which === "last" ? "上周" : "本周") + "一二三四五六日"[WEEKDAYS[day] - 1];
    const monday = Date.UTC(2024, 0, 1);
    const shown = new Date(monday + (WEEKDAYS[day] - 1) * 86_400_000);
    return (which === "last" ? "Last " : "This ") + shown.toLocaleDateString("en-GB", { weekday: "long", timeZone: "UTC" });
  }
  const ago = name.match(/^(\d+)_(days|weeks|months)_ago$/);
  if (ago) return zh ? `${ago[1]} ${UNITS[ago[2]]}前` : `${ago[1]} ${ago[2]} ago`;
  const date = name.match(/^(?:(\d{4})-)?(\d{1,2})(?:-(\d{1,2}))?$/);
  if (date) {
    const [, year, month, day] = date;
    if (zh) return `${year ? `${Number(year)}年` : ""}${Number(month)}月${day ? `${Number(day)}日` : ""}`;
    const shown = new Date(Date.UTC(Number(year ?? 2024), Number(month) - 1, Number(day ?? 1)));
    const parts = { month: "long", timeZone: "UTC", ...(day && { day: "numeric" }), ...(year && { year: "numeric" }) };
    return shown.toLocaleDateString("en-GB", parts);
  }
  const key = `value.${name}`;
  return has(key) ? say(key) : name;
}

function money(yuan) {
  const digits = Number.isInteger(yuan) ? 0 : 2;
  return "¥" + yuan.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

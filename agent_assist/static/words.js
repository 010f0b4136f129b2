// Every word on the desk in both languages, and how values are written for people.

const WORDS = {
  desk: ["坐席工作台", "Desk"],
  calls: ["通话", "Calls"],
  cases: ["投诉与草稿", "Complaints and drafts"],
  talk: ["对话", "Conversation"],
  form: ["投诉登记表", "Intake form"],
  no_calls: ["暂无通话，等待来电", "No calls; waiting"],
  no_cases: ["暂无记录", "Nothing yet"],
  no_call: ["来电后，对话会显示在这里", "The conversation appears here when a call comes in"],
  newest: ["↓ 最新", "Newest"],
  hint: ["点选一项，看它出自哪句话", "Select a field to see its source"],

  description: ["经过", "What happened"],
  next: ["下一问", "Next question"],
  lacking: ["还缺", "Still missing"],

  live: ["实时", "Live"],
  connecting: ["正在连接", "Connecting"],
  reconnecting: ["连接中断，正在重连", "Connection lost, reconnecting"],

  in_progress: ["通话中", "In progress"],
  ended: ["已结束", "Ended"],
  queued: ["排队中", "In queue"],
  dismiss: ["移除", "Dismiss"],
  reveal: ["显示", "Show"],
  conceal: ["隐藏", "Hide"],
  revealed: ["查看已记录", "This look is on record"],
  refused: ["无法显示", "Cannot be shown"],
  filed: ["已登记", "Filed"],
  draft: ["草稿", "Draft"],
  draft_why: ["未登记即挂断，已听到的内容保留为草稿", "The call ended before filing; what was heard is kept"],

  caller: ["客户", "Caller"],
  agent: ["坐席", "Agent"],
  line: ["系统", "Line"],
  key: ["按键", "Key"],
  speaking: ["正在说", "speaking"],
  error: ["故障", "Fault"],

  me: ["我是", "I am"],
  nobody: ["请选择", "choose"],
  "agent.available": ["空闲", "Available"],
  "agent.ringing": ["振铃", "Ringing"],
  "agent.busy": ["通话中", "On a call"],
  "agent.wrap_up": ["整理", "Wrap-up"],
  "agent.break": ["小休", "Break"],
  "agent.offline": ["离线", "Offline"],
  then: ["之后", "then"],

  heard: ["听到", "heard"],
  confirmed: ["已确认", "confirmed"],
  edited: ["已修改", "edited"],
  missing: ["未提供", "missing"],

  "field.category": ["类别", "Category"],
  "field.phone": ["号码", "Phone"],
  "field.name": ["姓名", "Name"],
  "field.id_number": ["证件号", "ID number"],
  "field.amount": ["金额", "Amount"],
  "field.occurred": ["时间", "When"],
  "field.location": ["地点", "Where"],
  "field.evidence": ["证据", "Evidence"],
  "field.resolution": ["诉求", "Wanted"],
  "field.complaint_number": ["投诉编号", "Complaint no."],

  "how.text": ["原话", "as said"],
  "how.sound": ["按读音", "by sound"],
  "how.digits": ["数字识别", "digit recogniser"],
  "how.keyed": ["按键输入", "keyed"],
  "how.hint": ["已知号码", "known number"],
  "how.menu": ["菜单选择", "menu choice"],

  "intent.complain": ["投诉", "Complaint"],
  "intent.status": ["查询进度", "Status"],
  "intent.escalate": ["投诉升级", "Escalation"],
  "intent.agent": ["转人工", "Wants an agent"],

  "step.language": ["选择语言", "Language"],
  "step.problem": ["问经过", "Asking what happened"],
  "step.category": ["问类别", "Asking the category"],
  "step.phone": ["问号码", "Asking the number"],
  "step.confirm": ["核对", "Reading back"],
  "step.occurred": ["问时间", "Asking when"],
  "step.location": ["问地点", "Asking where"],
  "step.amount": ["问金额", "Asking how much"],
  "step.name": ["问姓名", "Asking the name"],
  "step.id_number": ["问证件号", "Asking the ID number"],
  "step.evidence": ["问证据", "Asking for evidence"],
  "step.resolution": ["问诉求", "Asking what is wanted"],
  "step.number": ["问投诉编号", "Asking the complaint no."],
  "step.lookup": ["查询投诉", "Looking up"],
  "step.holder": ["核对投诉人", "Checking the holder"],
  "step.higher": ["问如何处理", "Offering what can be done"],
  "step.raise": ["投诉升级", "Taking it higher"],
  "step.close": ["办结", "Closing"],
  "step.callback": ["问回电号码", "Asking where to call back"],
  "step.promise": ["登记回电", "Noting the call-back"],
  "step.voicemail": ["留言", "Leaving a message"],
  "step.file": ["登记", "Filing"],
  "step.queue": ["转人工", "To an agent"],
  "step.start": ["接听", "Answering"],
  "step.end": ["结束语", "Goodbye"],
  "step.gone": ["已挂机", "Hung up"],

  "queue.billing": ["话费组", "Billing"],
  "queue.plans": ["套餐组", "Plans"],
  "queue.network": ["网络组", "Network"],
  "queue.service": ["服务组", "Service"],
  "queue.escalation": ["升级组", "Escalations"],
  "queue.general": ["综合组", "General"],

  "lang.zh": ["普通话", "Mandarin"],
  "lang.en": ["英语", "English"],

  "value.billing_anomaly": ["话费异常", "Billing anomaly"],
  "value.plan_change": ["套餐变更", "Plan change"],
  "value.service_quality": ["服务质量", "Service quality"],
  "value.service_outage": ["服务中断", "Service outage"],
  "value.wrong_charge": ["收费错误", "Wrong charge"],
  "value.slow_network": ["网络速度慢", "Slow network"],
  "value.misleading_tariff": ["资费与宣传不符", "Misleading tariff"],
  "value.sms": ["短信", "Text message"],
  "value.bill": ["账单", "Bill"],
  "value.screenshot": ["截图", "Screenshot"],
  "value.call_record": ["通话记录", "Call record"],
  "value.contract": ["合同", "Contract"],
  "value.refund": ["退款", "Refund"],
  "value.compensation": ["赔偿", "Compensation"],
  "value.restore_plan": ["恢复原套餐", "Restore plan"],
  "value.cancel": ["取消业务", "Cancel service"],
  "value.repair": ["修复", "Repair"],
  "value.apology": ["道歉", "Apology"],
  "value.explanation": ["给出说明", "Explanation"],

  "value.today": ["今天", "Today"],
  "value.yesterday": ["昨天", "Yesterday"],
  "value.day_before_yesterday": ["前天", "The day before yesterday"],
  "value.this_week": ["本周", "This week"],
  "value.last_week": ["上周", "Last week"],
  "value.week_before_last": ["上上周", "The week before last"],
  "value.last_weekend": ["上周末", "Last weekend"],
  "value.this_month": ["本月", "This month"],
  "value.last_month": ["上个月", "Last month"],
  "value.month_before_last": ["上上个月", "The month before last"],
  "value.last_year": ["去年", "Last year"],
  "value.year_before_last": ["前年", "The year before last"],
};

export const STATE_SIGNS = { missing: "", heard: "○", confirmed: "✓", edited: "✎" };

let chosen = localStorage.getItem("desk.language") === "en" ? "en" : "zh";

export function language() {
  return chosen;
}

export function setLanguage(lang) {
  chosen = lang === "en" ? "en" : "zh";
  localStorage.setItem("desk.language", chosen);
}

// The words in the chosen language; an unknown key reads as itself without its group.
export function say(key) {
  return pair(key)[0];
}

// [chosen language, other language]; the second is "" when there is nothing to add.
function pair(key) {
  const words = WORDS[key];
  if (!words) return [key.slice(key.indexOf(".") + 1).replaceAll("_", " "), ""];
  return chosen === "zh" ? words : [words[1], words[0]];
}

// Fills a node with the words in the chosen language and, smaller, in the other.
export function label(node, key, { second = true } = {}) {
  const [main, sub] = pair(key);
  const first = document.createElement("span");
  first.className = "main-word";
  first.lang = chosen === "zh" ? "zh-CN" : "en";
  first.textContent = main;
  node.replaceChildren(first);
  if (second && sub) {
    const other = document.createElement("span");
    other.className = "sub-word";
    other.lang = chosen === "zh" ? "en" : "zh-CN";
    other.textContent = sub;
    node.append(" ", other);
  }
}

export function has(key) {
  return key in WORDS;
}

// A field's value as a person writes it.
export function value(field, content) {
  if (content === null || content === undefined || content === "") return "—";
  if (Array.isArray(content)) return content.map((part) => value(field, part)).join(chosen === "zh" ? "、" : ", ");
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
  const zh = chosen === "zh";
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
  const today = date.toDateString() === new Date().toDateString();
  const day = today ? {} : { month: "2-digit", day: "2-digit" };
  return date.toLocaleString(chosen === "zh" ? "zh-CN" : "en-GB", { ...day, hour: "2-digit", minute: "2-digit", hour12: false });
}

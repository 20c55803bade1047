/* The visitor's page. The server keeps the talk; this page shows it, sends what is written until it is kept, and says how things stand. */
import { $, T, announce, icon, language, make, ready, toast } from "./core.js";
import { Outbox, ask, passing, verdict, went } from "./chat_line.js";
import { ChatLog } from "./chat_log.js";

const MOST = 4000, SILENT_MS = 12000, POLL_MS = 4000, TYPING_MS = 2500, DOTS_MS = 6000;
const root = $("#main"), intro = $("#intro"), field = $("#text"), first = $("#first"), form = $("#composer");
let view = { phase: "", chat: null, last_seq: 0 }, stream = null, heardAt = 0, downSince = 0, retryMs = 500, fetching = null, again = false;
let sentRead = 0, typedAt = -Infinity, dotsUntil = 0, retryTimer = 0, cookieTries = 0;

const remembered = (key, value) => { try { if (value === undefined) return localStorage.getItem(key) ?? ""; if (value === null) localStorage.removeItem(key); else localStorage.setItem(key, value); } catch { /* private window */ } return ""; };
/* The visitor has asked for a chat: kept until the server has begun it, so that a reload goes on. */
const starting = value => remembered("cb-chat-start", value);

const someone = () => T("оператор");
const WORDS = {
  joined: ({ name }) => T("С вами %(name)s", { name: name || someone() }),
  waiting_again: () => T("Подбираем вам оператора. Переписка сохранена, повторять ничего не нужно."),
  call_offered: () => T("Сейчас все заняты. Можно подождать ещё или оставить номер: мы перезвоним, ваше место в очереди сохранится."),
  agent_ended: () => T("Оператор завершил чат. Спасибо, что написали."),
  visitor_ended: () => T("Вы завершили чат."),
  visitor_gone: () => T("Чат завершён: этой страницы слишком долго не было на связи."),
  callback: () => T("Мы вам перезвоним. Чат завершён."),
  message: () => T("Сейчас ответить некому. То, что вы написали, сохранено. Допишите, как с вами связаться, и мы ответим."),
  closed: () => T("Сейчас мы не работаем. Напишите нам, пожалуйста, в рабочее время."),
  full: () => T("Сейчас слишком много желающих. Попробуйте, пожалуйста, чуть позже."),
};
await ready;
const log = new ChatLog($("#log"), "visitor", message => WORDS[message.notice]?.(message) ?? "");
const outbox = new Outbox("visitor", send);
outbox.addEventListener("change", paint);

/* Sending ---------------------------------------------------------------------------------------------------------- */
const writable = () => ["waiting", "talking", "leave_message"].includes(view.phase);
async function send(item) {
  if (!view.phase) return { later: 1 };
  if (!writable()) return starting() ? begin(item) : { over: T("Этот чат завершён") };
  const answer = await ask("POST", "/chat/messages", { client_id: item.client_id, text: item.text });
  const told = verdict(answer, kept);
  if (!answer.status) lost();
  if (told.over !== undefined) await look();
  return told;
}
async function begin(item) {
  const { name } = JSON.parse(starting());
  const answer = await ask("POST", "/chat/start", { client_id: item.client_id, text: item.text, name, queue: root.dataset.queue, language: language() });
  if (answer.status === 400 && cookieTries++ < 2) { await look(); return { later: 0.3 }; }
  const told = verdict(answer, data => { cookieTries = 0; starting(null); kept(data); });
  if (told.refused !== undefined || told.over !== undefined) { starting(null); if (view.phase === "new") { first.value = item.text; problem(told.refused || told.over); outbox.remove(item.client_id); return { kept: true }; } }
  return told;
}
function kept({ state, message }) { show(state); log.add([message]); paint(); }

/* Hearing ---------------------------------------------------------------------------------------------------------- */
function show(next) {
  if (next.chat !== view.chat && view.chat) { log.reset(); sentRead = 0; }
  if (next.chat && next.chat === view.chat && next.last_seq < view.last_seq) return;   /* an answer that was overtaken */
  const before = view;
  view = next;
  log.ticks(view.agent_read);
  if (view.agent_typing) dotsUntil = performance.now() + DOTS_MS;
  if (view.last_seq > log.through) gather();
  if (view.chat && writable() && view.phase !== "leave_message") listen(); else hush();
  if (before.phase && before.phase !== view.phase && writable() && view.phase === "leave_message") field.focus();
  paint();
}
/* Ask for what is missing; one question at a time. */
async function gather() {
  if (fetching) { again = true; return; }
  fetching = true;
  const answer = await ask("GET", `/chat/messages?after=${log.through}&of=${view.chat ?? ""}`);
  fetching = false;
  if (went(answer)) {
    const { state, messages } = answer.data;
    if (state.chat !== view.chat && view.chat) { log.reset(); sentRead = 0; }
    const fresh = log.add(messages);
    for (const message of messages) if (message.client_id) outbox.remove(message.client_id);
    if (fresh.some(message => message.author === "agent")) dotsUntil = 0;
    if (fresh.some(message => message.author !== "visitor")) { if (document.hidden) document.title = `● ${T("Новое сообщение")}`; }
    heard();
    again = again && state.last_seq > log.through;
    show(state);
  } else if (!passing(answer)) { await look(); again = false; }
  if (again) { again = false; gather(); }
}
/* How things stand, from the beginning. */
async function look() {
  const answer = await ask("GET", "/chat");
  if (!went(answer)) { lost(); return false; }
  show(answer.data);
  return true;
}
function listen() {
  if (stream) return;
  const source = stream = new EventSource("/api/v1/chat/stream");
  source.addEventListener("ping", heard);
  source.addEventListener("state", e => { heard(); show(JSON.parse(e.data)); });
  source.onerror = () => lost();
}
function hush() { stream?.close(); stream = null; clearTimeout(retryTimer); downSince = 0; }
function heard() {
  heardAt = performance.now(); retryMs = 500;
  if (downSince) { downSince = 0; outbox.pump(); paint(); }
}
function lost() {
  if (view.phase === "ended") return;
  stream?.close(); stream = null;
  downSince ||= performance.now();
  clearTimeout(retryTimer);
  retryTimer = setTimeout(reach, retryMs * (0.75 + Math.random() / 2));
  retryMs = Math.min(5000, retryMs * 2);
  paint();
}
async function reach() {
  if (await look() && !["waiting", "talking"].includes(view.phase)) { downSince = 0; outbox.pump(); paint(); }
}
addEventListener("offline", () => lost());
addEventListener("online", () => { if (downSince) { retryMs = 500; clearTimeout(retryTimer); reach(); } });
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", e => { if (e.persisted) { stream = null; look(); } });
setInterval(() => {
  if (stream && performance.now() - heardAt > SILENT_MS && heardAt) lost();
  if (downSince && view.chat && writable() && performance.now() - downSince > POLL_MS) gather();   /* a network that cuts streams */
  paint();
}, 1000);

/* Showing ---------------------------------------------------------------------------------------------------------- */
function minutes(seconds) { return seconds < 60 ? T("меньше минуты") : T("примерно %(n)s мин", { n: Math.round(seconds / 60) }); }
function standing() {
  if (view.phase === "talking") return ["st-talking", T("На связи %(name)s", { name: view.agent || someone() })];
  if (view.phase === "waiting") {
    const place = view.position === 1 ? T("Вы следующий в очереди") : view.position ? T("Ваше место в очереди: %(n)s", { n: view.position }) : T("Зовём оператора");
    if (view.expected_s === null || view.expected_s === undefined) return ["st-reserved", place];
    const wait = T("ждать %(time)s", { time: minutes(view.expected_s) });
    return ["st-reserved", `${place} · ${wait}`];
  }
  if (view.phase === "leave_message") return ["mail", T("Оставьте сообщение")];
  if (view.phase === "ended") return ["st-offline", T("Чат завершён")];
  return ["chat", T("Напишите нам")];
}
function paint() {
  const isNew = view.phase === "new" && !outbox.items.length, ended = view.phase === "ended";
  root.dataset.phase = view.phase; root.dataset.down = String(Boolean(downSince));
  intro.hidden = !isNew; $("#talk").hidden = isNew || !view.phase; form.hidden = !(writable() || starting()); $("#over").hidden = !ended || Boolean(starting());
  $("#end").hidden = !["waiting", "talking"].includes(view.phase);
  $("#callme").hidden = view.phase !== "waiting" || !view.may_call;
  const [shape, words] = standing(), strip = $("#standing");
  if (strip.dataset.said !== words) { strip.dataset.said = words; strip.replaceChildren(icon(shape), make("span", "", words)); }
  const offline = downSince && performance.now() - downSince > 1000;
  $("#lost").hidden = !offline;
  const dots = view.phase === "talking" && performance.now() < dotsUntil;
  $("#dots").hidden = !dots;
  if (dots) $("#dots .vh").textContent = T("%(name)s пишет", { name: view.agent || someone() });
  const unsent = ended && !starting() && outbox.waiting.length;
  $("#unsent").hidden = !unsent;
  log.wait(outbox.items, takeBack);
  if (!document.hidden) { if (document.title !== root.dataset.title) document.title = root.dataset.title; seen(); }
}
function takeBack(item) { outbox.remove(item.client_id); const place = writable() || starting() ? field : first; place.value = [place.value, item.text].filter(Boolean).join("\n"); place.focus(); draft(); }
async function seen() {
  if (log.through <= sentRead || !view.chat || downSince || !["waiting", "talking"].includes(view.phase)) return;
  const upTo = sentRead = log.through;
  if (!went(await ask("POST", "/chat/read", { seq: upTo }))) sentRead = Math.min(sentRead, upTo - 1);
}
document.addEventListener("visibilitychange", paint);

/* Writing ---------------------------------------------------------------------------------------------------------- */
const draft = () => remembered("cb-chat-draft", field.value || first.value || null);
function problem(text) { const note = $("#bad"); note.hidden = !text; $("span", note).textContent = text; if (text) announce(text); }
function tooLong(text) {
  const letters = [...text].length;
  problem(letters > MOST ? T("Слишком длинно: %(n)s знаков. В сообщении не больше %(most)s, разделите его на части.", { n: letters, most: MOST }) : "");
  return letters > MOST;
}
form.addEventListener("submit", e => {
  e.preventDefault();
  const text = field.value.trim();
  if (!text || tooLong(text)) return;
  field.value = ""; draft(); outbox.add(text); log.toEnd(); field.focus();
});
intro.addEventListener("submit", e => {
  e.preventDefault();
  const text = first.value.trim();
  $("#first-err").hidden = Boolean(text); first.setAttribute("aria-invalid", !text);
  if (!text) { first.focus(); return; }
  if (tooLong(text)) return;
  starting(JSON.stringify({ name: $("#name").value }));
  first.value = ""; draft(); outbox.add(text); paint(); field.focus();
});
for (const box of [field, first]) box.addEventListener("input", () => { draft(); tooLong(box.value.trim()); });
field.addEventListener("keydown", e => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing && matchMedia("(pointer: fine)").matches) { e.preventDefault(); form.requestSubmit(); }
});
field.addEventListener("input", () => {
  if (view.phase !== "talking" || !field.value || performance.now() - typedAt < TYPING_MS) return;
  typedAt = performance.now(); ask("POST", "/chat/typing");
});
$("#anew").onclick = () => {
  if (outbox.waiting.length) { starting(JSON.stringify({ name: "" })); outbox.pump(); paint(); return; }
  log.reset(); sentRead = 0; view = { phase: "new", chat: null, last_seq: 0 }; paint(); first.focus();
};
$("#end-yes").onclick = async () => {
  const answer = await ask("POST", "/chat/end");
  if (went(answer)) await look(); else toast(answer.data?.detail ?? T("Нет связи. Попробуйте ещё раз."), { kind: "alert" });
};

$("#callme form").addEventListener("submit", async e => {
  e.preventDefault();
  const phone = $("#phone"), answer = await ask("POST", "/chat/callback", { phone: phone.value }), note = $("#phone-err"), bad = !went(answer);
  note.hidden = !bad; phone.setAttribute("aria-invalid", bad);
  if (bad) { $("span", note).textContent = answer.data?.detail ?? T("Нет связи. Попробуйте ещё раз."); phone.focus(); } else await look();
});

/* For tests: read only. */
window.cordboardChat = Object.freeze({ get phase() { return view.phase; }, get live() { return Boolean(stream) && !downSince; }, get unsent() { return outbox.items.length; }, get through() { return log.through; } });

const before = remembered("cb-chat-draft");
if (await look()) { (view.phase === "new" ? first : field).value = before; outbox.pump(); }
root.inert = false; paint(); log.toEnd();

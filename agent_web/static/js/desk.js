/* The operator's desk: joins the live stream, the panes and the telephone. */
import { $, $$, T, announce, api, icon, make, mmss, ready, restart, swapIcon, tick, toast, trying } from "./core.js";
import { call, offers, open, rows, unseen, watchContacts } from "./contacts.js";
import { Live } from "./live.js";
import { refresh } from "./panes.js";
import { flush } from "./order.js";
import { NoMicrophone, Softphone } from "./softphone.js";
import { heard } from "./sound.js";
import "./by_hand.js";
import { thirdGone } from "./call_control.js";
import "./order_card.js";
import "./products.js";
import { watchSoundCheck } from "./sound_check.js";
import { painted, watchVitals } from "./vitals.js";
import "./cord.js";
import "./keys.js";
import { save } from "./drafts.js";
import "./script.js";
import "./told.js";
import "./speech.js";
import "./wrap.js";

await ready;
const phone = new Softphone($("#ear")), live = new Live();
const main = () => $("[data-pane=main]"), phase = () => main().dataset.phase, contact = () => main().dataset.contact;
const paintMs = [];
let offered = null, broken = false, lostAt = null, serverDown = false, elsewhere = false, plainTitle = document.title;

watchContacts(live, update);          /* first: its choice of the contact in the middle goes with the fetch that the same news causes */

/* For tests and benches: read only. */
window.cordboard = Object.freeze({
  get phone() { return phone.state; }, get rms() { return heard().rms; }, get peakHz() { return heard().peakHz; },
  get live() { return live.up; }, get paintMs() { return [...paintMs]; },
});

/* News. A refresh while one is on its way waits, so a burst costs two fetches at most. */
let running = null, wanted = false;
function update() {
  if (running) { wanted = true; return running; }
  return (running = refresh().finally(() => { running = null; if (wanted) { wanted = false; update(); } }));
}
/* The stream begins with what is in our hands, and with the news that our page is back. If that is what we knew, the line was lost and
   nothing else: there is no hurry. */
const REGAINED_MS = 5000;
let hands = "", upAt = 0;
live.addEventListener("desk", e => {
  const before = hands;
  hands = JSON.stringify(e.detail);
  if (hands === before && performance.now() - upAt < REGAINED_MS) { live.atLeisure(update); return; }
  if (e.detail.state === "reserved" && e.detail.contact_id && e.detail.contact_id !== offered?.contact) {
    performance.mark("offer", { detail: e.detail.contact_id }); offered = { contact: e.detail.contact_id, at: performance.now() };
  }
  update();
});
live.addEventListener("order", e => { if ($("#order")?.dataset.order === e.detail.order_id || $(`#or-${CSS.escape(e.detail.order_id ?? "")}`) || ($("#person")?.dataset.whose ?? "") === e.detail.customer_id) update(); });
live.addEventListener("resync", update);
live.addEventListener("parked", () => live.atLeisure(update));
live.addEventListener("third", e => thirdGone(e.detail));
live.addEventListener("board", e => figures(e.detail));
live.addEventListener("up", () => { serverDown = false; upAt = performance.now(); paintLost(); live.atLeisure(update); });
live.addEventListener("down", () => { serverDown = true; paintLost(); });
live.addEventListener("refused", () => live.atLeisure(update));      /* it learns whether we are still signed in */
live.addEventListener("elsewhere", () => { elsewhere = true; phone.stop(true); paintLost(); });
document.addEventListener("cb:lang", update);
document.addEventListener("cb:signed-out", () => { if (!phone.talking) location.assign("/sign-in?next=/desk"); });

function figures({ waiting, longest_s }) {
  for (const el of $$("#fig-waiting,[data-waiting]")) el.textContent = waiting;
  for (const el of $$("#fig-longest,[data-longest]")) {
    if (!waiting) { el.textContent = "—"; continue; }
    const timer = $("[data-timer]", el) ?? make("span");
    timer.dataset.timer = longest_s; timer.setAttribute("aria-hidden", "true"); restart(timer);
    if (timer.parentNode !== el) el.replaceChildren(timer);
  }
  tick();
}

/* After each painting: put back what only the page knows, and measure an offer's way to the glass. */
let before = "";
document.addEventListener("cb:painted", () => {
  plainTitle = document.title;
  if (offered && rows().some(row => row.id === offered.contact)) {
    const since = offered.at, done = offered.contact; offered = { contact: done, at: null };
    if (since !== null) requestAnimationFrame(() => setTimeout(() => { performance.mark("painted", { detail: done }); const took = performance.now() - since; paintMs.push(took); painted(took); }));
  }
  const now = call()?.phase ?? "";
  if (!["ringing", "talking", "held"].includes(now)) phone.answerNext = false;
  if (before === "ringing" && now === "talking" && document.activeElement === document.body) main().focus({ preventScroll: true });
  before = now;
  paintPhone(); paintLost();
});
/* The title flashes while something is offered, and counts what is unread, for whoever is in another window. */
setInterval(() => {
  const asking = offers(), calls = asking.some(offer => offer.kind === "voice"), badge = unseen() ? `(${unseen()}) ` : "";
  const usual = badge + plainTitle, flash = calls ? `☎ ${T("Звонят!")}` : `✎ ${T("Новый чат!")}`;
  document.title = asking.length && document.title === usual ? flash : usual;
}, 900);

/* The telephone's state, in words. */
const lampText = state => ({ off: T("Звук выключен"), connecting: T("Подключаем звук…"), registered: T("Звук готов"), ringing: T("Звук готов"), "in-call": T("Звук идёт"), failed: T("Звука нет") })[state];
const WHY = {
  insecure: () => T("Браузер даёт микрофон только по https. Откройте эту страницу по адресу, который начинается с https://, или спросите администратора."),
  none: () => T("Микрофон не найден. Подключите гарнитуру и нажмите ещё раз."),
  busy: () => T("Микрофон занят другой программой. Закройте её и нажмите ещё раз."),
  refused: () => T("Браузеру запрещён микрофон. Нажмите на значок слева от адреса страницы, разрешите микрофон и нажмите ещё раз."),
  unplugged: () => T("Гарнитура отключилась. Подключите её и снова выйдите на линию."),
  registration: () => T("Сервер телефонии пока не принимает нас. Пробуем снова сами."),
};
function paintPhone() {
  const lamp = $("#sound span"); if (lamp) lamp.textContent = phone.why === "desk phone" ? T("Звук на телефоне") : lampText(phone.state);
  const note = $("#mic-note"), why = WHY[phone.why];
  if (note) {
    note.hidden = phone.state === "off";
    const bad = phone.state === "failed";
    note.className = `note-bar ${bad ? "is-bad" : "is-ok"}`;
    note.replaceChildren(icon(bad ? "alert" : "headset"), make("span", "grow", bad ? (why?.() ?? lampText("failed")) : lampText(phone.state)));
  }
  const mute = $("#mute"), hold = $("#hold");
  for (const b of $$("[data-phone]")) b.disabled = !phone.talking;
  if (mute) { mute.setAttribute("aria-pressed", phone.muted); swapIcon(mute, phone.muted ? "mic-off" : "mic"); }
  if (hold && phone.talking) hold.setAttribute("aria-pressed", phone.held);
  const callNote = $("#call-note"); if (callNote) callNote.textContent = phone.muted ? T("Клиент вас не слышит") : phone.talking ? "" : phone.why === "desk phone" ? T("Звук на телефоне") : lampText(phone.state);
  const answer = $("#answer span"); if (answer) answer.textContent = phone.answerNext && !phone.ringing ? T("Соединяем…") : T("Ответить");
}
phone.addEventListener("state", () => { if (phone.talking) broken = false; paintPhone(); paintLost(); });
phone.addEventListener("ended", () => { broken = false; paintLost(); });
phone.addEventListener("broken", e => { broken = e.detail.broken; paintLost(); rejoinSoon(); });
/* Sound that has stopped for so long does not come back by itself: the leg is let go, and the same customer rings here at once. */
const SILENT_MS = 4000;
let silent = 0;
function rejoinSoon() {
  clearTimeout(silent);
  if (broken) silent = setTimeout(() => { const id = call()?.id; if (broken && id) api("POST", `/desk/contacts/${id}/rejoin`).catch(() => {}).finally(() => { if (broken) rejoinSoon(); }); }, SILENT_MS);
}
addEventListener("pagehide", () => phone.leave());
phone.addEventListener("silent", () => toast(T("Браузер ждёт нажатия, чтобы включить звук. Нажмите в любое место страницы."), { kind: "alert" }));
document.addEventListener("pointerdown", () => { const ear = $("#ear"); if (ear.srcObject && ear.paused) ear.play().catch(() => {}); });

watchVitals(phone);
watchSoundCheck(phone, error => error instanceof NoMicrophone ? WHY[error.reason]() : error.message || T("Не получилось. Попробуйте ещё раз."));

/* The telephone's own buttons while no desk can offer a card: Asterisk itself rings us then (fallback). */
function alone() {
  if (!phone.ringing && !phone.talking) return [];
  const b = make("button", "btn sm", phone.ringing ? T("Ответить") : T("Положить трубку")); b.type = "button"; b.dataset.alone = "";
  b.onclick = () => { if (phone.ringing) phone.answer(); else phone.hangUp(); };
  return [b];
}

/* What is lost, said plainly: first that the call is safe. */
function paintLost() {
  const bar = $("#lost"), onShift = !["logged_out"].includes(phase());
  const phoneDown = onShift && phone.wanted && phone.was && ["connecting", "failed"].includes(phone.state);
  const talks = phone.talking || (phone.why === "desk phone" && ["talking", "held"].includes(call()?.phase));
  let text = "";
  if (elsewhere) text = T("Рабочее место открыто в другой вкладке. Звонки идут туда.");
  else if (serverDown && phone.ringing) text = T("Звонит клиент. Сервер сейчас недоступен, но разговор состоится и запишется.");
  else if (serverDown && talks && !broken) text = T("Звонок цел: вы слышите друг друга. Пропала связь страницы с сервером, восстанавливаем сами.");
  else if (broken && phone.talking) text = T("Звонок цел: клиента мы не потеряем. Звук прервался, соединяем снова сами.");
  else if (serverDown) text = T("Нет связи с сервером. Новые звонки пока не придут, восстанавливаем сами. Введённое не пропадёт.");
  else if (phoneDown && phone.why === "") text = T("Нет связи с телефонией. Звонки пока не придут, подключаемся сами.");
  const was = !bar.hidden;
  bar.hidden = !text;
  if (!text) { if (was && lostAt !== null && performance.now() - lostAt > 1000) toast(T("Связь восстановлена за %(time)s", { time: mmss((performance.now() - lostAt) / 1000) })); lostAt = null; bar.replaceChildren(); bar.dataset.text = ""; }
  else if (bar.dataset.text !== text) {
    lostAt ??= performance.now(); bar.dataset.text = text;
    const timer = make("span", "num"); timer.dataset.timer = Math.floor((performance.now() - lostAt) / 1000); timer.setAttribute("aria-hidden", "true");
    const here = make("button", "btn sm", T("Работать здесь")); here.type = "button"; here.onclick = () => { elsewhere = false; live.resume(); arrive(); paintLost(); };
    bar.replaceChildren(icon("net-off"), make("span", "grow", text), elsewhere ? here : timer, ...(serverDown && !elsewhere ? alone() : []));
  }
  const net = $("#net"); if (net) { swapIcon(net, serverDown ? "net-off" : "net"); net.setAttribute("aria-label", serverDown ? T("Связи с сервером нет") : T("Связь с сервером есть")); }
}

/* What the operator does. */
async function goReady() {
  try { await phone.start(); } catch (error) {
    paintPhone();
    toast(error instanceof NoMicrophone ? WHY[error.reason]() : T("Телефония не отвечает. Вы пока не на линии, попробуйте ещё раз."), { kind: "alert" });
    return false;
  }
  return true;
}
async function chooseState(state, code) {
  const inContact = rows().length > 0 || phase() === "dialing";
  if (state !== "logged_out" && !(await goReady())) return;
  if ("Notification" in window && Notification.permission === "default") Notification.requestPermission().catch(() => {});
  const good = await trying(() => api("POST", "/desk/state", { state, pause_code: state === "paused" ? code : null }));
  if (good && state === "logged_out" && !inContact) phone.stop();
  if (good && inContact) toast(state === "ready" ? T("Потом: на линию") : state === "paused" ? T("Потом: перерыв") : T("Потом: конец смены"));
  await update();
}
document.addEventListener("click", async e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-state]"))) chooseState(b.dataset.state, b.dataset.code);
  if (at("#answer")) { const ringing = call()?.id; if (await goReady()) { phone.answer(); paintPhone(); open(ringing); } }
  if ((b = at("[data-decline]"))) { const { contact: id, kind } = meant(b); await trying(() => api("POST", `/desk/contacts/${id}/decline`)); if (kind === "voice") phone.hangUp(); update(); }
  if (at("#mute")) { phone.mute(!phone.muted); paintPhone(); }
  if (at("#hold")) { phone.hold(!phone.held); paintPhone(); }
  if ((b = at("#end"))) { const { contact: id, kind } = meant(b); flush(); if (kind === "voice") phone.hangUp(); api("POST", `/desk/contacts/${id}/hangup`).catch(() => {}).finally(update); }
  if (at("[data-hang-up]")) phone.hangUp();
  if ((b = at("[data-tone]"))) phone.tone(b.dataset.tone);
  if ((b = at("[data-customer]"))) pick({ customer_id: b.dataset.customer });
  if ((b = at("[data-pick]"))) pick({ customer_id: $("#notes")?.dataset.whose, order_id: b.dataset.pick });
});
const meant = button => button.closest("[data-contact]").dataset;
/* Says who it is; the form that asked has done its work then, and makes room. */
async function pick(body, form = null) {
  await flush();
  if (await trying(() => api("POST", `/desk/contacts/${contact()}/customer`, body)) && form) { form.closest("details")?.removeAttribute("open"); for (const f of $$("input", form.closest("[data-part]"))) { f.value = f.dataset.was; f.blur(); } }
  update();
}
document.addEventListener("submit", async e => {
  if (e.target.id === "notes") {
    e.preventDefault();
    const field = $("#note"), text = field.value.trim();
    if (text && await trying(() => api("POST", "/desk/notes", { customer_id: e.target.dataset.whose, text }))) { field.value = ""; await save(field); update(); }
  }
  if (e.target.id === "newcomer") {
    e.preventDefault();
    const name = $("#nc-name").value.trim();
    $("#nc-err").hidden = !!name; $("#nc-name").setAttribute("aria-invalid", !name);
    if (!name) { $("#nc-name").focus(); return; }
    await pick({ newcomer: { name, phone: $("#nc-phone")?.value.trim() ?? "", city: $("#nc-city").value.trim(), language: document.documentElement.lang } }, e.target);
  }
  if (e.target.id === "finder") {
    e.preventDefault();
    const number = $("#fi-number").value.trim();
    if (number) await pick({ number }, e.target); else $("#fi-number").focus();
  }
});
/* Leaving would cut the talk. */
addEventListener("beforeunload", e => { if (phone.talking) e.preventDefault(); });

/* A page loaded in the middle of a shift takes the telephone up again by itself. */
async function arrive() { if (phase() !== "logged_out" && !(await goReady())) announce(T("Звука нет")); paintPhone(); }
document.dispatchEvent(new Event("cb:painted"));
if (rows().length > 1) update();      /* the page remembers who stood in the middle */
for (const el of $$("[inert]")) el.inert = false;
performance.mark("interactive");
arrive();

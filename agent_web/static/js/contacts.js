/* Several contacts at once: choosing one, taking what is written, passing on, and what is heard and seen of those that are not in the middle. */
import { $, $$, T, announce, api, toast, trying } from "./core.js";
import { bring, noteShown } from "./front.js";
import { mountChat } from "./chat_pane.js";
import { flush } from "./order.js";
import { openDialog } from "./page.js";
import { knock, knockTwice } from "./sound.js";

const main = () => $("[data-pane=main]"), shown = () => main().dataset.contact;
export const rows = () => $$("[data-open]").map(row => ({ id: row.dataset.open, kind: row.dataset.kind, phase: row.dataset.phase, name: $(".b", row)?.textContent ?? "" }));
export const call = () => rows().find(row => row.kind === "voice") ?? null;
export const offers = () => rows().filter(row => row.phase === "ringing");

let update = () => {}, handToComposer = "";
const unread = new Map(), told = new Set(), notes = new Map();
/* A browser freezes no page that holds a lock: in a tab that sleeps an offer is heard all the same. */
navigator.locks?.request(`cordboard-desk-${Math.random()}`, () => new Promise(() => {}));

/* Put a contact in the middle. `hand`: the operator asked for it, so he may write at once. */
export function open(id, hand = false) {
  if (!id) return;
  if (hand) handToComposer = id;
  if (id === shown()) { takeUp(); return; }
  flush(); bring(id); leave(); update();
}
/* Until the chosen one stands there, no key or click may still meet the one before; a fetch that fails gives him back. */
const FETCH_MS = 4000;
let left = 0;
function leave() { main().inert = true; left = performance.now(); }
function stay() { main().inert = false; left = 0; }
function takeUp() {
  if (!handToComposer || handToComposer !== shown() || main().dataset.phase === "ringing") return;      /* an offer is not his yet */
  const field = $(".composer textarea", main());
  if (field?.disabled) return;                     /* the thread is still on its way; the next look finds it */
  handToComposer = "";
  (field ?? main()).focus({ preventScroll: true });
}

/* A call that begins to be talked comes to the front by itself, answered here or on a telephone: somebody is speaking. */
let talking = call()?.phase === "ringing" ? "" : call()?.id ?? "";
function callBegan(tasks) {
  const now = tasks.find(task => task.kind === "voice" && task.phase === "busy")?.contact_id ?? "";
  if (now && now !== talking) bring(now);
  talking = now;
}

/* A tab in the background hears the offer of a chat and each message; the one in front hears those it does not see. */
function hear({ contact_id: id, unread: count, waits }) {
  const before = unread.get(id) ?? 0;
  unread.set(id, count); paintUnread();
  if (count > before && rows().some(row => row.id === id && row.phase !== "ringing") && (id !== shown() || document.hidden)) knock();
  const row = document.getElementById(`ct-${id}`);         /* how long he may still wait is told by the server's clock */
  if (row?.dataset.phase === "talking" && waits !== Boolean($(".promise", row.parentElement))) update();
}
function paintUnread() {
  for (const el of $$("[data-unread]")) {
    const count = unread.get(el.dataset.unread) ?? +el.textContent;
    el.hidden = !count || el.closest("[data-open]").dataset.phase === "ringing"; el.textContent = count; el.setAttribute("aria-label", T("непрочитанных: %(n)s", { n: count }));
  }
}
export const unseen = () => $$("[data-unread]:not([hidden])").reduce((sum, el) => sum + +el.textContent, 0);

function offerOut({ id, kind, name }) {
  told.add(id);
  announce(kind === "voice" ? T("Входящий звонок: %(name)s", { name }) : T("Предложен чат: %(name)s", { name }));
  if (kind !== "voice") knockTwice();          /* for a call the telephone rings */
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const note = new Notification(kind === "voice" ? T("Звонит %(name)s", { name }) : T("Пишет %(name)s", { name }), { tag: id, requireInteraction: true });
  note.onclick = () => { focus(); note.close(); };
  notes.set(id, note);                         /* it stays until the offer is taken, or is another's */
}

function painted(live) {
  const all = rows();
  stay(); noteShown(shown(), all.map(row => row.id));
  for (const id of [...told]) if (!all.some(row => row.id === id && row.phase === "ringing")) { told.delete(id); notes.get(id)?.close(); notes.delete(id); }
  for (const offer of offers()) if (!told.has(offer.id)) offerOut(offer);
  for (const id of [...unread.keys()]) if (!all.some(row => row.id === id)) unread.delete(id);
  for (const el of $$("[data-unread]")) if (!unread.has(el.dataset.unread)) unread.set(el.dataset.unread, +el.textContent);
  for (const el of $$(".desk [data-chat]")) mountChat(el, live);
  paintUnread(); takeUp();
}

/* The dialog opens with what is known when the server takes longer. */
const FRESH_MS = 1500, TYPING_MS = 200, soon = ms => new Promise(done => setTimeout(done, ms));

/* The contact above or below, round and round. */
export function step(by) {
  const ids = rows().map(row => row.id);
  if (ids.length) open(ids[(ids.indexOf(shown()) + by + ids.length) % ids.length], true);
}
document.addEventListener("click", async e => {
  const at = selector => e.target.closest?.(selector), row = at("[data-open]"), accept = at("[data-accept]");
  if (at("#transfer")) { await Promise.race([colleagues(""), soon(FRESH_MS)]); openDialog("transfer"); }      /* who is at work changes unheard here */
  if (row) open(row.dataset.open, true);
  if (accept) {
    const { contact } = accept.closest("[data-contact]").dataset;
    if (await trying(() => api("POST", `/desk/contacts/${contact}/accept`))) { handToComposer = contact; flush(); bring(contact); }
    update();
  }
});

/* Passing on. In a big house only the first colleagues stand there; others are found by name, the last letter typed wins. */
let asked = 0;
async function colleagues(name) {
  const turn = ++asked, contact = $("#transfer-form")?.dataset.contact;
  if (name) await soon(TYPING_MS);
  if (!contact || turn !== asked) return;
  const query = new URLSearchParams({ contact, name, lang: document.documentElement.lang });
  try {
    const answer = await fetch(`/desk/colleagues?${query}`, { credentials: "same-origin", headers: { Accept: "text/html" } });
    const list = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (!answer.ok || turn !== asked) return;
    if (!name) $("#goes-name").closest(".field").hidden = !$("[data-more]", list);
    $("#colleagues").replaceChildren(...list.childNodes);
  } catch { toast(T("Нет связи. Попробуйте ещё раз."), { kind: "alert" }); }
}
document.addEventListener("input", e => { if (e.target.id === "goes-name") colleagues(e.target.value); });

document.addEventListener("submit", async e => {
  if (e.target.id !== "transfer-form") return;
  e.preventDefault();
  const form = e.target, chosen = $("[name=goes]:checked", form), { contact, kind } = form.dataset;
  $("#goes-err").hidden = !!chosen;
  if (!chosen) { $("[name=goes]", form)?.focus(); return; }
  await flush();
  const body = { queue: chosen.dataset.queue ?? null, agent: chosen.dataset.agent ?? null };
  if (await trying(() => api("POST", `/desk/contacts/${contact}/transfer`, body))) toast(kind === "voice" ? T("Звонок передан") : T("Чат передан"));
  form.closest("dialog").close(); update();
});
/* A dialog that closes keeps nothing, and what changed under it meanwhile is painted. */
document.addEventListener("close", e => { for (const form of $$("form", e.target)) form.reset(); update(); }, true);

export function watchContacts(live, fetchAgain) {
  update = fetchAgain;
  live.addEventListener("desk", e => callBegan(e.detail.tasks ?? []));
  live.addEventListener("chat", e => hear(e.detail));
  document.addEventListener("cb:painted", () => painted(live));
  setInterval(() => { if (left && performance.now() - left > FETCH_MS) stay(); takeUp(); }, 200);
}

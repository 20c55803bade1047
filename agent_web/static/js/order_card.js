/* Beside the order itself: what two people changed is settled by a person, the customer's data, the way to the shop's own system. */
import { $, $$, T, api, icon, make, money, toast, trying, Refused } from "./core.js";
import { change, flush } from "./order.js";
import { dirty, refresh } from "./panes.js";

/* Two people, one field: both values stand side by side until one of them is taken. Kept while panes are painted anew. */
let clashes = [], clashOrder = "", clashBody = {};
const names = () => ({ delivery_address: T("Адрес"), delivery_slot: T("Доставка"), payment: T("Оплата"), courier_comment: T("Курьеру"), status: T("Статус") });
const article = field => /^items\[(.*)\]$/.exec(field)?.[1];
const inWords = value => value === null || value === "" ? "—" : typeof value === "object" ? `${value.quantity} × ${value.price === undefined ? "…" : money(value.price)}` : String(value);

function paintClashes() {
  const host = $("#clashes");
  if (!host || host.dataset.of !== clashOrder || $(".clash", host) || !clashes.length) return;
  const box = make("div", "clash");
  box.setAttribute("role", "alert");
  for (const clash of clashes) {
    const bar = make("div", "note-bar is-warn"), mine = make("button", "btn sm", T("Оставить моё")), theirs = make("button", "btn sm", T("Взять их"));
    mine.type = theirs.type = "button"; mine.dataset.keep = clash.field; theirs.dataset.take = clash.field;
    const both = T("тем временем: %(theirs)s, у вас: %(yours)s", { theirs: inWords(clash.theirs), yours: inWords(clash.yours) });
    const words = make("span", "grow vs", make("b", "", names()[clash.field] ?? article(clash.field) ?? clash.field), ` ${both}`);
    bar.append(icon("alert"), words, mine, theirs); box.append(bar);
  }
  host.append(box);
}
document.addEventListener("cb:clash", e => { clashes = e.detail.conflicts; clashOrder = e.detail.order; $(".clash")?.remove(); clashBody = e.detail.body; paintClashes(); });
document.addEventListener("cb:painted", () => { paintClashes(); $$("[data-part=fields] .theirs").forEach(offerMine); });
/* The note beside a field that somebody else changed while it is typed in offers theirs; ours too. */
function offerMine(note) {
  if ($("[data-mine]", note)) return;
  const mine = make("button", "btn sm", T("Оставить моё"));
  mine.type = "button"; mine.dataset.mine = "";
  mine.onclick = () => { note.remove(); flush(); };
  note.append(mine);
}

const API_NAMES = { delivery_address: v => ({ delivery: { address: v } }), delivery_slot: v => ({ delivery: { slot: v } }), payment: v => ({ payment: v }), courier_comment: v => ({ comment: v }), status: v => ({ status: v, ...(clashBody.cancel_reason ? { cancel_reason: clashBody.cancel_reason } : {}) }) };
async function settle(field, keep) {
  const clash = clashes.find(c => c.field === field);
  clashes = clashes.filter(c => c.field !== field); $(".clash")?.remove();
  const code = article(field), row = code !== undefined && $$("#items tr[data-article]").find(r => r.dataset.article === code);
  if (row) for (const f of $$("[data-field]", row)) f.value = f.dataset.was;
  const own = $(`[data-part=fields] [data-field="${field}"]`);
  if (own && !keep) own.value = own.dataset.was;
  if (keep) {
    if (code === undefined) { if (own) own.dataset.was = own.value; await change(API_NAMES[field](own ? own.value.trim() : clash.yours)); }
    else {
      const now = await api("GET", `/orders/${clashOrder}`);
      const others = now.items.filter(i => i.article !== code).map(i => ({ article: i.article, quantity: i.quantity, price: i.price }));
      await change({ version: now.version, items: clash.yours === null ? others : [...others, { article: code, ...clash.yours }] });
    }
  } else await refresh();
  paintClashes();
  ($(".clash button") ?? $("#order"))?.focus?.();
}

/* The customer's data. */
const phones = text => text.split(/[,;]/).map(p => p.trim()).filter(Boolean);
function complain(form, errors) {
  for (const el of $$(".err", form)) el.hidden = true;
  for (const f of $$("[data-field]", form)) f.removeAttribute("aria-invalid");
  let first = null;
  for (const { field, reason } of errors) {
    const input = $(`[data-field="${field.replace(/[.[].*$/, "")}"]`, form), at = input && $(`#${input.id}-err`);
    if (!at) continue;
    at.lastElementChild.textContent = reason; at.hidden = false; input.setAttribute("aria-invalid", "true"); first ??= input;
  }
  first?.focus();
  return !!first;
}
async function savePerson(form) {
  const body = { version: +form.dataset.version }, fields = $$("[data-field]", form).filter(dirty);
  for (const f of fields) body[f.dataset.field] = f.dataset.field === "phones" ? phones(f.value) : f.value.trim();
  if (!fields.length) return;
  complain(form, []);
  try {
    const now = await api("PATCH", `/customers/${form.dataset.whose}`, body);
    form.dataset.version = now.version;
    for (const f of fields) f.dataset.was = f.value;
    toast(T("Карточка клиента сохранена"), { action: now.change_id ? T("Вернуть") : "", onAction: () => undoCard(now.id, now.change_id) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.problem.current_version) form.dataset.version = error.problem.current_version;
    if (!complain(form, error.errors)) toast(error.message, { kind: "alert" });
    if (error.status !== 409) return;
  }
  await refresh();
}
async function undoCard(customer, change) {
  if (await trying(() => api("POST", `/customers/${customer}/undo`, { change_id: change }))) toast(T("Вернули как было"));
  await refresh();
}

/* What is edited goes out first: the customer must see what the operator sees. */
async function askCustomer(order, way) {
  await flush();
  if (await trying(() => api("POST", `/orders/${order}/confirmation`, { way }))) toast(T("Ссылка уходит клиенту"));
  await refresh();
}

/* Older history is fetched page by page. */
async function showOlder(button) {
  const query = new URLSearchParams({ contact: button.dataset.contact, before: button.dataset.older, lang: document.documentElement.lang });
  const answer = await fetch(`/desk/history?${query}`, { credentials: "same-origin", headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) { toast(T("Не получилось. Попробуйте ещё раз."), { kind: "alert" }); return; }
  const page = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html"), lines = [...$("ol", page).children];
  (button.closest("li.more, p") ?? button).remove();
  $("[data-part=timeline] ol.tl").append(...lines);
  lines[0]?.setAttribute("tabindex", "-1"); lines[0]?.focus();
}

document.addEventListener("submit", e => { if (e.target.id === "person") { e.preventDefault(); savePerson(e.target); } });
document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-keep]"))) settle(b.dataset.keep, true);
  if ((b = at("[data-take]"))) settle(b.dataset.take, false);
  if ((b = at("[data-undo-card]"))) undoCard(b.dataset.of, b.dataset.undoCard);
  if ((b = at("[data-older]"))) showOlder(b);
  if ((b = at("[data-ask]"))) askCustomer(b.dataset.of, b.dataset.ask);
  if ((b = at("[data-post-now]"))) trying(() => api("POST", `/orders/${b.dataset.postNow}/post`));
});

/* The order card: each change is shown at once, saved by itself, says where it is, and can be undone. */
import { $, $$, T, announce, api, icon, language, locale, make, money, toast, trying, Refused } from "./core.js";
import { dirty, refresh } from "./panes.js";

const QUICK_MS = 350, SLOW_MS = 900;
let chain = Promise.resolve(), timer = null, saved = { order: "", text: "", kind: "" };

const card = () => $("#order");
const rows = () => $$("#items tr[data-article]");
const quantity = row => { const f = $("[data-field=quantity]", row); return Math.min(999, Math.max(1, parseInt(f.value, 10) || 1)); };
/* The price as typed, in kopecks; null when it is the one that stands, or no sum of money. */
const typedPrice = text => /^\d{1,7}([.,]\d{1,2})?$/.test(text) ? Math.round(parseFloat(text.replace(",", ".")) * 100) : null;
const price = row => { const f = $("[data-field=price]", row); return f && dirty(f) ? typedPrice(f.value.replace(/\s/g, "")) : null; };
const line = row => { const asked = price(row); return { article: row.dataset.article, quantity: quantity(row), ...(asked === null ? {} : { price: asked }) }; };

function tell(text, kind) {
  saved = { order: card()?.dataset.order ?? "", text, kind };
  const el = $("#saved"); if (!el) return;
  el.className = `sm ${kind === "ok" ? "ok" : kind === "bad" ? "bad" : "muted"}`;
  el.replaceChildren(...(kind === "ok" ? [icon("check"), ` ${text}`] : [text]));
}
document.addEventListener("cb:painted", () => { if (saved.text && card()?.dataset.order === saved.order) tell(saved.text, saved.kind); });

function recount() {
  let sum = 0;
  for (const row of rows()) { const line = quantity(row) * (price(row) ?? row.dataset.price); sum += line; $("[data-sum]", row).textContent = money(line); }
  $("#total").textContent = money(sum);
}

/* Somebody else changed this field meanwhile: what is typed goes out once its writer has seen theirs and kept his own. */
const unsettled = f => !!f.closest(".field")?.querySelector(".theirs");

/* What the card says now, against what the server knows: only what differs goes out. */
function changes() {
  const body = {}, delivery = {};
  const edited = rows().some(row => $$("[data-field]", row).some(dirty));
  if (edited) body.items = rows().map(line);
  for (const f of $$("[data-part=fields] [data-field]")) if (dirty(f) && !unsettled(f)) {
    const name = f.dataset.field, value = f.value.trim();
    if (name === "delivery_address") delivery.address = value; else if (name === "delivery_slot") delivery.slot = value; else if (name === "payment") body.payment = value; else body.comment = value;
  }
  if (Object.keys(delivery).length) body.delivery = delivery;
  return body;
}

/* Which version of the order stands before the operator: lines that are edited are not painted anew, so theirs may be older. */
const seen = body => +(body.items ? $("#items") : card())?.dataset.version;

function send(order, body, said) {
  const part = body.items ? "#items [data-field]" : "[data-part=fields] [data-field]";
  const sent = new Map($$(part).filter(f => dirty(f) && !unsettled(f)).map(f => [f.id, f.value]));
  const fixed = "version" in body, before = fixed ? body.version : seen(body);
  chain = chain.then(async () => {
    const busy = setTimeout(() => tell(T("сохраняем…"), "busy"), 120);
    try {
      const version = !fixed && card()?.dataset.order === order ? seen(body) : before;
      const now = await api("PATCH", `/orders/${order}`, { ...body, version, merge: true });
      clearTimeout(busy);
      if (card()?.dataset.order === order) {
        card().dataset.version = now.version;
        if (body.items && $("#items")) $("#items").dataset.version = now.version;
        for (const [id, value] of sent) { const f = document.getElementById(id); if (f) { f.dataset.was = value; f.classList.toggle("changed", true); } }
        tell(T("сохранено в %(time)s", { time: new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(new Date()) }), "ok");
      }
      if (said) toast(said, { action: now.change_id ? T("Вернуть") : "", onAction: () => undo(order, now.change_id) });
    } catch (error) {
      clearTimeout(busy);
      if (!(error instanceof Refused)) throw error;
      tell(T("не сохранено"), "bad");
      if (error.problem.conflicts) { document.dispatchEvent(new CustomEvent("cb:clash", { detail: { order, body, conflicts: error.problem.conflicts } })); await refresh(); return; }
      const why = error.errors[0]?.reason || error.message; toast(why, { kind: "alert" }); announce(why);
    }
    await refresh();
  });
  return chain;
}
async function undo(order, change) {
  if (await trying(() => api("POST", `/orders/${order}/undo`, { change_id: change }))) { tell("", ""); toast(T("Вернули как было")); }
  await refresh();
}

/* Save what is edited, now. Waits for earlier saves. */
export function flush() {
  clearTimeout(timer); timer = null;
  if (!card()) return chain;
  const { items, ...rest } = changes(), order = card().dataset.order;
  if (items) send(order, { items });
  if (Object.keys(rest).length) send(order, rest);
  return chain;
}
const later = ms => { clearTimeout(timer); timer = setTimeout(flush, ms); };
const without = row => rows().filter(r => r !== row).map(line);
export const change = (body, said) => { const it = card(); return flush().then(() => send(it.dataset.order, body, said)); };

document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector), row = at("#items tr[data-article]");
  let b;
  if (row && (at("[data-inc]") || at("[data-dec]"))) {
    const f = $("[data-field=quantity]", row);
    f.value = Math.min(999, Math.max(1, quantity(row) + (at("[data-inc]") ? 1 : -1))); recount(); later(QUICK_MS);
  }
  if (row && at("[data-remove]")) { const items = without(row); if (items.length) change({ items }, T("Товар убран из заказа")); }
  if ((b = at("[data-status]"))) {
    const said = { confirmed: T("Заказ подтверждён"), postponed: T("Заказ отложен"), to_confirm: T("Заказ снова ждёт подтверждения") };
    change({ status: b.dataset.status }, said[b.dataset.status]);
  }
  if ((b = at("[data-undo]"))) undo(b.dataset.of, b.dataset.undo);
  if ((b = at("[data-add]"))) addProduct(b.dataset.add);
});
document.addEventListener("input", e => {
  if (e.target.matches("#items [data-field]")) { recount(); later(SLOW_MS); }
  else if (e.target.matches("[data-part=fields] [data-field]")) { e.target.classList.toggle("changed", dirty(e.target)); later(e.target.matches("select") ? QUICK_MS : SLOW_MS); }
  else if (e.target.id === "add") { clearTimeout(searching); searching = setTimeout(() => search(e.target.value), 150); }
});
document.addEventListener("change", e => {
  if (e.target.matches("[data-field=quantity]")) { e.target.value = quantity(e.target.closest("tr")); recount(); flush(); }
  else if (e.target.matches("#items [data-field],[data-part=fields] [data-field]")) flush();
});
document.addEventListener("cb:leaving", () => { if (timer) flush(); });

/* Cancelling wants a reason. */
document.addEventListener("submit", e => {
  if (e.target.id !== "cancel-form") return;
  e.preventDefault();
  const reason = $("#why").value.trim() || $("[name=reason]:checked", e.target)?.value || "";
  $("#why-err").hidden = !!reason; $("#why").setAttribute("aria-invalid", !reason);
  if (!reason) { $("#why").focus(); return; }
  e.target.closest("dialog").close(); e.target.reset();
  change({ status: "cancelled", cancel_reason: reason }, T("Заказ отменён"));
});

/* Adding a product: type, choose with arrows or the mouse. */
let searching = null, search_turn = 0;
async function search(text) {
  const list = $("#add-list"), field = $("#add"), turn = ++search_turn;
  if (!list) return;
  if (!text.trim()) { list.hidden = true; field.setAttribute("aria-expanded", "false"); return; }
  let found = [];
  await trying(async () => { found = await api("GET", `/products?limit=6&search=${encodeURIComponent(text.trim())}`); });
  if (turn !== search_turn) return;
  list.replaceChildren(...found.map((p, n) => {
    const name = language() === "en" && p.name_en ? p.name_en : p.name_ru;
    const button = make("button", "", make("span", "grow cut", make("b", "", name), ` ${p.article}`), make("span", "num", money(p.price)));
    button.type = "button"; button.dataset.add = p.article; button.id = `hit-${n}`; button.setAttribute("role", "option"); button.tabIndex = -1;
    const line = make("li", "", button); line.setAttribute("role", "none");
    return line;
  }));
  if (!found.length) list.append(make("li", "sm muted pad", T("Такого товара нет")));
  list.hidden = false; field.setAttribute("aria-expanded", "true");
}
function addProduct(article) {
  const items = rows().map(r => { const it = line(r); return it.article === article ? { ...it, quantity: it.quantity + 1 } : it; });
  if (!items.some(i => i.article === article)) items.push({ article, quantity: 1 });
  $("#add").value = ""; $("#add-list").hidden = true; $("#add").focus();
  change({ items }, T("Товар добавлен"));
}
document.addEventListener("keydown", e => {
  const list = $("#add-list");
  if (!list || list.hidden || !e.target.closest("[data-part=add]")) return;
  const hits = $$("button", list), at = hits.indexOf(document.activeElement);
  if (e.key === "ArrowDown") { e.preventDefault(); (hits[at + 1] ?? hits[0])?.focus(); }
  if (e.key === "ArrowUp") { e.preventDefault(); (hits[at - 1] ?? $("#add")).focus(); }
  if (e.key === "Enter" && at < 0 && hits[0]) { e.preventDefault(); addProduct(hits[0].dataset.add); }
  if (e.key === "Escape") { list.hidden = true; $("#add").focus(); }
});

/* What is known of the product that is looked at in the list of found ones: read while it is in hand, added with Enter. */
import { $, T, api, language, make, money, trying } from "./core.js";

const LOOK_MS = 120;
let timer = null, turn = 0;
const name = p => language() === "en" && p.name_en ? p.name_en : p.name_ru;
const day = text => new Intl.DateTimeFormat(document.documentElement.lang, { day: "numeric", month: "short" }).format(new Date(`${text}T12:00`));

function stores(list, note) {
  const box = make("div", "p-stock"), rows = make("ul", "");
  for (const s of list) {
    const coming = s.arrives_on ? T("ещё %(count)s будет %(day)s", { count: s.arriving || "", day: day(s.arrives_on) }) : "";
    rows.append(make("li", s.pieces ? "" : "muted", make("span", "grow cut", s.store), make("span", "num", [s.pieces, coming].filter(x => x !== "").join(" · "))));
  }
  if (list.length) box.append(make("h4", "lab", T("Где есть")), rows);
  if (note) box.append(make("p", "xs warn", note));
  return box;
}
function others(title, list) {
  if (!list.length) return null;
  const rows = make("ul", "");
  for (const p of list) {
    const b = make("button", "btn sm", make("span", "grow cut", p.variant ? `${p.variant}` : name(p)), make("span", "num", money(p.price)));
    b.type = "button"; b.dataset.add = p.article; b.title = name(p);
    rows.append(make("li", "", b));
  }
  return make("div", "p-more", make("h4", "lab", title), rows);
}
const TROUBLE = () => ({ away: T("Система магазина не отвечает, остатки наши"), slow: T("Система магазина медлит, остатки наши"), busy: T("Система магазина занята, остатки наши"), refused: T("Система магазина не знает товара, остатки наши"), nonsense: T("Ответ системы магазина не понять, остатки наши") });

async function look(article) {
  const mine = ++turn, host = $("#product");
  if (!host) return;
  let card = null;
  if (!await trying(async () => { card = await api("GET", `/products/card?article=${encodeURIComponent(article)}`); }) || mine !== turn) return;
  const text = language() === "en" && card.description_en ? card.description_en : card.description_ru;
  const stock = stores(card.stores);
  host.replaceChildren(make("h3", "", name(card)), make("p", "sm sub num", `${card.article} · ${money(card.price)}`), ...[text && make("p", "sm", text), stock, others(T("Другие варианты"), card.variants), others(T("Похожие"), card.analogues), others(T("К нему берут"), card.goes_with)].filter(Boolean));
  host.hidden = false;
  const live = await api("GET", `/products/stock?article=${encodeURIComponent(article)}`).catch(() => null);
  if (mine === turn && live) stock.replaceWith(stores(live.stores, live.trouble ? TROUBLE()[live.trouble] : ""));
}
function away() { turn++; clearTimeout(timer); const host = $("#product"); if (host) { host.hidden = true; host.replaceChildren(); } }

document.addEventListener("focusin", e => {
  const hit = e.target.closest?.("#add-list [data-add]");
  if (hit) { clearTimeout(timer); timer = setTimeout(() => look(hit.dataset.add), LOOK_MS); }
});
document.addEventListener("pointerover", e => {
  const hit = e.target.closest?.("#add-list [data-add]");
  if (hit) { clearTimeout(timer); timer = setTimeout(() => look(hit.dataset.add), LOOK_MS); }
});
/* → goes into what is known of it, ← comes back to the list */
document.addEventListener("keydown", e => {
  const hit = e.target.closest?.("#add-list [data-add]"), inside = e.target.closest?.("#product");
  if (hit && e.key === "ArrowRight") { const first = $("#product button"); if (first) { e.preventDefault(); first.focus(); } }
  if (inside && (e.key === "ArrowLeft" || e.key === "Escape")) { e.preventDefault(); e.stopPropagation(); $("#add-list button")?.focus(); }
  if (inside && (e.key === "ArrowDown" || e.key === "ArrowUp")) {
    const all = [...$("#product").querySelectorAll("button")], at = all.indexOf(document.activeElement);
    e.preventDefault(); e.stopPropagation(); all[at + (e.key === "ArrowDown" ? 1 : -1)]?.focus();
  }
}, true);
document.addEventListener("click", e => { if (e.target.closest?.("[data-add]")) away(); });
document.addEventListener("input", e => { if (e.target.id === "add") away(); });
document.addEventListener("cb:painted", () => { if ($("#add-list")?.hidden) away(); });

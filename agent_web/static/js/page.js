/* Behaviour shared by all pages: theme, language, menus, tabs, dialogs, keys of lists. */
import { $, $$, api, learn, paintValues, swapIcon, tick, trying } from "./core.js";

const YEAR = 31536000;
const remember = (name, value) => { document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax`; };

function paintTheme() {
  for (const b of $$("[data-theme-toggle]")) swapIcon(b, document.documentElement.dataset.theme === "dark" ? "sun" : "moon");
  document.dispatchEvent(new Event("cb:theme"));
}
function turnTheme() {
  const page = document.documentElement;
  page.dataset.theme = page.dataset.theme === "dark" ? "light" : "dark";
  remember("cb-theme", page.dataset.theme); paintTheme();
}

/* The desk must not reload (a call may be on), so it listens to cb:lang and redraws its panes; every other page loads again. */
async function speak(language) {
  remember("cb-lang", language);
  if ("user" in document.body.dataset) await trying(() => api("POST", "/me/language", { language }));
  if ("shell" in document.body.dataset) { await learn(language); document.dispatchEvent(new Event("cb:lang")); return; }
  const url = new URL(location.href);
  url.searchParams.delete("lang"); location.replace(url);
}

export function openDialog(id) { const d = $(`#d-${id}`); if (d && !d.open) { if ("modeless" in d.dataset) d.show(); else d.showModal(); } }
function pickTab(tab) {
  for (const t of $$("[role=tab]", tab.parentNode)) {
    const on = t === tab;
    t.setAttribute("aria-selected", on); t.tabIndex = on ? 0 : -1; $(`#${t.getAttribute("aria-controls")}`).hidden = !on;
  }
  tab.focus();
}
function toggleMenus(pressed, inside) {
  for (const menu of $$(".menu")) {
    const button = menu.previousElementSibling, open = pressed === button && menu.hidden;
    if (menu.hidden && !open) continue;
    menu.hidden = !open; button.setAttribute("aria-expanded", open);
    if (open) $("button", menu)?.focus(); else if (menu.contains(inside)) button.focus();
  }
}
document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-lang]"))) speak(b.dataset.lang);
  if (at("[data-theme-toggle]")) turnTheme();
  if ((b = at("[data-dialog]"))) openDialog(b.dataset.dialog);
  if (at("[data-close]")) at("dialog")?.close();
  if (e.target.matches?.("dialog")) e.target.close();
  toggleMenus(at("[data-menu]"), e.target);
  if ((b = at(".seg:not(.free) button"))) for (const x of $$("button", b.parentNode)) x.setAttribute("aria-pressed", x === b);
  if ((b = at("[role=tab]"))) pickTab(b);
});
document.addEventListener("keydown", e => {
  const inField = e.target.matches("input,textarea,select"), list = e.target.closest(".menu,[role=tablist]");
  if (list && /^Arrow/.test(e.key)) {
    const all = $$("button", list), step = /Down|Right/.test(e.key) ? 1 : -1;
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    e.preventDefault();
    if (next.getAttribute("role") === "tab") pickTab(next); else next.focus();
  }
  if (e.key === "Escape") for (const menu of $$(".menu:not([hidden])")) {
    menu.hidden = true; menu.previousElementSibling.setAttribute("aria-expanded", false); menu.previousElementSibling.focus();
  }
  const help = $("[data-command=help]");               /* the desk's operator may have given it another key */
  if (e.key === "?" && !inField && (!help || help.dataset.chord === "?")) openDialog("help");
});
document.addEventListener("input", e => { if (e.target.type === "range") paintValues(e.target.parentNode); });

paintValues(); paintTheme(); tick(); setInterval(tick, 1000);

/* The palette: everything that the desk can do now, found by typing, in either layout. */
import { $, $$, T, make } from "./core.js";
import { openDialog } from "./page.js";

const PLACES = ["main", ".list", "header.bar", ".ctx"], MOST = 60;
const NOT_HERE = "[data-inc],[data-dec],[data-remove],[data-tone],[data-rebind],[data-menu],[role=tab][aria-selected=true]";
const ENGLISH = "qwertyuiop[]asdfghjkl;'zxcvbnm,.", RUSSIAN = "йцукенгшщзхъфывапролджэячсмитьбю";
const turned = (text, from, to) => [...text].map(letter => to[from.indexOf(letter)] ?? letter).join("");
const words = text => text.toLowerCase().trim().split(/\s+/);

let all = [], shown = [], at = 0, desk = null;

function nameOf(button) {
  const copy = button.cloneNode(true);
  for (const el of $$("kbd,[aria-hidden=true],svg", copy)) el.remove();
  return (button.getAttribute("aria-label") || copy.textContent).replace(/\s+/g, " ").trim();
}
/* The commands with keys first, then every other button that can be pressed. */
function collect() {
  const keyed = $$("[data-command]").map(row => ({ command: row.dataset.command, name: $(".grow", row).textContent, chord: $("kbd", row).textContent, el: desk.target(row.dataset.command) }));
  const ready = keyed.filter(one => one.el || ["above", "below", "help"].includes(one.command));
  const taken = new Set(ready.map(one => one.el).filter(Boolean));
  const others = PLACES.flatMap(place => $$(`${place} button`)).filter(b => !b.disabled && !taken.has(b) && !b.matches(NOT_HERE) && !b.closest("[inert],[role=tabpanel][hidden],[hidden]:not(.menu)"));
  const menu = b => b.closest("#m-status") ? `${T("Статус")}: ` : "";
  return [...ready, ...others.map(el => ({ name: menu(el) + nameOf(el), chord: "", el }))].filter(one => one.name);
}
function paint() {
  const typed = $("#pal").value.toLowerCase(), ways = [typed, turned(typed, ENGLISH, RUSSIAN), turned(typed, RUSSIAN, ENGLISH)];
  shown = all.filter(one => ways.some(way => words(way).every(word => one.name.toLowerCase().includes(word)))).slice(0, MOST);
  at = 0;
  $("#pal-list").replaceChildren(...shown.map((one, n) => {
    const row = make("li", "", make("span", "grow cut", one.name), ...(one.chord ? [make("kbd", "", one.chord)] : []));
    row.id = `pal-${n}`; row.setAttribute("role", "option"); row.onclick = () => run(n);
    return row;
  }));
  $("#pal-none").hidden = shown.length > 0;
  $("#pal").setAttribute("aria-expanded", shown.length > 0);
  mark();
}
function mark() {
  $$("[role=option]", $("#pal-list")).forEach((row, n) => { row.setAttribute("aria-selected", n === at); if (n === at) row.scrollIntoView({ block: "nearest" }); });
  if (shown.length) $("#pal").setAttribute("aria-activedescendant", `pal-${at}`); else $("#pal").removeAttribute("aria-activedescendant");
}
function run(n) {
  const one = shown[n];
  $("#d-palette").close();
  if (!one) return;
  if (one.command) desk.give(one.command);
  else if (one.el.isConnected) one.el.click();
  else { const now = collect().find(other => other.name === one.name); now?.el.click(); }      /* painted anew meanwhile */
}
/* `commands` gives a command of the desk by its code, and tells the element that it presses now. */
export function openPalette(commands) {
  desk = commands;
  const dialog = $("#d-palette");
  if (dialog.open) { dialog.close(); return; }
  $("#pal").value = ""; all = collect(); openDialog("palette"); paint(); $("#pal").focus();
}
document.addEventListener("input", e => { if (e.target.id === "pal") paint(); });
document.addEventListener("keydown", e => {
  if (e.target.id !== "pal" || e.isComposing) return;
  const by = { ArrowDown: 1, ArrowUp: -1 }[e.code];
  if (by && shown.length) { e.preventDefault(); at = (at + by + shown.length) % shown.length; mark(); }
  if (e.code === "Enter") { e.preventDefault(); run(at); }
});

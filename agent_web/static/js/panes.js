/* Panes are made by the server and swapped here: part by part, never under the hand, never taking the focus. */
import { $, $$, T, handsOff, make, paintValues, restart, tick } from "./core.js";
import { wanted } from "./front.js";

const pane = name => $(`[data-pane=${name}]`);
const shown = new WeakMap();          /* part -> its markup as last painted, without running seconds */
const plain = html => html.replace(/data-(timer|count|drain)="\d+"/g, "").replace(/>\d+:\d\d(:\d\d)?</g, "><");
const FIELDS = "input,textarea,select";

/* Edited: in hand now, or holding what the server does not know yet. */
export function dirty(field) {
  if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
  return "was" in field.dataset && field.value !== field.dataset.was;
}
export const edited = root => $$(FIELDS, root).some(f => dirty(f) || (f === document.activeElement && "was" in f.dataset));

let asked = 0, painted = 0, again = false;
/* Fetch all panes and paint them. Answers that were overtaken are dropped. */
export async function refresh() {
  const turn = ++asked;
  const query = new URLSearchParams([["lang", document.documentElement.lang], ...wanted().map(id => ["contact", id])]);
  let answer;
  try {
    answer = await fetch(`/desk/panes?${query}`, { credentials: "same-origin", headers: { Accept: "text/html" } });
  } catch { return false; }
  if (answer.redirected || answer.status === 401) { document.dispatchEvent(new Event("cb:signed-out")); return false; }
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  await handsOff();
  if (turn < painted) return true;
  painted = turn;
  paint($$("template[data-pane]", page));
  return true;
}

function paint(templates) {
  const held = document.activeElement?.id, before = document.activeElement;
  for (const fresh of templates) {
    const host = pane(fresh.dataset.pane);
    if (!host || (fresh.dataset.pane === "dialogs" && $("dialog[open]", host))) continue;
    if (host.dataset.key !== fresh.dataset.key) {
      host.dispatchEvent(new CustomEvent("cb:leaving", { bubbles: true }));
      park(host); fetchBack(host, fresh.dataset.key);
    }
    const same = host.dataset.key === fresh.dataset.key && fresh.content.children.length > 0;
    if (!(same && byParts(host, fresh.content))) whole(host, fresh.content, same);
    Object.assign(host.dataset, { key: fresh.dataset.key, phase: fresh.dataset.phase, contact: fresh.dataset.contact, kind: fresh.dataset.kind });
  }
  if (templates.some(t => t.dataset.pane === "list")) forget();
  const main = templates.find(t => t.dataset.pane === "main");
  if (main) { document.title = `${main.dataset.title} · Cordboard`; Object.assign($(".desk").dataset, { phase: main.dataset.phase, kind: main.dataset.kind }); }
  const giveBack = () => { if (held && before !== document.activeElement) document.getElementById(held)?.focus({ preventScroll: true }); };
  giveBack(); paintValues(); tick();
  document.dispatchEvent(new CustomEvent("cb:painted"));
  if (document.activeElement === document.body) giveBack();      /* a chat's field came with its talk only now */
}

/* The work on another contact is put by as it is, with all that was typed, and comes back when he does. */
const parked = new Map();             /* pane and key -> what stood there */
const place = (host, key) => `${host.dataset.pane} ${key}`;
function park(host) {
  const scrolled = $$(".fill,.chat-scroll", host).map(el => [el, el.scrollTop]), root = document.createDocumentFragment();
  root.append(...host.childNodes);
  parked.set(place(host, host.dataset.key), { root, scrolled, key: host.dataset.key });
}
function fetchBack(host, key) {
  const found = parked.get(place(host, key));
  if (!found) return;
  parked.delete(place(host, key));
  host.replaceChildren(found.root); host.dataset.key = key;
  for (const [el, top] of found.scrolled) el.scrollTop = top;
}
export const putBy = selector => [...parked.values()].map(({ root }) => $(selector, root)).filter(Boolean);
/* What is not in hand any more is let go, after a last word to whoever kept something there. */
function forget() {
  const alive = new Set($$("[data-open]").map(row => row.dataset.key));
  for (const [at, { root, key }] of parked) if (!alive.has(key)) { parked.delete(at); document.dispatchEvent(new CustomEvent("cb:gone", { detail: { root } })); }
}

function whole(host, content, same) {
  const text = plain([...content.childNodes].map(n => n.outerHTML ?? n.data).join(""));
  if (same && shown.get(host) === text) return resync(host, content);
  const open = $(".menu:not([hidden])", host);
  if (same && open && host.contains(document.activeElement)) { again = true; return; }
  const scrolled = same ? $$(".fill", host).map(el => el.scrollTop) : [], tab = $("[role=tab][aria-selected=true]", host)?.id;
  host.replaceChildren(content);
  shown.set(host, text);
  $$(".fill", host).forEach((el, n) => { if (scrolled[n]) el.scrollTop = scrolled[n]; });
  if (same && tab) keepTab(host, tab);
}

/* The same work: only the parts that differ are changed, and those in hand are left alone. False when the parts themselves differ. */
function byParts(host, content) {
  const old = $$("[data-part]", host), fresh = $$("[data-part]", content);
  if (!old.length || old.length !== fresh.length || old.some((p, n) => p.dataset.part !== fresh[n].dataset.part)) return edited(host) ? keepEdited(host, old, fresh) : false;
  old.forEach((part, n) => swapPart(part, fresh[n]));
  return true;
}
/* Parts came or went while somebody types: swap those that are on both sides; the rest waits until the hand is off. */
function keepEdited(host, old, fresh) {
  for (const part of old) { const next = fresh.find(p => p.dataset.part === part.dataset.part); if (next) swapPart(part, next); }
  again = true;
  return true;
}
function swapPart(part, fresh) {
  if (!part.isConnected) return;      /* it went with the part around it, and its successor came with that one's */
  const text = plain(fresh.outerHTML);
  if (shown.get(part) === text) return resync(part, fresh);
  if (edited(part)) { again = true; return compare(part, fresh); }
  const keep = part.hidden, top = part.scrollTop;
  if (part.getAttribute("role") === "tabpanel") fresh.hidden = keep;
  if (part.dataset.part === "tabs" && plain(part.outerHTML).length) { const chosen = $("[aria-selected=true]", part)?.id; part.replaceWith(fresh); keepTab(fresh.parentNode, chosen); } else part.replaceWith(fresh);
  fresh.scrollTop = top;
  shown.set(fresh, text);
}
function keepTab(root, id) {
  const chosen = id && root.querySelector(`#${CSS.escape(id)}`);
  if (chosen) for (const t of $$("[role=tab]", root)) {
    t.setAttribute("aria-selected", t === chosen); t.tabIndex = t === chosen ? 0 : -1;
    const panel = root.querySelector(`#${t.getAttribute("aria-controls")}`); if (panel) panel.hidden = t !== chosen;
  }
}
/* Unchanged but for the seconds: set the clocks right. */
function resync(part, fresh) {
  const clocks = "[data-timer],[data-count],[data-drain]", mine = $$(clocks, part), theirs = $$(clocks, fresh);
  mine.forEach((el, n) => { if (theirs[n]) { for (const k of ["timer", "count", "drain"]) if (k in theirs[n].dataset) el.dataset[k] = theirs[n].dataset[k]; restart(el); } });
}
/* Somebody else changed a field that is being edited here: theirs waits beside ours. */
function compare(part, fresh) {
  for (const theirs of $$("[data-field][id]", fresh)) {
    const ours = part.querySelector(`#${CSS.escape(theirs.id)}`);
    if (!ours || ours.dataset.was === theirs.dataset.was) continue;
    if (!dirty(ours) && ours !== document.activeElement) { ours.value = theirs.dataset.was; ours.dataset.was = theirs.dataset.was; continue; }
    ours.dataset.was = theirs.dataset.was;
    const box = ours.closest(".field"); if (!box || ours.value === theirs.dataset.was) continue;
    $(".theirs", box)?.remove();
    const take = make("button", "btn sm", T("Взять"));
    take.type = "button"; take.onclick = () => { ours.value = ours.dataset.was; note.remove(); ours.focus(); };
    const note = make("div", "note-bar is-warn theirs", make("span", "grow", T("Тем временем исправили на: %(value)s", { value: theirs.dataset.was || "—" })), take);
    note.dataset.say = `theirs-${ours.id}`;
    box.append(note);
  }
}
/* What had to wait is fetched when the hand is off. */
document.addEventListener("focusout", () => setTimeout(() => { if (again && !$$("[data-part]").some(edited) && !$(".menu:not([hidden])")) { again = false; refresh(); } }, 400));

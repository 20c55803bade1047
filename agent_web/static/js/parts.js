/* The live parts of a supervisor's page: fetched again on news, kept in place and greyed when the news stop. */
import { $, $$, T, handsOff, language, make, mmss, paintValues, tick } from "./core.js";
import { Live } from "./live.js";

const STALE_MS = 10000, OLD_MS = 9000, GAP_MS = 1000;
const main = $("#main"), stale = $("#stale"), fresh = $("#fresh");
let heardAt = performance.now(), askedAt = 0, paintedAt = new Date(), asking = false, again = false, hurry = false, timer = 0;

const clock = time => time.toLocaleTimeString(language() === "en" ? "en-GB" : "ru-RU");
const news = () => { heardAt = performance.now(); };

/* A slider under the hand, or a menu that is open, waits for the next news. */
const inUse = part => Boolean($("input[type=range]:active,.menu:not([hidden])", part)) || (part.contains(document.activeElement) && document.activeElement.matches(".inp"));

/* Puts each part in its old place; focus and sideways scroll stay. Modules hear cb:before (old) and cb:part (new). */
export function swap(html) {
  const came = new DOMParser().parseFromString(html, "text/html");
  for (const part of $$("[data-part]", came)) {
    const old = $(`[data-part="${part.dataset.part}"]`);
    if (!old || inUse(old)) continue;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "", sideways = $$(".scroll-x", old).map(x => x.scrollLeft);
    document.dispatchEvent(new CustomEvent("cb:before", { detail: old }));
    const now = document.importNode(part, true);
    old.replaceWith(now); paintValues(now);
    $$(".scroll-x", now).forEach((x, i) => { x.scrollLeft = sideways[i] || 0; });
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("cb:part", { detail: now }));
  }
  tick();
}

/* One question at a time, and not more than one a second but for who has just acted. What was asked for may change meanwhile. */
export async function refresh(acted = false) {
  hurry ||= acted;
  if (asking) { again = true; return; }
  const wait = askedAt + GAP_MS - performance.now();
  if (askedAt && wait > 0 && !hurry) { clearTimeout(timer); timer = setTimeout(refresh, wait); return; }
  asking = true; hurry = false; askedAt = performance.now();
  const wanted = main.dataset.parts;
  try {
    const answer = await fetch(wanted, { headers: { Accept: "text/html" }, redirect: "manual", credentials: "same-origin" });
    if (answer.status === 401 || answer.type === "opaqueredirect") { location.reload(); return; }
    if (answer.ok) {
      const html = await answer.text();
      await handsOff();
      if (wanted === main.dataset.parts) { swap(html); paintedAt = new Date(); news(); }
    }
  } catch { /* the line is gone: the bar says so, and the next news ask again */ } finally { asking = false; }
  if (again) { again = false; refresh(); }
}

function watch() {
  const silent = performance.now() - heardAt, lost = silent > STALE_MS;
  main.classList.toggle("stale", lost);
  if (lost && stale.hidden) {
    /* Timers stop where the last news left them: a figure that runs on would look alive. */
    for (const el of $$("[data-part] [data-timer]")) { el.textContent = mmss(+el.dataset.timer); el.removeAttribute("data-timer"); }
    const seconds = make("span", "num"); seconds.setAttribute("aria-hidden", "true");
    $("span", stale).replaceChildren(make("b", "", T("Числа от %(time)s.", { time: clock(paintedAt) })), " ",
      T("Страница без связи, пробуем снова. Звонки идут как шли."), " ", seconds);
  }
  stale.hidden = !lost;
  if (lost) $("span.num", stale).textContent = mmss(silent / 1000);
  const old = Math.round((Date.now() - paintedAt) / 1000);
  if (fresh) fresh.textContent = old < 2 ? T("обновлено только что") : T("обновлено %(s)s с назад", { s: old });
}

export function live() {
  const stream = new Live();
  stream.addEventListener("ping", () => { news(); if (Date.now() - paintedAt > OLD_MS) refresh(); });
  for (const kind of ["board", "resync", "up"]) stream.addEventListener(kind, () => { news(); refresh(); });
  setInterval(watch, 1000);
}

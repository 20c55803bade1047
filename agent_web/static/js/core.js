/* What every module of the pages leans on: finding elements, speaking, timers, toasts, calls to the API. */
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/* Language: the msgid is the Russian text; English comes as one JSON catalogue, fetched only when it is spoken. */
let catalogue = {};
export async function learn(language) {
  document.documentElement.lang = language;
  if (language !== "en") { catalogue = {}; return; }
  try { catalogue = await (await fetch("/i18n/en.json")).json(); } catch { /* Russian words are better than none */ }
}
export function T(text, values = {}) {
  return (catalogue[text] || text).replace(/%\((\w+)\)s/g, (place, name) => name in values ? values[name] : place);
}
export const language = () => document.documentElement.lang;
export const locale = () => language() === "en" ? "en-GB" : "ru-RU";

const sprite = new URL("../icons.svg", import.meta.url).pathname;
export function icon(name, cls = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), use = document.createElementNS(svg.namespaceURI, "use");
  svg.setAttribute("class", `i ${cls}`); svg.setAttribute("aria-hidden", "true"); use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}
export const swapIcon = (el, name) => $("use", el)?.setAttribute("href", `${sprite}#${name}`);

/* An element from its tag, class and children, without any markup in strings. */
export function make(tag, cls = "", ...children) {
  const el = document.createElement(tag);
  if (cls) el.className = cls;
  el.append(...children);
  return el;
}

export function mmss(seconds) {
  const s = Math.max(0, Math.floor(seconds)), two = n => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}
export function money(minor) {
  const whole = minor % 100 === 0, shown = new Intl.NumberFormat(locale(),
    { minimumFractionDigits: whole ? 0 : 2, maximumFractionDigits: 2, useGrouping: "always" }).format(minor / 100);
  return `${shown.replaceAll("\u202f", "\u00a0")}\u00a0₽`;
}

/* Values given as data become CSS variables through the CSSOM, which the strict CSP allows. */
export function paintValues(root = document) {
  for (const el of $$("[data-v]", root)) el.style.setProperty("--v", el.dataset.v + (el.matches("circle") ? "" : "%"));
  for (const el of $$("input[type=range]", root)) el.style.setProperty("--v", `${100 * (el.value - el.min) / (el.max - el.min)}%`);
}

/* Timers: data-timer holds seconds already gone, data-count seconds left, both as of the moment the element was put here. */
const born = new WeakMap();
const age = el => { if (!born.has(el)) born.set(el, performance.now()); return (performance.now() - born.get(el)) / 1000; };
export function restart(el) { born.delete(el); }
export function tick() {
  for (const el of $$("[data-timer]")) {
    const gone = +el.dataset.timer + age(el), said = mmss(gone);
    if (el.textContent !== said) el.textContent = said;
    if ("limit" in el.dataset) el.classList.toggle("over", gone > +el.dataset.limit);
  }
  for (const el of $$("[data-over]")) el.hidden = age(el) < +el.dataset.over;
  for (const el of $$("[data-until-over]")) el.hidden = age(el) >= +el.dataset.untilOver;
  for (const el of $$("[data-count]")) {
    const left = Math.max(0, +el.dataset.count - age(el)), said = "clock" in el.dataset ? mmss(Math.ceil(left)) : String(Math.ceil(left));
    if (el.textContent !== said) el.textContent = said;
  }
  for (const el of $$("[data-drain]")) {
    const left = Math.max(0, +el.dataset.drain - age(el)), share = 100 * left / (+el.dataset.whole || 1);
    el.style.setProperty("--v", share.toFixed(1) + (el.matches("circle") ? "" : "%"));
  }
}

/* Two regions are read out, and no other: one at once (ringing, and what stops the work), one when there is a pause. */
export function announce(text) { const el = $("#alert"); if (el) el.textContent = text; }
const PAUSE_MS = 300;
let toSay = [], saying = 0;
export function say(text) {
  if (!text || toSay.includes(text)) return;
  toSay.push(text);
  clearTimeout(saying);
  saying = setTimeout(() => { const el = $("#said"); if (el) el.replaceChildren(make("p", "", toSay.join(". "))); toSay = []; }, PAUSE_MS);
}

export function toast(text, { kind = "check", action = "", onAction = null } = {}) {
  const host = $(".toasts"), el = make("div", "toast", icon(kind), make("span", "grow", text));
  if (action) {
    const button = make("button", "btn sm", action);
    button.type = "button"; button.onclick = () => { el.remove(); onAction(); };
    el.append(button);
  }
  for (const same of $$(".toast", host)) if (same.textContent === el.textContent) same.remove();
  host.append(el); say(text);
  let life = setTimeout(() => el.remove(), 8000);
  const wait = () => clearTimeout(life), leave = () => { life = setTimeout(() => el.remove(), 3000); };
  el.onmouseenter = wait; el.onfocusin = wait; el.onmouseleave = leave; el.onfocusout = leave;
  return el;
}

export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail || problem?.title || "");
    this.status = status; this.errors = problem?.errors || []; this.fault = problem?.fault || ""; this.problem = problem || {};
  }
}
/* When the press was that asks for what is asked now, for the page measures how soon it is answered; 0 when nobody has just pressed. */
const JUST_MS = 250;
let pressedAt = 0;
for (const event of ["click", "keydown"]) addEventListener(event, () => { pressedAt = performance.now(); }, true);
function takePress() { const at = performance.now() - pressedAt < JUST_MS ? pressedAt : 0; pressedAt = 0; return at; }

/* A call to our API. Throws Refused with a plain sentence; a dead line is Refused with status 0. */
export async function api(method, path, body) {
  const pressed = method === "GET" ? 0 : takePress();
  let answer;
  try {
    answer = await fetch(`/api/v1${path}`, {
      method, headers: { "Accept": "application/json", "Accept-Language": language(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin",
    });
  } catch { throw new Refused(0, { detail: T("Сервер не отвечает. Ничего не потеряно, попробуйте ещё раз.") }); }
  const data = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (pressed) document.dispatchEvent(new CustomEvent("cb:acted", { detail: performance.now() - pressed }));
  if (!answer.ok) throw new Refused(answer.status, data);
  return data;
}
/* Does the work, and says in a toast what went wrong. True when it went well. */
export async function trying(work) {
  try { await work(); return true; } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message || T("Не получилось. Попробуйте ещё раз."), { kind: "alert" });
    return false;
  }
}

/* What is pressed must still stand there when it is let go, or the click meets nothing: a painting waits for that, not longer than a press lasts. */
const PRESS_MS = 1000;
let lift = () => {}, press = Promise.resolve();
const down = () => { lift(); press = new Promise(done => { lift = done; setTimeout(done, PRESS_MS); }); }, up = () => setTimeout(lift);
addEventListener("pointerdown", down, true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, up, true);
addEventListener("keydown", e => { if (e.key === " " && !e.repeat) down(); }, true);
addEventListener("keyup", e => { if (e.key === " ") up(); }, true);
export const handsOff = () => press;

export const ready = learn(document.documentElement.lang);

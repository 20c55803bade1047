/* The settings of a campaign: one form is one change, all of it or nothing. What was refused is said beside its field; what others
   change meanwhile comes into the fields that nobody has touched here. */
import { $, $$, Refused, T, api, language, toast } from "./core.js";
import { refresh } from "./parts.js";

const campaign = document.body.dataset.campaign, settings = $("#settings");
const hosts = form => $$("[data-knob]", form);
const host = knob => $(`[data-knob="${knob}"]`, settings);
const was = el => JSON.parse(el.dataset.was);
/* What a field says while nobody has touched it: a value is typed in fewer digits than it is kept in. */
const untouched = new WeakMap();
const scale = el => Number(el.dataset.scale || 1);
const rounded = value => Number(value.toFixed(6));
const typed = value => { const text = String(rounded(value)); return language() === "ru" ? text.replace(".", ",") : text; };

class Unreadable extends Error {}
const minutes = text => {
  const found = /^(\d{1,2}):([0-5]\d)$/.exec(text.trim()), value = found ? +found[1] * 60 + +found[2] : NaN;
  if (!(value <= 1440)) throw new Unreadable(T("Время пишется так: 09:00"));
  return value;
};
const clock = value => `${String(Math.floor(value / 60)).padStart(2, "0")}:${String(value % 60).padStart(2, "0")}`;
function number(el) {
  const text = el.value.replace(/[\s\u00a0]/g, "").replace(",", ".");
  if (text === "" && "empty" in el.dataset) return null;
  const value = text === "" ? NaN : rounded(Number(text) * scale(el));
  if (!Number.isFinite(value)) throw new Unreadable(T("Нужно число"));
  return value;
}

/* How each kind of field is read, and how a value is put into it. */
const KINDS = {
  whole: [number, (el, value) => { el.value = value === null ? "" : typed(value / scale(el)); }],
  text: [el => el.value.trim(), (el, value) => { el.value = value; }],
  lines: [el => el.value.trim(), (el, value) => { el.value = value; }],
  choice: [el => el.value, (el, value) => { el.value = value; }],
  yes: [el => el.checked, (el, value) => { el.checked = value; }],
  clock: [el => minutes(el.value), (el, value) => { el.value = clock(value); }],
  radio: [el => $(":checked", el)?.value ?? was(el), (el, value) => { for (const one of $$("input", el)) one.checked = one.value === value; }],
  day: [readDay, writeDay],
};
KINDS.number = KINDS.whole;
function readDay(el) {
  const chosen = $("[data-day]", el).value;
  return chosen === "own" ? [$("[data-from]", el), $("[data-to]", el)].map(box => clock(minutes(box.value))).join("-") : chosen;
}
function writeDay(el, value) {
  const own = value !== "" && value !== "closed";
  $("[data-day]", el).value = own ? "own" : value;
  $("[data-span]", el).hidden = !own;
  if (own) [$("[data-from]", el).value, $("[data-to]", el).value] = value.split("-");
}
const read = el => KINDS[el.dataset.kind][0](el);
const write = (el, value) => { KINDS[el.dataset.kind][1](el, value); };
const settle = el => untouched.set(el, read(el));
function touched(el) {
  try { return read(el) !== untouched.get(el); } catch (error) { if (error instanceof Unreadable) return true; throw error; }
}

const control = el => el.matches("fieldset") ? $("input:checked,select", el) || el : el;
function complain(el, reason) {
  const said = $("[data-error]", el.closest("[data-at]"));
  $("span", said).textContent = reason; said.hidden = !reason;
  if (reason) control(el).setAttribute("aria-invalid", "true"); else control(el).removeAttribute("aria-invalid");
}
function complainOfAll(form, reason) {
  const said = $("[data-error-form]", form);
  $("span", said).textContent = reason; said.hidden = !reason;
}
function paint(form) {
  const dirty = hosts(form).filter(touched);
  for (const el of hosts(form)) el.classList.toggle("changed", dirty.includes(el));
  for (const button of $$("[type=submit],[data-reset]", form)) button.disabled = dirty.length === 0;
  $("[data-dirty]", $(`#t-${form.dataset.form}`)).hidden = dirty.length === 0;
  if (form.dataset.form === "mode") {
    const mode = read(host("mode"));
    for (const el of $$("[data-mode]", form)) el.hidden = el.dataset.mode !== mode && !$("[data-error]:not([hidden])", el);
  }
}

/* The whole body, or null when a field cannot be read; then the first such field has the focus. */
function changed(form) {
  const body = {}, wrong = [];
  for (const el of hosts(form)) {
    complain(el, "");
    try { if (touched(el)) body[el.dataset.knob] = read(el); } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      complain(el, error.message); wrong.push(el);
    }
  }
  complainOfAll(form, "");
  /* A country's rules bring a limit and a window, unless both are named beside it. */
  if ("cap.jurisdiction" in body) for (const knob of ["cap.limit", "cap.window"]) if (!wrong.includes(host(knob))) body[knob] = read(host(knob));
  if (wrong.length) { control(wrong[0]).focus(); return null; }
  return body;
}
async function save(form) {
  const body = changed(form);
  if (!body || !Object.keys(body).length) return;
  const before = Object.fromEntries(Object.keys(body).map(knob => [knob, was(host(knob))])), button = $("[type=submit]", form);
  button.disabled = true;
  try {
    await api("POST", `/campaigns/${campaign}/knobs`, { knobs: body });
    await follow(new Set(Object.keys(body)));
    toast(T("Настройки изменены."), { action: T("Вернуть"), onAction: () => undo(before) });
    refresh(true);
  } catch (error) { refuse(form, error); } finally { paint(form); }
}
/* Beside the field where there is one, and where it can be seen; else below all of them. */
function refuse(form, error) {
  if (!(error instanceof Refused)) throw error;
  let first = null;
  for (const { field, reason } of error.errors) {
    const el = host(field) || hosts(form).find(one => one.dataset.knob.startsWith(`${field}.`));
    if (!el || !form.contains(el)) { complainOfAll(form, reason); continue; }
    complain(el, reason); first ??= el;
  }
  if (!error.errors.length) complainOfAll(form, error.message);
  if (first) control(first).focus();
}
async function undo(knobs) {
  try {
    await api("POST", `/campaigns/${campaign}/knobs`, { knobs });
    await follow(new Set(Object.keys(knobs)));
    toast(T("Вернули как было."));
    refresh(true);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.errors[0]?.reason || error.message, { kind: "alert" });
  }
}

/* All knobs as they stand now. A field that is being edited keeps what was typed, and what it will be compared with is new. */
async function follow(saved = new Set()) {
  const knobs = await api("GET", `/campaigns/${campaign}/knobs`);
  for (const el of hosts(settings)) {
    const value = knobs[el.dataset.knob], mine = touched(el) && !saved.has(el.dataset.knob);
    el.dataset.was = JSON.stringify(value);
    if (mine) untouched.set(el, value); else { write(el, value); settle(el); }
  }
  for (const form of $$("form", settings)) paint(form);
}
for (const el of hosts(settings)) settle(el);
let newest = $("[data-change]")?.dataset.change;
document.addEventListener("cb:part", e => {
  if (e.detail.dataset.part !== "side") return;
  const now = $("[data-change]", e.detail)?.dataset.change;
  if (now !== newest) { newest = now; follow().catch(() => { newest = ""; }); }
});

settings.addEventListener("input", e => {
  const form = e.target.closest("form"), el = e.target.closest("[data-knob]");
  if (el) complain(el, "");
  if (e.target.matches("[data-day]")) $("[data-span]", el).hidden = e.target.value !== "own";
  const brings = e.target.selectedOptions?.[0]?.dataset.brings;
  if (brings) for (const [knob, value] of Object.entries(JSON.parse(brings))) write(host(knob), value);
  if (form) paint(form);
});
/* One of the numbers that are offered, on a line of its own. */
function addLine(box, line) {
  const lines = box.value.split(/[\s,;]+/).filter(Boolean);
  if (!lines.includes(line)) box.value = [...lines, line].join("\n");
  complain(box, "");
  paint(box.form);
}
settings.addEventListener("submit", e => { e.preventDefault(); save(e.target); });
settings.addEventListener("click", e => {
  const more = e.target.closest("[data-add]");
  if (more) addLine($("textarea", more.closest("[data-at]")), more.dataset.add);
  if (!e.target.closest("[data-reset]")) return;
  const form = e.target.closest("form");
  for (const el of hosts(form)) { write(el, was(el)); complain(el, ""); }
  complainOfAll(form, "");
  paint(form);
  $(`#t-${form.dataset.form}`).focus();
});
document.addEventListener("click", e => {
  const opener = e.target.closest?.("[data-settings]");
  if (!opener) return;
  settings.open = true;
  $(`#t-${opener.dataset.settings}`).click();
  settings.scrollIntoView({ block: "start" });
});
/* Leaving with something typed and not saved is asked about. */
addEventListener("beforeunload", e => { if (hosts(settings).some(touched)) e.preventDefault(); });

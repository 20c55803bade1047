/* A form whose fields are named by their path in the body of the API: reading it, and putting findings beside the fields. */
import { $, $$, T, icon, make } from "./core.js";

/* The form's fields, also those of a table's row that only name it. */
const fieldsOf = form => [...form.elements].filter(el => el.name && el.dataset.kind);
const scopeOf = form => form.closest("[data-item]") || form;

/* A field in a repeated row is named after its place: overflow[1].target. */
function pathOf(el) {
  const row = el.closest("[data-row]");
  if (!row) return el.name;
  const rows = $$(`[data-row="${row.dataset.row}"]`, row.parentNode);
  return `${row.dataset.row}[${rows.indexOf(row)}].${el.name}`;
}
function put(body, path, value) {
  const steps = path.split(/[.[\]]+/).filter(Boolean);
  let at = body;
  steps.forEach((step, i) => {
    const last = i === steps.length - 1;
    if (last) at[step] = value;
    else at = at[step] ??= /^\d+$/.test(steps[i + 1]) ? [] : {};
  });
}
function member(body, path, value, on) {
  const steps = path.split("."), name = steps.pop();
  let at = body;
  for (const step of steps) at = at[step] ??= {};
  at[name] ??= [];
  if (on) at[name].push(value);
}
class Unreadable extends Error {}
const EMPTY = { null: null, skip: undefined };
function number(el) {
  const text = el.value.trim().replace(",", ".");
  if (text === "") return el.dataset.empty in EMPTY ? EMPTY[el.dataset.empty] : Number(el.dataset.empty || 0);
  const value = Number(text) * Number(el.dataset.scale || 1);
  if (!Number.isFinite(value)) throw new Unreadable();
  return Number(value.toFixed(6));
}
const minutes = text => { const m = /^(\d{1,2}):(\d\d)$/.exec(text.trim()); return m && +m[2] < 60 && +m[1] <= 24 ? +m[1] * 60 + +m[2] : NaN; };

function hours(form, errors) {
  const days = $$("[data-day]", form);
  return {
    time_zone: $("[name=time_zone]", form).value.trim(),
    week: days.map((day, i) => {
      if (!$("[data-open]", day).checked) return null;
      const span = [minutes($("[data-from]", day).value), minutes($("[data-to]", day).value)];
      if (span.some(Number.isNaN)) errors.push({ severity: "refuse", field: `hours.week[${i}]`, reason: T("Время пишется так: 09:00") });
      return span;
    }),
    holidays: [...new Set($$("[name=day]", form).map(day => day.value).filter(Boolean))],
  };
}

/* The body, and what could not even be read. */
export function read(form) {
  const body = {}, errors = [];
  for (const rows of $$("[data-rows]", form)) if (rows.dataset.rows !== "holidays") body[rows.dataset.rows] = [];
  for (const el of fieldsOf(form)) {
    if (el.matches(":disabled")) continue;
    const path = pathOf(el);
    switch (el.dataset.kind) {
      case "text": put(body, path, el.value.trim() || ("empty" in el.dataset ? null : "")); break;
      case "num": try { const value = number(el); if (value !== undefined) put(body, path, value); } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        errors.push({ severity: "refuse", field: path, reason: T("Нужно число") });
      } break;
      case "check": put(body, path, el.checked); break;
      case "radio": if (el.checked) put(body, path, el.value); break;
      case "lines": put(body, path, el.value.split(/[\s,;]+/).filter(Boolean)); break;
      case "member": member(body, path, el.value, el.checked); break;
    }
  }
  const always = $("[data-always]", form);
  if (always) body.hours = always.checked ? null : hours(form, errors);
  for (const rule of body.overflow ?? []) {
    if (!TIMED.has(rule.when)) rule.after_s = 0;
    if (rule.action !== "other_queue") rule.target = null;
  }
  return { body, errors };
}
export const TIMED = new Set(["wait", "expected_wait"]);

/* The place of a path: the field itself, else what holds the nearest part of it. */
function placeOf(form, path) {
  const field = fieldsOf(form).find(el => pathOf(el) === path || (el.dataset.kind === "lines" && path.startsWith(`${el.name}[`)));
  for (let at = path; ; at = at.replace(/(\.|\[)[^.[]*$/, "")) {
    const host = field?.closest("[data-row],[data-at]") || $(`[data-at="${at}"]`, scopeOf(form));
    if (host) return { host, field };
    if (!/[.[]/.test(at)) return { host: $('[data-at=""]', scopeOf(form)) || form, field };
  }
}

let number_ = 0;
/* Puts each finding beside its field; a refused field that can take the focus gets it. */
export function tell(form, findings) {
  for (const old of $$(".finding", scopeOf(form))) old.remove();
  for (const el of fieldsOf(form)) { el.removeAttribute("aria-invalid"); el.removeAttribute("aria-errormessage"); }
  let first = null;
  for (const { severity, field: path, reason } of findings) {
    const { host, field } = placeOf(form, path), refused = severity === "refuse";
    const said = make("span", `finding err${refused ? "" : " warn"}`, icon("alert"), make("span", "", reason));
    said.id = `finding-${++number_}`;
    (host.matches("[data-rows]") ? host.parentNode : host).append(said);
    if (field && refused) { field.setAttribute("aria-invalid", "true"); field.setAttribute("aria-errormessage", said.id); first ??= field; }
  }
  first?.focus();
  return findings.some(one => one.severity === "refuse");
}

/* The trunks: their caps and numbers are sent as they are typed, the house says what cannot be; undoing a change. */
import { $, $$, Refused, T, api, ready, toast, trying } from "./core.js";
import { refresh } from "./parts.js";

const SEEN_MS = 2000;

/* Errors stand by their fields, and the first of them takes the focus. False when none has a field here. */
function complain(form, errors) {
  for (const err of $$(".err", form)) err.hidden = true;
  for (const input of $$("[aria-invalid]", form)) input.removeAttribute("aria-invalid");
  for (const { field, reason } of errors) {
    const name = field.split("[")[0], err = $(`#e-${name}-${form.dataset.trunk}`), input = $(`[name=${name}]`, form);
    if (!err || !input) continue;
    $("span", err).textContent = reason; err.hidden = false; input.setAttribute("aria-invalid", "true");
  }
  const first = $("[aria-invalid]", form);
  first?.focus();
  return Boolean(first);
}
const number = text => text.trim() === "" ? NaN : Number(text.replace(",", "."));

document.addEventListener("submit", async e => {
  const form = e.target.closest("form[data-trunk]");
  if (!form) return;
  e.preventDefault();
  const typed = Object.fromEntries(new FormData(form)), button = $("[type=submit]", form);
  const asked = { channels: number(typed.channels), per_second: number(typed.per_second), withdrawn: number(typed.withdrawn), caller_ids: typed.caller_ids.split(/[\n,;]+/).map(one => one.trim()).filter(Boolean) };
  const wrong = ["channels", "per_second", "withdrawn"].filter(name => !Number.isFinite(asked[name])).map(field => ({ field, reason: T("Здесь нужно число") }));
  if (complain(form, wrong)) return;
  button.disabled = true;
  try {
    await api("PATCH", `/trunks/${form.dataset.trunk}`, asked);
    complain(form, []); toast(T("Применили. Следующий звонок пойдёт уже так.")); refresh(true);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (!complain(form, error.errors)) toast(error.message || T("Не получилось. Попробуйте ещё раз."), { kind: "alert" });
  } finally { button.disabled = false; }
});
document.addEventListener("click", async e => {
  const b = e.target.closest?.("[data-revert]");
  /* The forms show what was set: the page is loaded anew. */
  if (b && await trying(() => api("POST", `/trunks/changes/${b.dataset.revert}/revert`))) location.reload();
});
/* A call that nobody answers is no news to anybody but the trunks. */
setInterval(() => { if (!document.hidden) refresh(); }, SEEN_MS);
await ready;

/* Whom we do not call: one more, many at once, one less; and the days on which nobody is called. */
import { $, $$, Refused, T, api, language, make, ready, toast, trying } from "./core.js";
import { swap } from "./parts.js";

const main = $("#main");
async function refresh() {
  const answer = await fetch(main.dataset.parts, { credentials: "same-origin", redirect: "manual" });
  if (answer.ok) swap(await answer.text()); else location.reload();
}

/* Errors stand by their fields, and the first of them takes the focus. False when none has a field here. */
function complain(form, errors) {
  for (const err of $$(".err", form)) { err.hidden = true; $(`[name=${err.id.slice(2)}]`, form)?.removeAttribute("aria-invalid"); }
  for (const { field, reason } of errors) {
    const err = $(`#e-${field}`, form), input = $(`[name=${field}]`, form);
    if (!err || !input) continue;
    $("span", err).textContent = reason; err.hidden = false; input.setAttribute("aria-invalid", "true");
  }
  const first = $("[aria-invalid]", form);
  first?.focus();
  return Boolean(first);
}
function posts(form, path, done) {
  if (!form) return;
  form.onsubmit = async e => {
    e.preventDefault();
    const asked = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== "")), button = $("[type=submit]", form);
    const missing = $$("[required]", form).filter(input => !input.value).map(({ name }) => ({ field: name, reason: T("Заполните это поле") }));
    if (complain(form, missing)) return;
    button.disabled = true;
    try {
      await api("POST", path, asked);
      complain(form, []); form.reset(); done(asked); await refresh();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!complain(form, error.errors)) toast(error.message || T("Не получилось. Попробуйте ещё раз."), { kind: "alert" });
    } finally { button.disabled = false; }
  };
}
posts($("#add"), "/do-not-call", ({ value }) => toast(T("%(value)s: больше не звоним.", { value })));
posts($("#keep"), "/holidays", () => toast(T("В этот день не звоним.")));

/* A list goes as it is: the file's own bytes, or the text that was pasted. */
async function send(body) {
  let answer;
  try {
    answer = await fetch("/api/v1/do-not-call/import", { method: "POST", body, credentials: "same-origin", headers: { "Accept": "application/json", "Accept-Language": language(), "Content-Type": "text/csv" } });
  } catch { throw new Refused(0, { detail: T("Сервер не отвечает. Ничего не потеряно, попробуйте ещё раз.") }); }
  const data = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(answer.status, data);
  return data;
}
const bring = $("#bring"), wrong = $("#b-err");
function tell(errors, message) {
  const line = ({ field, reason }) => T("строка %(n)s: %(reason)s", { n: field.replace(/\D+/g, ""), reason });
  wrong.replaceChildren(make("b", "warn", message), ...errors.map(error => make("div", "", line(error))));
  wrong.hidden = !message;
}
if (bring) bring.onsubmit = async e => {
  e.preventDefault();
  const file = $("#b-file").files[0], text = $("#b-text").value, button = $("[type=submit]", bring);
  if (!file && !text.trim()) { tell([], T("Выберите файл или вставьте номера.")); $("#b-text").focus(); return; }
  button.disabled = true;
  try {
    const { added, known } = await send(file || text);
    tell([], ""); bring.reset();
    toast(T("Новых: %(added)s, уже были в списке: %(known)s.", { added, known })); await refresh();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    tell(error.errors, error.errors.length ? T("Ничего не добавлено: исправьте эти строки.") : error.message || T("Не получилось. Попробуйте ещё раз."));
  } finally { button.disabled = false; }
};

function sure(title, text, act) {
  $("#d-sure-h").textContent = title; $("#sure-text").textContent = text; $("#d-sure").showModal();
  $("#sure").onclick = () => { $("#d-sure").close(); act(); };
}
document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-remove]"))) {
    const { remove, name } = b.dataset;
    sure(T("Убрать из списка: %(name)s", { name }), T("Обзвон сможет звонить туда снова, уже со следующего звонка."), async () => {
      if (await trying(() => api("DELETE", `/do-not-call/${remove}`))) toast(T("Убрано из списка."));
      await refresh();
    });
  }
  if ((b = at("[data-day]"))) {
    const { day, place } = b.dataset, asked = new URLSearchParams({ place, day });
    trying(() => api("DELETE", `/holidays?${asked}`)).then(async well => {
      if (well) toast(T("Праздник убран."));
      await refresh();
    });
  }
});
await ready;

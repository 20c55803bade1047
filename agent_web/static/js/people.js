/* People: hiring, new passwords (shown once), closing and opening the way in, the robot colleague of the demo. */
import { $, $$, Refused, T, api, ready, toast, trying } from "./core.js";
import { swap } from "./parts.js";
import { robot } from "./robot.js";

const main = $("#main");
async function refresh() {
  const answer = await fetch(main.dataset.parts, { credentials: "same-origin", redirect: "manual" });
  if (answer.ok) swap(await answer.text()); else location.reload();
}
function show(name, login, password) {
  $("#secret-who").textContent = T("%(name)s, логин %(login)s", { name, login }); $("#secret").value = password; $("#d-secret").showModal(); $("#secret").select();
}
$("#d-secret").addEventListener("close", () => { $("#secret").value = ""; });
$("#copy").onclick = async () => {
  $("#secret").select();
  try { await navigator.clipboard.writeText($("#secret").value); toast(T("Пароль скопирован.")); } catch { toast(T("Скопируйте выделенное: Ctrl C."), { kind: "info" }); }
};

const WHY = { name: () => T("Напишите имя и фамилию, например Мария Соколова"), login: () => T("От 2 знаков и без пробелов, например maria.s") };
/* Errors stand by their fields, and the first of them takes the focus. */
function complain(errors) {
  for (const err of $$("#hire .err")) { err.hidden = true; $(`#hire [name=${err.id.slice(2)}]`)?.removeAttribute("aria-invalid"); }
  for (const { field, reason } of errors) {
    const err = $(`#e-${field}`), input = $(`#hire [name=${field}]`);
    if (!err || !input) continue;
    $("span", err).textContent = reason || WHY[field](); err.hidden = false; input.setAttribute("aria-invalid", "true");
  }
  const first = $("#hire [aria-invalid]");
  first?.focus();
  return Boolean(first);
}
$("#hire").onsubmit = async e => {
  e.preventDefault();
  const form = e.target, asked = Object.fromEntries(new FormData(form)), button = $("[type=submit]", form);
  button.disabled = true;
  try {
    const made = await api("POST", "/users", asked);
    complain([]); form.reset(); show(made.name, made.login, made.password); await refresh();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 409) complain([{ field: "login", reason: error.message }]);
    else if (!complain(error.errors.filter(wrong => wrong.field in WHY).map(({ field }) => ({ field })))) toast(error.message || T("Не получилось. Попробуйте ещё раз."), { kind: "alert" });
  } finally { button.disabled = false; }
};

function sure(title, text, act) {
  $("#d-sure-h").textContent = title; $("#sure-text").textContent = text; $("#d-sure").showModal();
  $("#sure").onclick = () => { $("#d-sure").close(); act(); };
}
async function open(id, name, active) {
  const well = await trying(() => api("PATCH", `/users/${id}`, { active }));
  if (well) toast(active ? T("%(name)s снова может войти.", { name }) : T("%(name)s больше не войдёт.", { name }), { action: T("Вернуть"), onAction: () => open(id, name, !active) });
  await refresh();
}
/* An operator's own telephone, for a talk whose page does not come back. */
function ownNumber({ own, userId, name }) {
  const field = $("#own-number"), wrong = $("#own-err"), box = $("#d-own");
  $("#d-own-h").textContent = T("Свой телефон: %(name)s", { name });
  field.value = own; wrong.hidden = true; field.removeAttribute("aria-invalid"); box.showModal(); field.select();
  $("#own-form").onsubmit = async e => {
    e.preventDefault();
    try { await api("PATCH", `/users/${userId}`, { own_number: field.value.trim() }); box.close(); await refresh(); } catch (error) {
      if (!(error instanceof Refused)) throw error;
      $("span", wrong).textContent = error.message; wrong.hidden = false; field.setAttribute("aria-invalid", "true"); field.focus();
    }
  };
}
document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-key]"))) {
    const { key, name } = b.dataset;
    sure(T("Новый пароль: %(name)s", { name }), T("Старый перестанет подходить, открытые страницы закроются."), () => trying(async () => { const made = await api("POST", `/users/${key}/password`); show(made.name, made.login, made.password); }));
  }
  if ((b = at("[data-own]"))) ownNumber(b.dataset);
  if ((b = at("[data-active]"))) {
    const { userId, name, active } = b.dataset;
    if (active === "true") open(userId, name, true);
    else sure(T("Закрыть вход: %(name)s", { name }), T("Открытые страницы закроются сразу, разговор оборвётся. Вернуть можно в любой момент."), () => open(userId, name, false));
  }
});
robot(refresh);
await ready;

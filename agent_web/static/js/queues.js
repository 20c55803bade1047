/* Setting queues up: forms that save whole items, a grid that saves as it is ticked, taking changes back. */
import { $, $$, Refused, T, api, ready, toast, trying } from "./core.js";
import { swap } from "./parts.js";
import { TIMED, read, tell } from "./queue_form.js";

const main = $("#main");
async function repaint() {
  document.activeElement?.matches(".inp") && document.activeElement.blur();
  const answer = await fetch(main.dataset.parts, { credentials: "same-origin", headers: { Accept: "text/html" }, redirect: "manual" });
  if (answer.ok) { swap(await answer.text()); prepare(); } else location.reload();
}
const inParts = form => Boolean(form.closest("[data-part]"));

/* Every change can be taken back from its toast. A form outside the live parts is loaded again then. */
function said(text, change, reload) {
  const back = async () => {
    if (await trying(() => api("POST", `/queue-setup/changes/${change}/revert`))) { if (reload) location.reload(); else await repaint(); }
  };
  toast(text, change === null ? { kind: "info" } : { action: T("Вернуть"), onAction: back });
}
function whose(form) {
  const [, , kind, key] = form.dataset.put.split("/");
  return { noun: { queues: "queue", skills: "skill", "pause-codes": "pause_code", reasons: "reason", seats: "seat" }[kind] ?? kind, key: key ?? "house" };
}
/* Refused fields of this item by their path; what is wrong elsewhere is said at the top of the form. */
const refusals = error => error.errors.map(({ field, reason }) => ({ severity: "refuse", field: field.includes("/") ? "" : field, reason }));

async function save(form) {
  const { body, errors } = read(form), code = [...form.elements].find(el => el.dataset.kind === "code");
  if (form.dataset.rest) {
    Object.assign(body, JSON.parse(form.dataset.rest));
    if (!$("[data-own]", form).checked) body.capacity = null;
  }
  if (tell(form, errors)) return;
  if (code && !code.value.trim()) { tell(form, [{ severity: "refuse", field: "code", reason: T("Напишите код") }]); return; }
  const path = form.dataset.put.replace("{code}", code ? encodeURIComponent(code.value.trim()) : "");
  const button = $("[type=submit]", form);
  button.disabled = true;
  try {
    const done = await api("PUT", path, { ...body, version: Number(form.dataset.version) });
    if (form.dataset.new) { location.assign(form.dataset.new.replace("{code}", encodeURIComponent(code.value.trim()))); return; }
    form.dataset.version = done.version;
    const { noun, key } = whose({ dataset: { put: path } });
    tell(form, done.findings.filter(one => one.noun === noun && one.key === decodeURIComponent(key)));
    said(done.change_id === null ? T("Ничего не изменилось.") : T("Сохранено и уже работает."), done.change_id, !inParts(form));
    if (inParts(form)) await repaint();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const wrong = refusals(error);
    if (wrong.length) tell(form, wrong);
    if (!wrong.length || wrong.some(one => one.field === "")) toast(error.message || T("Не получилось. Попробуйте ещё раз."), { kind: "alert" });
  } finally { button.disabled = false; }
}

async function remove(button) {
  try {
    const done = await api("DELETE", button.dataset.delete), home = button.closest("form")?.dataset.home;
    if (home) { location.assign(home); return; }
    said(T("Убрано."), done.change_id, false);
    await repaint();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast([error.message, ...error.errors.map(one => one.reason)].join(". "), { kind: "alert" });
  }
}

/* The grid: a row is saved as soon as something in it is ticked, one change after another. */
const turns = new Map();
function seat(row) {
  const turn = (turns.get(row.dataset.seat) ?? Promise.resolve()).then(async () => {
    const queues = $$("[data-queue]", row).filter(box => box.checked).map(box => box.dataset.queue);
    const skills = Object.fromEntries($$("[data-skill]", row).filter(box => box.value !== "0").map(box => [box.dataset.skill, Number(box.value)]));
    const { capacity } = JSON.parse(row.dataset.item);
    const well = await trying(async () => {
      const done = await api("PUT", `/queue-setup/seats/${row.dataset.seat}`, { queues, skills, capacity, version: Number(row.dataset.version) });
      row.dataset.version = done.version;
      said(T("%(name)s: сохранено", { name: row.dataset.name }), done.change_id, false);
    });
    if (!well || turns.get(row.dataset.seat) === turn) await repaint();
  });
  turns.set(row.dataset.seat, turn);
}

/* What a rule does not use is not shown. */
function fit(rule) {
  $(".after", rule).hidden = !TIMED.has($("[name=when]", rule).value);
  $("[name=target]", rule).hidden = $("[name=action]", rule).value !== "other_queue";
}
function ranks() {
  $$("[data-row=overflow]").forEach((rule, i) => { $(".rank", rule).textContent = `${i + 1}.`; fit(rule); });
}
function prepare() {
  ranks();
  for (const form of $$("form[data-findings]")) tell(form, JSON.parse(form.dataset.findings));
}

document.addEventListener("submit", e => { if (e.target.dataset.put) { e.preventDefault(); save(e.target); } });
document.addEventListener("change", e => {
  const at = selector => e.target.closest(selector);
  if (at("[data-row=overflow]")) ranks();
  if (at("[data-always]")) $("[data-hours]").hidden = e.target.checked;
  if (at("[data-own]")) $("[data-own-part]").disabled = !e.target.checked;
  if (at("tr[data-seat]")) seat(at("tr[data-seat]"));
});
document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-add]"))) {
    const rows = $(`[data-rows=${b.dataset.add}]`), row = $(`template[data-for=${b.dataset.add}]`).content.firstElementChild.cloneNode(true);
    rows.append(row); ranks(); $("select,input", row).focus();
  }
  if ((b = at("[data-drop]"))) { const rows = b.closest("[data-rows]"); b.closest("[data-row]").remove(); ranks(); $(`[data-add=${rows.dataset.rows}]`).focus(); }
  if ((b = at("[data-up]"))) { const row = b.closest("[data-row]"); row.previousElementSibling?.before(row); ranks(); b.focus(); }
  if ((b = at("[data-down]"))) { const row = b.closest("[data-row]"); row.nextElementSibling?.after(row); ranks(); b.focus(); }
  if ((b = at("[data-delete]"))) remove(b);
  if ((b = at("[data-revert]"))) trying(() => api("POST", `/queue-setup/changes/${b.dataset.revert}/revert`)).then(well => { if (well) toast(T("Вернули как было.")); repaint(); });
});

await ready;
prepare();

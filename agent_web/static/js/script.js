/* The dialog script: the operator's answers move it on, step by step; the server keeps where it is. */
import { $, $$, T, api, toast, trying } from "./core.js";
import { flush } from "./order.js";
import { refresh } from "./panes.js";
import { offerTimes } from "./spoken.js";

const panel = () => $("[data-part=script]");

/* What was given is the server's now: the panel may be painted anew. */
function letGo(root) {
  for (const field of $$("[data-was]", root)) field.dataset.was = field.value;
  if (root.contains(document.activeElement)) document.activeElement.blur();
}
async function send(path, body) {
  const root = panel();
  if (!root || root.dataset.busy) return;
  root.dataset.busy = "1";
  await flush();                       /* what is typed in the card goes first: a step may speak of it, or close the order */
  const good = await trying(() => api("POST", `/desk/contacts/${root.dataset.contact}/script${path}`, body));
  delete root.dataset.busy;
  if (good) letGo(root);
  await refresh();
  if (good) ($("#sc-text") ?? $("#sc-go") ?? panel()?.querySelector("button"))?.focus({ preventScroll: true });
}
const step = (does, value = "") => { const { step, version } = panel().dataset; return send("/step", { step, version: +version, does, value }); };
const find = () => offerTimes(panel().dataset.contact, $("#sc-text").value, $("#sc-times"), slot => step("begin", slot.starts_at));

async function waiver(path, done) {
  if (await trying(() => api("POST", path))) toast(done);
  await refresh();
}
function press(does) {
  const text = $("#sc-text")?.value.trim() ?? "";
  if (["write", "begin"].includes(does) && $("#sc-text") && !text) { $("#sc-text").focus(); toast(T("Сначала напишите"), { kind: "alert" }); return; }
  if (does === "find") find(); else step(does, ["write", "begin"].includes(does) ? text : "");
}
document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-script-do]"))) press(b.dataset.scriptDo);
  if ((b = at("[data-answer]"))) step("answer", b.dataset.answer);
  if (at("#sc-ask-waiver")) waiver(`/desk/contacts/${panel().dataset.contact}/script/waiver-request`, T("Старшего попросили. Ответ придёт сюда."));
  if (at("#sc-waive")) waiver(`/contacts/${panel().dataset.contact}/script/waive`, T("Обязательные шаги отпущены"));
  if ((b = at("[data-script]"))) send("", { code: b.dataset.script });
});
document.addEventListener("keydown", e => {
  if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.target.id !== "sc-text") return;
  e.preventDefault();
  $("#sc-go")?.click();
});

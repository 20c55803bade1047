/* The board: whom the table of agents shows, sending an agent to a state, starting and pausing campaigns. */
import { $, $$, T, api, ready, toast, trying } from "./core.js";
import { live, refresh } from "./parts.js";
import { openDialog } from "./page.js";
import { robot } from "./robot.js";

/* Whom the table shows is asked of the server: of a big house it sends the first, and finds others by name. */
const TYPING_MS = 200;
const main = $("#main");
let shown = "", typing = 0;
function ask() {
  main.dataset.parts = `/board/parts?${new URLSearchParams({ show: shown, name: $("#agent-name").value.trim() })}`;
  for (const b of $$("[data-show]")) b.setAttribute("aria-pressed", b.dataset.show === shown);
  refresh(true);
}
document.addEventListener("cb:part", e => { if (e.detail.dataset.part === "agents") $("[data-finder]").hidden = !("big" in e.detail.dataset) && !$("#agent-name").value; });
document.addEventListener("input", e => { if (e.target.id === "agent-name") { clearTimeout(typing); typing = setTimeout(ask, TYPING_MS); } });

const said = {
  ready: (name, now) => now ? T("%(name)s: на линию", { name }) : T("%(name)s: после контакта на линию", { name }),
  paused: (name, now) => now ? T("%(name)s: на перерыв", { name }) : T("%(name)s: после контакта на перерыв", { name }),
  logged_out: (name, now) => now ? T("%(name)s: смена окончена", { name }) : T("%(name)s: после контакта домой", { name }),
};
async function send(agent, name, state, code) {
  await trying(async () => {
    const done = await api("POST", `/agents/${agent}/state`, { state, pause_code: code ?? null });
    const undo = done.at_once && done.before.state in said
      ? { action: T("Вернуть"), onAction: () => send(agent, name, done.before.state, done.before.pause_code) } : {};
    toast(said[state](name, done.at_once), undo);
  });
  refresh(true);
}
async function turn(campaign, to) {
  const well = await trying(() => api("POST", `/campaigns/${campaign}/${to}`));
  if (well) {
    toast(to === "pause" ? T("Новых звонков не будет. Начатые договорят.") : T("Обзвон идёт."),
      { action: T("Вернуть"), onAction: () => turn(campaign, to === "pause" ? "start" : "pause") });
  }
  refresh(true);
}
/* A word to one operator, or to those of a queue. */
let addressee = "";
function say(to, name) {
  addressee = to;
  $("#say-to").textContent = name; $("#say-to").hidden = !to; $("#say-queues").hidden = !!to; $("#say-err").hidden = true;
  openDialog("say"); $("#say-text").focus();
}
document.addEventListener("submit", async e => {
  if (e.target.id !== "say-form") return;
  e.preventDefault();
  const field = $("#say-text"), text = field.value.trim();
  $("#say-err").hidden = !!text;
  if (!text) { field.focus(); return; }
  const good = await trying(async () => {
    const done = await api("POST", "/messages", addressee ? { agent: addressee, text } : { queue: $("#say-which").value, text });
    toast(T("Сказано: %(n)s", { n: done.to }));
  });
  if (good) { field.value = ""; $("#d-say").close(); refresh(true); }
});
async function waive(how, path, done) {
  if (await trying(() => api(how, path))) toast(done);
  refresh(true);
}
document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-send]"))) send(b.dataset.agent, b.dataset.name, b.dataset.send);
  if ((b = at("[data-turn]"))) turn(b.dataset.campaign, b.dataset.turn);
  if ((b = at("[data-waive]"))) waive("POST", `/contacts/${b.dataset.waive}/script/waive`, T("Обязательные шаги отпущены"));
  if ((b = at("[data-waive-no]"))) waive("DELETE", `/contacts/${b.dataset.waiveNo}/script/waiver-request`, T("Оператору сказано: шаги нужны"));
  if ((b = at("[data-tell]"))) say(b.dataset.to ?? "", b.dataset.name ?? "");
  if ((b = at("[data-show]"))) { shown = b.dataset.show; ask(); }
});

robot(refresh);
await ready;
live();

/* Who waits and why: choosing a contact or an operator, sending an operator to a state; the rest comes by itself. */
import { $, T, api, ready, toast, trying } from "./core.js";
import { live, refresh } from "./parts.js";

const main = $("#main");

/* The choice stands in the address, so that a reload and a link to a colleague keep it. */
function pick(choice) {
  history.replaceState(null, "", `/queues/waiting?${choice}`);
  main.dataset.parts = `/queues/waiting/parts?${choice}`;
  refresh();
}
const said = {
  ready: (name, now) => now ? T("%(name)s: на линию", { name }) : T("%(name)s: после контакта на линию", { name }),
  paused: (name, now) => now ? T("%(name)s: на перерыв", { name }) : T("%(name)s: после контакта на перерыв", { name }),
  logged_out: (name, now) => now ? T("%(name)s: смена окончена", { name }) : T("%(name)s: после контакта домой", { name }),
};
async function send({ agent, name, send: state, code }) {
  await trying(async () => {
    const done = await api("POST", `/agents/${agent}/state`, { state, pause_code: code ?? null });
    const { state: before, pause_code } = done.before;
    const undo = done.at_once && before in said
      ? { action: T("Вернуть"), onAction: () => send({ agent, name, send: before, code: pause_code ?? undefined }) } : {};
    toast(said[state](name, done.at_once), undo);
  });
  refresh();
}
document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector), b = at("[data-send]"), row = at("tr[data-pick]");
  if (b) send(b.dataset);
  else if (row && !at(".acts")) pick(row.dataset.pick);
});

await ready;
live();

/* Calls that the operator decides on: the card before the call, and the list to choose from. */
import { api, trying } from "./core.js";
import { refresh } from "./panes.js";

document.addEventListener("click", async e => {
  const card = e.target.closest?.("[data-card]"), lead = e.target.closest?.("[data-dial]");
  const pressed = card ?? lead;
  if (!pressed || pressed.disabled) return;
  pressed.disabled = true;
  if (card) await trying(() => api("POST", `/desk/preview/${card.dataset.card}`, { attempt_id: card.dataset.attempt }));
  else await trying(() => api("POST", `/desk/leads/${lead.dataset.dial}/dial`));
  pressed.disabled = false;
  refresh();
});

/* Calls that the operator decides on: the card before the call, the list to choose from, and numbers of his own. */
import { $, Refused, T, api, trying } from "./core.js";
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

/* A number of one's own. A refusal stands at the field while the dialog is open, else it is said. */
async function dial(number, queue = "") {
  const box = $("#d-dial"), wrong = $("#dial-err"), call = () => api("POST", "/desk/numbers/dial", { number, queue });
  if (!box?.open) { await trying(call); refresh(); return; }
  wrong.hidden = true;
  try { await call(); box.close(); refresh(); } catch (error) { if (!(error instanceof Refused)) throw error; refuse(error.message); }
}
function refuse(text) {
  const field = $("#dial-number"), wrong = $("#dial-err");
  $("span", wrong).textContent = text; wrong.hidden = false;
  field.setAttribute("aria-invalid", "true"); field.focus();
}
document.addEventListener("click", async e => {
  const number = e.target.closest?.("[data-number]"), stop = e.target.closest?.("[data-give-up]");
  const pressed = number ?? stop;
  if (!pressed || pressed.disabled) return;
  pressed.disabled = true;
  if (number) await dial(number.dataset.number, number.dataset.queue);
  else { await trying(() => api("POST", "/desk/numbers/give-up")); refresh(); }
  pressed.disabled = false;
});
document.addEventListener("submit", e => {
  if (e.target.id !== "dial-form") return;
  e.preventDefault();
  const number = $("#dial-number").value.trim();
  if (number) dial(number); else refuse(T("Наберите номер"));
});

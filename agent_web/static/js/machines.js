/* Listening to the sample of machines: what is said of a call is kept at once, and the focus goes on to the next. */
import { $$, T, announce, api, ready, trying } from "./core.js";

document.addEventListener("click", async e => {
  const button = e.target.closest?.("[data-says]"), row = button?.closest("[data-attempt]");
  if (!row || button.disabled) return;
  const buttons = $$("[data-says]", row);
  for (const each of buttons) each.disabled = true;
  const done = await trying(async () => { await api("POST", `/screened-calls/${row.dataset.attempt}/answerer`, { answerer: button.dataset.says }); return true; });
  for (const each of buttons) { each.disabled = false; if (done) each.setAttribute("aria-pressed", each === button); }
  if (!done) return;
  announce(T("Записано"));
  row.nextElementSibling?.querySelector("audio")?.focus();
});
await ready;

/* The call strip beyond mute, hold and passing on: the pause of the recording while a card's number is said. */
import { T, announce, api, trying } from "./core.js";
import { refresh } from "./panes.js";

async function mask(button) {
  const { contact } = button.closest("[data-contact]").dataset, on = button.getAttribute("aria-pressed") !== "true";
  button.disabled = true;
  const done = await trying(async () => { await api("POST", `/desk/contacts/${contact}/recording/${on ? "pause" : "resume"}`); return true; });
  if (done) announce(on ? T("Запись приостановлена") : T("Запись идёт"));
  button.disabled = false;
  refresh();
}
document.addEventListener("click", e => {
  const button = e.target.closest?.("#mask");
  if (button && !button.disabled) mask(button);
});

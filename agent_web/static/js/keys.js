/* Alt chords by the place of the key, so any layout works; they work in fields and over dialogs too. Alt with an arrow: contacts.js. */
import { $ } from "./core.js";

const PRESS = {
  KeyA: "#answer|#accept|[data-accept]", KeyT: "#transfer", KeyM: "#mute", KeyP: "#mask", KeyC: "#consult", KeyH: "#hold", KeyE: "#end", KeyR: "#start|#back|#status", KeyW: "#done", KeyN: "#note", KeyO: "#add", KeyS: "#sc-go",
};
document.addEventListener("keydown", e => {
  if (!e.altKey || e.ctrlKey || e.metaKey || e.repeat) return;
  const el = PRESS[e.code]?.split("|").map(selector => $(selector)).find(Boolean);
  if (!el || el.closest("[inert]")) return;
  e.preventDefault();
  if (el.matches("input,textarea,[data-focus]")) { el.focus(); return; }
  if (!el.disabled) el.click();
});

/* What is being written is the server's soon after: a reload, a crash and a transfer find it again. */
import { ask, passing } from "./chat_line.js";

const PAUSE_MS = 500;
const timers = new Map(), saving = new Set();
const keyOf = field => `${field.closest("[data-contact]")?.dataset.contact ?? ""}/${field.dataset.draft}`;
const pathOf = field => `/desk/contacts/${field.closest("[data-contact]").dataset.contact}/drafts/${field.dataset.draft}`;

/* One at a time for each field; the last one wins. */
export async function save(field) {
  const key = keyOf(field), text = field.value;
  clearTimeout(timers.get(key)); timers.delete(key);
  if (saving.has(key) || text === field.dataset.was || !field.closest("[data-contact]")?.dataset.contact) return;
  saving.add(key);
  const answer = await ask("PUT", pathOf(field), { text });
  saving.delete(key);
  if (!passing(answer)) field.dataset.was = text;
  if (field.isConnected && (field.value !== text || passing(answer))) later(field);
}
function later(field) {
  clearTimeout(timers.get(keyOf(field)));
  timers.set(keyOf(field), setTimeout(() => save(field), PAUSE_MS));
}
document.addEventListener("input", e => { if (e.target.dataset?.draft) later(e.target); });
document.addEventListener("focusout", e => { if (e.target.dataset?.draft) save(e.target); });
/* Another contact is being opened: what was typed here goes first. */
document.addEventListener("cb:leaving", e => { for (const field of e.target.querySelectorAll("[data-draft]")) save(field); });
addEventListener("pagehide", () => {
  for (const field of document.querySelectorAll("[data-draft]")) {
    if (field.value !== field.dataset.was && field.closest("[data-contact]")?.dataset.contact) fetch(`/api/v1${pathOf(field)}`, { method: "PUT", credentials: "same-origin", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: field.value }) }).catch(() => {});
  }
});

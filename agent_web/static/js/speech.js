/* What the desk says to whoever does not see it: a state ([data-say]) that changed is said once and in a pause; what was there already when
   a contact came to the middle is not read out. Rings are announced by contacts.js. */
import { $, $$, say } from "./core.js";

const LOOK_MS = 300;
const heard = new Map();              /* key of the work -> name of the state -> what was said of it last */

function textOf(el) {
  if (el.hidden || el.closest("[hidden]")) return "";
  const copy = el.cloneNode(true);
  for (const silent of $$("[aria-hidden=true],[hidden],button", copy)) silent.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}
function look() {
  const now = new Map();
  for (const pane of $$("[data-pane]")) if (!now.has(pane.dataset.key)) now.set(pane.dataset.key, new Map());
  now.set("", new Map());
  for (const el of $$("[data-say]")) now.get(el.closest("[data-pane]")?.dataset.key ?? "")?.set(el.dataset.say, textOf(el));
  for (const [key, states] of now) {
    const before = heard.get(key);
    if (before) for (const [name, text] of states) if (text !== (before.get(name) ?? "")) say(text);
    heard.set(key, states);
  }
  for (const key of [...heard.keys()]) if (!now.has(key)) heard.delete(key);
}
/* What the middle is about, when that changes; of a ring everybody has heard already. */
let title = document.title;
document.addEventListener("cb:painted", () => {
  const main = $("[data-pane=main]"), now = document.title;
  if (now !== title && main.dataset.phase !== "ringing") say(now.replace(/ · Cordboard$/, ""));
  title = now;
  look();
});
setInterval(look, LOOK_MS);

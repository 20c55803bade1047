/* The desk's commands by key. Which keys, the server says (the list under ?), for each operator may choose his own; a chord names the
   places of keys, so any layout works. Chords with Alt and the F keys work in fields and over dialogs too. */
import { $, $$, T, announce, api, say, trying } from "./core.js";
import { step } from "./contacts.js";
import { openDialog } from "./page.js";
import { openPalette } from "./palette.js";

const PRESS = {
  answer: "#answer|#accept|[data-accept]", decline: "#decline|[data-decline]", mute: "#mute", hold: "#hold", third: "#consult", park: "#park|[data-fetch]", dial: "#dial", mask: "#mask", transfer: "#transfer",
  end: "#end", done: "#done", result: "#wrap [name=code]:checked|#wrap [name=code]", status: "#start|#back|#status", card: "#f-delivery_address|#or-0", add: "#add", script: "#sc-go", note: "#note", sound: "#sound-check",
};
const DO = { above: () => step(-1), below: () => step(1), help: () => openDialog("help"), palette: () => openPalette({ give, target }) };

/* The element that a command presses now, or nothing. */
const target = command => {
  const el = PRESS[command]?.split("|").map(selector => $(selector)).find(Boolean);
  return el && !el.closest("[inert]") && !el.disabled ? el : null;
};
function give(command) {
  if (command in DO) { DO[command](); return true; }
  const el = target(command);
  if (!el) return false;
  if (el.matches("input,textarea,[data-focus]")) el.focus(); else el.click();
  return true;
}

const MODIFIERS = ["Alt", "Control", "Shift", "Meta", "AltGraph"];
function chordOf(e) {
  if (MODIFIERS.includes(e.key)) return "";
  const held = [[e.ctrlKey || e.metaKey, "Ctrl"], [e.altKey, "Alt"], [e.shiftKey, "Shift"]].filter(([on]) => on).map(([, name]) => name);
  return [...held, e.code].join("+");
}
const row = chord => $$("[data-command]").find(one => one.dataset.chord === chord);
document.addEventListener("keydown", e => {
  if (waits) { take(e); return; }
  if (e.repeat || !(e.altKey || e.ctrlKey || e.metaKey || /^F\d/.test(e.code))) return;
  const chord = chordOf(e), found = chord && row(chord);
  if (!found) return;
  e.preventDefault();
  give(found.dataset.command);
}, true);

/* Choosing other keys: the row waits for a chord; Escape leaves it as it was, Delete takes its key away. */
let waits = null;
function wait(button) {
  stop(); waits = button; button.setAttribute("aria-pressed", "true");
  tell(T("Нажмите новое сочетание. Delete: без клавиш, Esc: оставить."));
}
function stop() { waits?.setAttribute("aria-pressed", "false"); waits = null; }
function tell(text, bad = false) { const note = $("#keys-note"); note.textContent = text; note.classList.toggle("err", bad); if (bad) announce(text); else say(text); }
function take(e) {
  const chord = chordOf(e);
  if (e.code === "Tab") { stop(); return; }
  e.preventDefault(); e.stopPropagation();
  if (!chord) return;
  const chosen = waits.closest("[data-command]"), button = waits;
  stop(); button.focus();
  if (e.code === "Escape") { tell(T("Осталось как было")); return; }
  choose({ ...own(), [chosen.dataset.command]: ["Delete", "Backspace"].includes(e.code) ? "" : chord });
}
const own = () => Object.fromEntries($$("[data-command]").map(one => [one.dataset.command, one.dataset.chord]));
async function choose(chords) {
  try { paint((await api("PUT", "/me/keys", { chords })).keys); tell(T("Клавиши сохранены")); } catch (error) {
    tell(error.errors?.[0]?.reason || error.message, true);
  }
}
function paint(keys) {
  for (const key of keys) {
    const one = $(`[data-command="${key.command}"]`), print = $("kbd", one);
    one.dataset.chord = key.chord; print.textContent = key.shown; print.hidden = !key.chord;
  }
}
document.addEventListener("click", e => {
  const button = e.target.closest?.("[data-rebind]");
  if (button) wait(button); else stop();
  if (e.target.closest?.("#keys-usual")) choose({});
});
document.addEventListener("close", stop, true);

/* Booking a call, made quicker: another day or zone comes without a new page, the browser's own zone is chosen first. */
import { $, $$ } from "./core.js";

document.documentElement.classList.add("js");
const form = $("#cb"), zone = $("#zone");

/* The same page with another choice; only its times are taken from it, and only the last choice counts: an answer to an earlier one may
   come later. True: it is shown; false: it cannot be fetched, and is sent as a plain form; null: another was chosen meanwhile. */
let choices = 0;
async function show(day) {
  const choice = ++choices, body = new FormData(form);
  body.set("show", day);
  $("#times").classList.add("busy-times");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(body), headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html"), fresh = $("#times", page);
    if (choice !== choices) return null;
    if (!answer.ok || !fresh) throw new Error(answer.status);
    $("#times").replaceWith(document.importNode(fresh, true));
    return true;
  } catch {
    if (choice !== choices) return null;
    $("#times")?.classList.remove("busy-times");
    return false;
  }
}

form?.addEventListener("submit", async event => {
  const pressed = event.submitter;
  if (pressed?.name !== "show") {
    for (const button of $$("button", form)) if (button !== pressed) button.tabIndex = -1;
    return;
  }
  event.preventDefault();
  const day = pressed.value;
  const shown = await show(day);
  if (shown === false) { form.noValidate = true; pressed.name = ""; form.append(hidden("show", day)); form.submit(); return; }
  if (shown) $(`.days [value="${CSS.escape(day)}"]`)?.focus();
});

function hidden(name, value) {
  const input = document.createElement("input");
  input.type = "hidden"; input.name = name; input.value = value;
  return input;
}

zone?.addEventListener("change", () => show($("input[name=day]", form).value));
/* UTC is what a machine says that knows no zone. */
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && zone.dataset.chosen === "0" && own && own !== "UTC" && own !== zone.value) {
  if (![...zone.options].some(option => option.value === own)) zone.add(new Option(own, own));
  zone.value = own;
  show("first");
}
($("[aria-invalid=true]") ?? $("#trouble"))?.focus();

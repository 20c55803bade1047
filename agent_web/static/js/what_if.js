/* What would happen: the boxes that were touched, and the draft of the weights, become a question; its answer is fetched until it is there. */
import { $, $$, Refused, T, api, language, paintValues, toast, trying } from "./core.js";
import { refresh } from "./parts.js";

const LOOK_MS = 700;
const campaign = document.body.dataset.campaign, form = $("#what-if-form"), answer = $("#what-if-answer");
const address = id => `/campaigns/${campaign}/what-ifs${id ? `/${id}` : ""}`;
const SUPPOSED = new Set(["operators", "lines", "minutes"]);

class Unreadable extends Error {}
function read(el) {
  if (el.matches("select")) return el.value;
  const value = Number(el.value.replace(/[\s\u00a0]/g, "").replace(",", "."));
  if (el.value.trim() === "" || !Number.isFinite(value)) throw new Unreadable(T("Нужно число"));
  return Number((value * Number(el.dataset.scale)).toFixed(6));
}
const error = el => el.closest(".field").querySelector("[data-ask-error]");
function complain(el, reason) {
  const said = error(el);
  $("span", said).textContent = reason; said.hidden = !reason;
  el.setAttribute("aria-invalid", String(Boolean(reason)));
}
function complainOfAll(reason) { const said = $("#wi-error"); $("span", said).textContent = reason; said.hidden = !reason; }

/* The sliders' draft counts while it is one: then the button that applies it can be pressed. */
function drafted() {
  if ($("#apply")?.disabled !== false) return {};
  return Object.fromEntries($$("[data-weight]").map(box => [`weights.${box.dataset.weight}`, Number(box.value.replace(",", "."))]));
}
function question() {
  const asked = { knobs: drafted() };
  let wrong = null;
  complainOfAll("");
  for (const el of $$("[data-ask]", form)) {
    complain(el, "");
    try {
      const value = read(el), name = el.dataset.ask;
      if (name === "minutes") asked.minutes = value;
      else if (el.value.trim() !== el.dataset.stands) (SUPPOSED.has(name) ? asked : asked.knobs)[name] = value;
    } catch (trouble) { if (!(trouble instanceof Unreadable)) throw trouble; complain(el, trouble.message); wrong ??= el; }
  }
  wrong?.focus();
  return wrong ? null : asked;
}
function refuse(trouble) {
  if (!(trouble instanceof Refused)) throw trouble;
  let first = null;
  for (const { field, reason } of trouble.errors) {
    const el = $(`[data-ask="${field}"]`, form);
    if (el) { complain(el, reason); first ??= el; } else complainOfAll(reason);
  }
  if (!trouble.errors.length) complainOfAll(trouble.message);
  first?.focus();
}

let shown = "";
async function look(id) {
  const said = await fetch(address(id), { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (id !== shown) return;
  if (!said.ok) { answer.replaceChildren(); return; }
  answer.replaceChildren(...new DOMParser().parseFromString(await said.text(), "text/html").body.childNodes);
  paintValues(answer);
  if (!$("[data-over]", answer)) setTimeout(() => look(id).catch(() => { answer.replaceChildren(); }), LOOK_MS);
}
async function ask() {
  const asked = question();
  if (!asked) return;
  try {
    const made = await api("POST", `${address("")}`, asked);
    shown = made.id;
    await look(shown);
  } catch (trouble) { refuse(trouble); }
}

form?.addEventListener("submit", e => { e.preventDefault(); ask(); });
answer.addEventListener("click", async e => {
  const cancel = e.target.closest("[data-what-if-cancel]"), apply = e.target.closest("[data-what-if-apply]");
  if (cancel) { await trying(() => api("DELETE", address(cancel.dataset.whatIfCancel))); await look(shown); }
  if (!apply) return;
  apply.disabled = true;
  if (await trying(() => api("POST", `${address(apply.dataset.whatIfApply)}/apply`))) {
    toast(T("Применили то, что посчитали."));
    $("[data-undo-draft]:not(:disabled)")?.click();
  }
  await look(shown);
  refresh(true);
});
/* What others change meanwhile comes into the boxes that nobody has touched here. */
const typed = value => typeof value === "number" ? (language() === "ru" ? String(value).replace(".", ",") : String(value)) : value;
function stand(knobs) {
  for (const el of form ? $$("[data-ask]", form) : []) {
    const name = el.dataset.ask;
    if (!(name in knobs)) continue;
    const now = typed(el.dataset.scale ? Number((knobs[name] / Number(el.dataset.scale)).toFixed(6)) : knobs[name]);
    if (el.value.trim() === el.dataset.stands) el.value = now;
    el.dataset.stands = now;
  }
}
let newest = $("[data-change]")?.dataset.change;
document.addEventListener("cb:part", async e => {
  if (e.detail.dataset.part !== "side") return;
  const now = $("[data-change]", e.detail)?.dataset.change;
  if (now === newest) return;
  newest = now;
  try { stand(await api("GET", `/campaigns/${campaign}/knobs`)); } catch { newest = ""; }
});

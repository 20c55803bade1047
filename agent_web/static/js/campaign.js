/* One campaign: start, drain, pause; weights as a draft that re-orders the list before it is applied; undoing a change; one lead under the glass. */
import { $, $$, Refused, T, api, language, ready, toast, trying } from "./core.js";
import { live, refresh } from "./parts.js";

const DRAFT_MS = 150;
const campaign = document.body.dataset.campaign, calm = matchMedia("(prefers-reduced-motion: reduce)"), main = $("#main");

/* What is looked at stands in the address of the live parts, so every refresh shows it; lead and search stand in the page's own address too. */
const given = () => new URLSearchParams(main.dataset.parts.split("?")[1] || "");
function look(changed) {
  const asked = given();
  for (const [name, value] of Object.entries(changed)) value ? asked.set(name, value) : asked.delete(name);
  main.dataset.parts = `/campaigns/${campaign}/parts${asked.size ? `?${asked}` : ""}`;
  asked.delete("draft");
  history.replaceState(null, "", asked.size ? `?${asked}` : location.pathname);
  refresh(true);
}

const said = { start: T("Обзвон идёт."), pause: T("Новых звонков не будет. Начатые договорят."), drain: T("Дозваниваем начатое, потом пауза.") };
async function turn(to) {
  const back = $("#turn")?.dataset.turn === "pause" ? "start" : to === "start" ? "pause" : "";
  const well = await trying(() => api("POST", `/campaigns/${campaign}/${to}`));
  if (well) toast(T(said[to]), back ? { action: T("Вернуть"), onAction: () => turn(back) } : {});
  refresh(true);
}

/* Why it cannot go back is said in the words of the knob that stands against it. */
async function revert(change) {
  try { await api("POST", `/campaigns/${campaign}/changes/${change}/revert`); toast(T("Вернули как было.")); } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.errors[0]?.reason || error.message, { kind: "alert" });
  }
  refresh(true);
}

const fields = () => $$("[data-weight]");
const number = box => Number(box.value.replace(",", "."));
const typed = value => language() === "ru" ? String(value).replace(".", ",") : String(value);
const sliderOf = box => $(`#w-${box.dataset.key}`);
function weights() {
  const all = { segments: {} };
  for (const box of fields()) {
    const name = box.dataset.weight;
    if (name.startsWith("segment.")) all.segments[name.slice(8)] = number(box); else all[name] = number(box);
  }
  return all;
}

/* A box takes what a slider cannot reach; a text that is no number stays with its error until it is mended. */
function check(box) {
  const value = number(box), limit = Number(box.dataset.limit);
  const right = box.value.trim() !== "" && Number.isFinite(value) && Math.abs(value) <= limit;
  box.setAttribute("aria-invalid", String(!right)); $(`#e-${box.dataset.key}`).hidden = right;
  return right;
}
let drafting = 0;
function draft(soon) {
  clearTimeout(drafting);
  if (!fields().every(check)) return;
  for (const button of $$("#apply,#undo")) button.disabled = false;
  drafting = setTimeout(() => look({ draft: JSON.stringify(weights()) }), soon ? DRAFT_MS : 0);
}
async function apply(wanted) {
  const well = await trying(async () => {
    const done = await api("POST", `/campaigns/${campaign}/weights`, { weights: wanted });
    /* A segment that had no points before is put back to none. */
    for (const name of Object.keys(done.after.segments)) done.before.segments[name] ??= 0;
    toast(T("Порядок звонков изменён."), { action: T("Вернуть"), onAction: () => apply(done.before) });
  });
  if (!well) return;
  leave();
}
function leave() {
  clearTimeout(drafting);
  if (document.activeElement?.matches(".num-in")) document.activeElement.blur();
  look({ draft: "" });
}

document.addEventListener("input", e => {
  const slider = e.target.closest("[data-slider]"), box = e.target.closest("[data-weight]");
  if (slider) { const beside = $(`#n-${slider.dataset.slider}`); beside.value = typed(slider.value); check(beside); draft(true); }
  if (box && check(box) && sliderOf(box)) { sliderOf(box).value = number(box); sliderOf(box).style.setProperty("--v", `${100 * (sliderOf(box).value - sliderOf(box).min) / (sliderOf(box).max - sliderOf(box).min)}%`); }
});
document.addEventListener("change", e => { if (e.target.closest("[data-slider],[data-weight]")) draft(false); });
document.addEventListener("submit", e => {
  if (e.target.id === "weights") {
    e.preventDefault();
    /* Enter in a box shows its draft; only the button applies it. */
    if (e.submitter?.id === "apply" && document.activeElement?.id === "apply" && fields().every(check)) apply(weights());
    else draft(false);
  }
  if (e.target.id === "find") { e.preventDefault(); look({ q: $("#q").value.trim(), lead: "" }); }
});

document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-turn]"))) turn(b.dataset.turn);
  if (at("[data-undo-draft]")) leave();
  if ((b = at("[data-why]")) && !e.ctrlKey && !e.metaKey && !e.shiftKey) { e.preventDefault(); look({ lead: b.dataset.why }); }
  if (at("[data-close-why]")) look({ lead: "" });
  if (at("[data-close-found]")) { $("#q").value = ""; look({ q: "" }); }
  if ((b = at("[data-revert]"))) revert(b.dataset.revert);
});
document.addEventListener("keydown", e => {
  const writing = e.target.matches?.("input:not([type=range]),textarea,select");
  if (e.key === "/" && !writing && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); $("#q").focus(); }
  if (e.key === "Escape" && !$("dialog[open]")) {
    if (given().has("lead")) look({ lead: "" });
    else if (given().has("q")) { $("#q").value = ""; look({ q: "" }); }
    else if (given().has("draft")) leave();
  }
});

/* Re-ordered leads slide: the movement is the message. */
let before = new Map();
document.addEventListener("cb:before", e => {
  if (e.detail.dataset.part === "leads") before = new Map($$("tr[data-lead]", e.detail).map((row, i) => [row.dataset.lead, { y: row.getBoundingClientRect().top, i }]));
});
document.addEventListener("cb:part", e => {
  if (e.detail.dataset.part === "why" && given().has("lead") && e.detail.firstElementChild && shown !== given().get("lead")) {
    shown = given().get("lead"); e.detail.scrollIntoView({ block: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  }
  if (!given().has("lead")) shown = "";
  if (e.detail.dataset.part !== "leads" || calm.matches) return;
  for (const row of $$("tr[data-lead]", e.detail)) {
    const was = before.get(row.dataset.lead), dy = was ? was.y - row.getBoundingClientRect().top : 0;
    if (dy) row.animate([{ transform: `translateY(${dy}px)` }, { transform: "none" }], { duration: 320, easing: "cubic-bezier(.2,.7,.2,1)" });
  }
});
let shown = given().get("lead") || "";

await ready;
live();

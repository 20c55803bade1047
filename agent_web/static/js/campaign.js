/* One campaign: start and pause, weights that work as soon as they are let go, undoing a change. */
import { $, $$, T, api, language, ready, toast, trying } from "./core.js";
import { live, refresh } from "./parts.js";

const campaign = document.body.dataset.campaign, calm = matchMedia("(prefers-reduced-motion: reduce)");

async function turn(to) {
  const well = await trying(() => api("POST", `/campaigns/${campaign}/${to}`));
  if (well) {
    toast(to === "pause" ? T("Новых звонков не будет. Начатые договорят.") : T("Обзвон идёт."),
      { action: T("Вернуть"), onAction: () => turn(to === "pause" ? "start" : "pause") });
  }
  refresh();
}

const fields = () => $$("[data-weight]");
const weights = () => Object.fromEntries(fields().map(box => [box.dataset.weight, Number(box.value.replace(",", "."))]));
const typed = number => language() === "ru" ? String(number).replace(".", ",") : String(number);
const sliderOf = box => $(`#w-${box.dataset.weight}`);

/* A box takes what a slider cannot reach; a text that is no number stays with its error until it is mended. */
function check(box) {
  const value = Number(box.value.replace(",", ".")), limit = Number(box.dataset.limit);
  const right = box.value.trim() !== "" && Number.isFinite(value) && Math.abs(value) <= limit;
  box.setAttribute("aria-invalid", String(!right)); $(`#e-${box.dataset.weight}`).hidden = right;
  return right;
}
async function apply(wanted) {
  const well = await trying(async () => {
    const done = await api("POST", `/campaigns/${campaign}/weights`, { weights: wanted });
    toast(T("Порядок звонков изменён."), { action: T("Вернуть"), onAction: () => apply(done.before) });
  });
  if (well) document.activeElement?.matches(".num-in") && document.activeElement.blur();
  refresh();
}
document.addEventListener("input", e => {
  const slider = e.target.closest("[data-slider]");
  if (slider) { const box = $(`#n-${slider.dataset.slider}`); box.value = typed(slider.value); check(box); }
});
document.addEventListener("change", e => {
  const slider = e.target.closest("[data-slider]"), box = e.target.closest("[data-weight]");
  if (box && check(box)) { sliderOf(box).value = weights()[box.dataset.weight]; sliderOf(box).dispatchEvent(new Event("input", { bubbles: true })); box.value = e.target.value; }
  if ((slider || box) && fields().every(check)) apply(weights());
});
document.addEventListener("submit", e => { if (e.target.id === "weights") { e.preventDefault(); document.activeElement?.blur(); } });

document.addEventListener("click", e => {
  const at = selector => e.target.closest?.(selector);
  let b;
  if ((b = at("[data-turn]"))) turn(b.dataset.turn);
  if ((b = at("[data-revert]"))) trying(() => api("POST", `/campaigns/${campaign}/changes/${b.dataset.revert}/revert`)).then(well => { if (well) toast(T("Вернули как было.")); refresh(); });
});

/* Re-ordered leads slide: the movement is the message. A mark with the number of places stays beside the rank. */
let before = new Map();
document.addEventListener("cb:before", e => {
  if (e.detail.dataset.part === "leads") before = new Map($$("tr[data-lead]", e.detail).map((row, i) => [row.dataset.lead, { y: row.getBoundingClientRect().top, i }]));
});
document.addEventListener("cb:part", e => {
  if (e.detail.dataset.part !== "leads" || calm.matches) return;
  for (const row of $$("tr[data-lead]", e.detail)) {
    const was = before.get(row.dataset.lead), dy = was ? was.y - row.getBoundingClientRect().top : 0;
    if (dy) row.animate([{ transform: `translateY(${dy}px)` }, { transform: "none" }], { duration: 320, easing: "cubic-bezier(.2,.7,.2,1)" });
  }
});

await ready;
live();

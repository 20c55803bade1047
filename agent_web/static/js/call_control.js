/* The call strip beyond mute, hold and passing on: the pause of the recording while a card's number is said, and a third in the talk. */
import { $, T, announce, api, toast, trying } from "./core.js";
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

/* Who had answered: a person or a machine, in one click. */
document.addEventListener("click", async e => {
  const button = e.target.closest?.("[data-answerer]");
  if (!button || button.disabled) return;
  const { contact } = button.closest("[data-contact]").dataset;
  button.disabled = true;
  if (await trying(async () => { await api("POST", `/desk/contacts/${contact}/answerer`, { answerer: button.dataset.answerer }); return true; })) announce(T("Записано"));
  button.disabled = false;
  refresh();
});

/* The third. Who is free changes unheard here, so the list is fetched when the dialog opens. */
async function colleagues() {
  const contact = $("#consult-form")?.dataset.contact, place = $("#consult-colleagues");
  if (!contact) return;
  const query = new URLSearchParams({ contact, name: "", lang: document.documentElement.lang });
  const answer = await fetch(`/desk/colleagues?${query}`, { credentials: "same-origin", headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok) place.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
}
async function third(button) {
  const { contact } = button.closest("[data-contact]").dataset, what = button.dataset.third;
  const body = what === "parties" ? { customer_held: button.dataset.customerHeld === "true", third_held: button.dataset.thirdHeld === "true" } : undefined;
  button.disabled = true;
  await trying(() => api("POST", `/desk/contacts/${contact}/third/${what}`, body));
  button.disabled = false;
  refresh();
}
document.addEventListener("click", e => {
  if (e.target.closest?.("#consult")) colleagues();
  const button = e.target.closest?.("[data-third]");
  if (button && !button.disabled) third(button);
});
document.addEventListener("submit", async e => {
  if (e.target.id !== "consult-form") return;
  e.preventDefault();
  const form = e.target, chosen = $("[name=goes]:checked", form), number = $("#consult-number").value.trim();
  $("#consult-err").hidden = !!(chosen || number);
  if (!chosen && !number) { $("#consult-number").focus(); return; }
  const body = number ? { number } : chosen.dataset.queue ? { queue: chosen.dataset.queue } : { agent: chosen.dataset.agent };
  if (await trying(() => api("POST", `/desk/contacts/${form.dataset.contact}/third`, { ...body, blind: e.submitter?.value === "blind" }))) form.closest("dialog").close();
  refresh();
});

/* He is gone, and nobody here let him go: why, for else his strip would only vanish. */
const GONE = { busy: () => T("Там занято. Вы снова с клиентом."), no_answer: () => T("Там не ответили. Вы снова с клиентом."), rejected: () => T("Там отклонили звонок. Вы снова с клиентом.") };
export function thirdGone({ answered, reason }) {
  toast(answered ? T("Третий положил трубку. Вы снова с клиентом.") : GONE[reason]?.() ?? T("Туда не дозвонились. Вы снова с клиентом."), { kind: "alert" });
}

/* Parking: the customer is left with the music, and anybody of the queue takes him. */
async function press(button, path) {
  button.disabled = true;
  await trying(() => api("POST", path));
  button.disabled = false;
  refresh();
}
document.addEventListener("click", e => {
  const park = e.target.closest?.("#park"), fetch = e.target.closest?.("[data-fetch]");
  if (park && !park.disabled) press(park, `/desk/contacts/${park.closest("[data-contact]").dataset.contact}/park`);
  if (fetch && !fetch.disabled) press(fetch, `/desk/parked/${fetch.dataset.fetch}/fetch`);
});

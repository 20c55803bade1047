/* Loading a list of leads: the file goes up as it is, the columns are corrected, and the page follows the engine until it is in. */
import { $, $$, api, ready, Refused, T } from "./core.js";
import { refresh } from "./parts.js";

const campaign = document.body.dataset.campaign, list = document.body.dataset.import;
const address = `/campaigns/${campaign}/import`, calls = `/campaigns/${campaign}/imports`;
const EVERY_MS = 1000;

function refuse(text) {
  const bar = $("#refused");
  $("span", bar).textContent = text;
  bar.hidden = !text;
}
async function tried(work) {
  refuse("");
  try { return await work(); } catch (error) {
    refuse(error instanceof Refused ? error.message : T("Нет связи, попробуйте ещё раз."));
    return null;
  }
}

/* The file itself is the body: a browser streams it from the disk. */
async function send(file) {
  const answer = await fetch(`/api/v1${calls}?file_name=${encodeURIComponent(file.name.slice(0, 200))}`, {
    method: "POST", body: file, credentials: "same-origin", headers: { "Content-Type": "text/csv", "Accept-Language": document.documentElement.lang },
  });
  const told = await answer.json();
  if (!answer.ok) { refuse(told.detail); return; }
  location.assign(`${address}/${told.id}`);
}

function form() {
  const fields = $("#form").elements, columns = $$("[data-column]");
  return {
    encoding: fields.encoding.value, delimiter: fields.delimiter.value, has_header: fields.has_header.checked,
    columns: columns.map(one => one.value), names: columns.map(one => one.dataset.column),
  };
}

document.addEventListener("submit", async e => {
  if (e.target.id !== "upload" && e.target.id !== "form") return;
  e.preventDefault();
  const press = $("[type=submit]", e.target);
  press.disabled = true;
  if (e.target.id === "upload") await tried(() => send($("#file").files[0]));
  else if (await tried(() => api("POST", `${calls}/${list}/start`, { form: form(), skip_bad: $("[name=skip_bad]").checked }))) location.assign(`${address}/${list}`);
  press.disabled = false;
});
document.addEventListener("change", e => {
  if (!e.target.matches("#enc,#del")) return;
  location.assign(`${address}/${list}?encoding=${encodeURIComponent($("#enc").value)}&delimiter=${encodeURIComponent($("#del").value)}`);
});
document.addEventListener("click", async e => {
  const press = e.target.closest?.("[data-act]");
  if (press && await tried(() => api("POST", `${calls}/${list}/${press.dataset.act}`))) location.assign(`${address}/${list}`);
});

/* While the engine is at work the figures are asked for; when it waits for a decision, the page is a new one. */
function follow() {
  const part = $("[data-part=state]");
  if (!part?.hasAttribute("data-busy")) return;
  refresh();
  setTimeout(follow, EVERY_MS);
}
document.addEventListener("cb:part", e => { if (e.detail.dataset.state === "checked") location.reload(); });

await ready;
follow();

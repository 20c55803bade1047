/* The end of a talk: a result is required, "call later" wants its hour, and what was typed is never lost. */
import { $, $$, T, announce, api, icon, locale, make, toast, trying } from "./core.js";
import { putBy, refresh } from "./panes.js";
import { offerTimes } from "./spoken.js";

/* The instant of a wall-clock time ("2026-11-22T18:00") in a named zone. */
export function instantOf(local, zone) {
  const utc = Date.parse(`${local}:00Z`);
  const offset = at => { const p = Object.fromEntries(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(at).map(x => [x.type, x.value])); return Date.parse(`${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}:${p.second}Z`) - at; };
  const first = utc - offset(utc);
  return new Date(utc - offset(first));
}

const form = () => $("#wrap");
const chosen = wrap => wrap && $("[name=code]:checked", wrap);
const wantsCallback = wrap => "callback" in (chosen(wrap)?.dataset ?? {});

/* What hour was meant, or null with the reason shown. */
function callback(wrap) {
  const zone = wrap.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone, day = $("[name=day]:checked", wrap)?.value, field = $("#at", wrap);
  const taken = wrap.dataset.slot || $("#agreed", wrap)?.dataset.agreed;      /* a half hour that was found by the customer's words, or agreed in the script */
  const found = field.value.trim().match(/^([01]?\d|2[0-3])[:. -]?([0-5]\d)$/), out = $("#whenx", wrap);
  const say = (good, text) => { out.className = `note-bar ${good ? "is-ok" : "is-warn"}`; out.replaceChildren(icon(good ? "check" : "alert"), make("span", "", text)); field.setAttribute("aria-invalid", !good); };
  if (!found && !taken) { say(false, T("Напишите время, например: 15:00")); return null; }
  const at = taken ? new Date(taken) : instantOf(`${day}T${found[1].padStart(2, "0")}:${found[2]}`, zone);
  if (at <= Date.now()) { say(false, T("Это время уже прошло. Выберите другой день или час.")); return null; }
  const shown = tz => new Intl.DateTimeFormat(locale(), { timeZone: tz, weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" }).format(at);
  say(true, T("%(theirs)s у клиента · у нас %(ours)s", { theirs: shown(zone), ours: new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(at) }));
  return at;
}

let unchosen = "";                    /* whose result was missed: the complaint outlives a painting */
async function done(wrap) {
  const result = chosen(wrap), at = result && wantsCallback(wrap) ? callback(wrap) : null;
  $("#res-err", wrap).hidden = !!result;
  unchosen = result ? "" : wrap.dataset.contact;
  if (!result) { ($("#results label:not([hidden]) input", wrap) ?? $("#res-find", wrap)).focus(); announce($("#res-err", wrap).textContent); return; }
  if (wantsCallback(wrap) && !at) { $("#at", wrap).focus(); return; }
  const body = { code: result.value, note: $("#wn", wrap).value.trim(), callback_at: at?.toISOString() ?? null };
  wrap.dataset.sent = "1";
  const good = await trying(() => api("POST", `/desk/contacts/${wrap.dataset.contact}/disposition`, body));
  if (good) toast(T("Итог сохранён")); else delete wrap.dataset.sent;
  await refresh();
}

document.addEventListener("submit", e => { if (e.target.id === "wrap") { e.preventDefault(); done(e.target); } });
document.addEventListener("click", e => { if (e.target.closest?.("#extend")) trying(() => api("POST", `/desk/contacts/${form().dataset.contact}/extend`)).then(refresh); });
document.addEventListener("input", e => {
  const wrap = form();
  if (!wrap?.contains(e.target)) return;
  if (e.target.name === "code") $("#res-err").hidden = true;
  if (["day", "at"].includes(e.target.name)) { delete wrap.dataset.slot; $("#agreed", wrap)?.remove(); }      /* another hour was named by hand */
  if (["day", "at", "code"].includes(e.target.name) && wantsCallback(wrap)) callback(wrap);
});
/* The tree is searched as one types; the first that is left is taken by Enter, and letters typed among the results go to the search. */
const folded = text => text.toLowerCase().replaceAll("\u0451", "\u0435");
function narrow() {
  const words = folded($("#res-find").value).split(/\s+/).filter(Boolean), all = $$("#results label");
  for (const label of all) label.hidden = !words.every(word => folded(label.dataset.words).includes(word));
  for (const limb of $$("#results .limb")) {
    limb.hidden = !$$("label:not([hidden])", limb).length;
    for (const twig of $$(".twig", limb)) { let at = twig.nextElementSibling, some = false; for (; at?.matches(".below"); at = at.nextElementSibling) some ||= !at.hidden; twig.hidden = !some; }
  }
  $("#res-none").hidden = all.some(label => !label.hidden);
}
function take() {
  const first = $("#results label:not([hidden]) input");
  if (!first) return;
  first.checked = true; first.focus();
  first.dispatchEvent(new Event("input", { bubbles: true }));
}
document.addEventListener("input", e => { if (e.target.id === "res-find") narrow(); });
document.addEventListener("keydown", e => {
  if (e.target.id === "res-find") {
    if (e.key === "Enter" || e.key === "ArrowDown") { e.preventDefault(); take(); }
    if (e.key === "Escape" && e.target.value) { e.preventDefault(); e.target.value = ""; narrow(); }
  } else if (e.target.name === "code" && e.key.length === 1 && e.key !== " " && !e.ctrlKey && !e.altKey && !e.metaKey && form()?.contains(e.target)) {
    $("#res-find").value = ""; $("#res-find").focus();      /* the letter itself is typed there */
  }
});

/* The customer's own words for it. */
function findTimes() {
  const wrap = form();
  offerTimes(wrap.dataset.contact, $("#spoken").value, $("#spoken-times"), slot => {
    const zone = wrap.dataset.zone || Intl.DateTimeFormat().resolvedOptions().timeZone, at = new Date(slot.starts_at);
    const day = $(`[name=day][value="${new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at)}"]`, wrap);
    if (day) { day.checked = true; $("#at", wrap).value = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(at); }
    wrap.dataset.slot = slot.starts_at; callback(wrap); $("#done").focus();
  });
}
document.addEventListener("click", e => { if (e.target.closest?.("#spoken-find")) findTimes(); });
document.addEventListener("keydown", e => { if (e.key === "Enter" && e.target.id === "spoken") { e.preventDefault(); findTimes(); } });
document.addEventListener("cb:painted", () => { if (unchosen && form()?.dataset.contact === unchosen) $("#res-err").hidden = !!chosen(form()); });
document.addEventListener("cb:painted", () => { if (form() && wantsCallback(form())) callback(form()); });

/* The time ran out: send what is chosen, also where the operator looks at another contact. */
setInterval(() => {
  for (const wrap of [form(), ...putBy("#wrap")]) {
    const row = wrap && document.getElementById(`ct-${wrap.dataset.contact}`), left = row?.dataset.phase === "wrap_up" && $("[data-count]", row);
    if (!left || !chosen(wrap) || wrap.dataset.sent || (wantsCallback(wrap) && !callback(wrap))) continue;
    if (left.textContent === "0:00" || left.textContent === "0:01") done(wrap);
  }
}, 500);
/* The server closed it first: it has kept the comment as a note in the customer's history. */
document.addEventListener("cb:gone", e => {
  const wrap = $("#wrap", e.detail.root);
  if (wrap && $("#wn", wrap).value.trim() && !wrap.dataset.sent && wrap.dataset.whose) toast(T("Время на итог вышло. Комментарий сохранён заметкой."));
});

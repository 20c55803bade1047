/* What a supervisor says is marked as read; the operator's own day, asked for when he wants to see it. */
import { $, T, api, toast, trying } from "./core.js";
import { openDialog } from "./page.js";
import { refresh } from "./panes.js";

async function figures() {
  const query = new URLSearchParams({ lang: document.documentElement.lang });
  const answer = await fetch(`/desk/figures?${query}`, { credentials: "same-origin", headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) { toast(T("Не получилось. Попробуйте ещё раз."), { kind: "alert" }); return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  $("#own-figures").replaceChildren(...page.body.childNodes);
  openDialog("figures");
}
document.addEventListener("click", async e => {
  const read = e.target.closest?.("[data-seen]");
  if (read && await trying(() => api("POST", `/desk/messages/${read.dataset.seen}/seen`))) await refresh();
  if (e.target.closest?.("[data-figures]")) figures();
});

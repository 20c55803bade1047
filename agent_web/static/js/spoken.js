/* A time in the customer's words: said back as it was understood, with the half hours that can be promised. Nothing is booked until one is taken. */
import { $, T, api, icon, make, Refused } from "./core.js";

export async function offerTimes(contact, text, out, take) {
  const bar = (kind, sign, said) => { const el = make("div", `note-bar is-${kind}`, icon(sign), make("span", "grow", said)); return el; };
  let found;
  try { found = await api("POST", "/desk/callback-times", { contact_id: contact, text }); } catch (error) {
    if (!(error instanceof Refused)) throw error;
    out.replaceChildren(bar("warn", "alert", error.message));
    return;
  }
  const times = make("div", "times");
  let day = found.slots[0]?.day;
  for (const slot of found.slots) {
    const button = make("button", "btn", slot.day === day ? slot.label : `${slot.day}, ${slot.label}`);
    button.type = "button"; button.dataset.slot = slot.starts_at; button.onclick = () => take(slot);
    day = slot.day; times.append(button);
  }
  out.replaceChildren(bar("ok", "clock", T("Поняли так: %(when)s у клиента", { when: found.said })),
    found.slots.length ? times : bar("warn", "alert", T("На это время звонок не обещать: всё занято, или звонить тогда нельзя.")));
  $("button", times)?.focus({ preventScroll: true });
}

/* The page measures itself and tells the server: ring to painted card, press to answer, and the sound of each talk, once at its end and every
   ten seconds while it is bad. Then the operator is told too, with what may help. */
import { $, T, api, icon, make } from "./core.js";
import { call } from "./contacts.js";
import { between, sums, suspicious } from "./line_quality.js";

const READ_MS = 2500, BAD_EVERY = 4, LATER_MS = 300000, MOST_CARDS = 100, MOST_ACTIONS = 500;
let cards = [], actions = [], last = null, worst = null, talk = "", weak = 0, told = false;

export const painted = ms => { cards = [...cards, ms].slice(-MOST_CARDS); };
document.addEventListener("cb:acted", e => { actions = [...actions, e.detail].slice(-MOST_ACTIONS); });

async function report(sound) {
  const body = { sound, card_ms: cards, action_ms: actions };
  if (!sound && !cards.length && !actions.length) return null;
  cards = []; actions = [];
  return api("POST", "/desk/report", body).catch(() => null);          /* figures are not worth a second try */
}
/* Advice stands for as long as it is true. */
function show(answer) {
  const bar = $("#weak"), text = answer?.trouble ? `${T("Сеть плохая: вас и клиента слышно с перебоями.")} ${answer.advice}` : "";
  bar.hidden = !text;
  if (!text) bar.replaceChildren();
  else if (bar.textContent !== text) bar.replaceChildren(icon("net-off"), make("span", "grow", text));
}
const badness = heard => Math.max(heard.lost_in_percent, heard.lost_out_percent) + heard.jitter_ms / 20 + heard.round_trip_ms / 100;

async function read(phone) {
  const connection = phone.talking && phone.connection;
  if (!connection) return;
  talk = call()?.id ?? talk;
  const now = sums(await connection.getStats()), heard = between(last, now);
  last = now;
  if (!heard || !talk) return;
  if (!worst || badness(heard) > badness(worst)) worst = heard;
  weak = suspicious(heard) ? weak + 1 : 0;
  if ((told && !weak) || weak === 2 || (weak && weak % BAD_EVERY === 0)) {
    told = weak > 0;
    show(await report({ contact_id: talk, ...heard }));
  }
}
/* The end of a talk: its worst moment is what it is remembered by. */
function over() {
  if (worst && talk) report({ contact_id: talk, ...worst });
  last = worst = null; talk = ""; weak = 0; told = false; show(null);
}
export function watchVitals(phone) {
  setInterval(() => read(phone).catch(() => {}), READ_MS);
  setInterval(() => report(null), LATER_MS);
  phone.addEventListener("state", () => { if (phone.talking) read(phone).catch(() => {}); });
  phone.addEventListener("ended", over);
}

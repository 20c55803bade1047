/* Both ends of a chat: questions to the server that say how they went, and messages on their way, which nothing loses or doubles. */
import { T, language } from "./core.js";

const ANSWER_MS = 15000;

/* {status, data, retry}: status 0 when nobody answered, retry in s. Never throws. */
export async function ask(method, path, body) {
  try {
    const answer = await fetch(`/api/v1${path}`, {
      method, credentials: "same-origin", signal: AbortSignal.timeout(ANSWER_MS),
      headers: { Accept: "application/json", "Accept-Language": language(), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const data = answer.status === 204 ? null : await answer.json().catch(() => null);
    return { status: answer.status, data, retry: Number(answer.headers.get("retry-after")) || 0 };
  } catch { return { status: 0, data: null, retry: 0 }; }
}
export const went = answer => answer.status >= 200 && answer.status < 300;
/* Worth another try: nobody answered, something broke there, or too much at once. */
export const passing = answer => [0, 408, 425, 429].includes(answer.status) || answer.status >= 500;

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("");
}
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* without storage they live as long as the page */ } };
const drop = key => { try { localStorage.removeItem(key); } catch { /* was never there */ } };
function stored(prefix) {
  try { return Object.keys(localStorage).filter(key => key.startsWith(prefix)).map(key => JSON.parse(localStorage.getItem(key))); } catch { return []; }
}

/* Kept in the browser until the server has them; sent one after another, again and again, each under its own name, so the server knows a
   repetition. `send(item)` gives {kept}, {later: s}, {refused: sentence} or {over: sentence}. Tells "change". */
export class Outbox extends EventTarget {
  constructor(place, send) {
    super();
    this.prefix = `cb-out:${place}:`; this.send = send; this.busy = false; this.tries = 0; this.timer = 0; this.held = "";
    this.items = stored(this.prefix).filter(item => item?.client_id).sort((a, b) => a.at - b.at || a.n - b.n);
    this.n = this.items.length;
    addEventListener("online", () => this.pump());
  }
  add(text) {
    const item = { client_id: newId(), text, at: Date.now(), n: this.n++, refused: "" };
    this.items.push(item); this.save(item); this.told(); this.pump();
    return item;
  }
  save(item) { keep(this.prefix + item.client_id, JSON.stringify(item)); }
  /* The server has it, or the writer has taken it back. */
  remove(clientId) {
    const before = this.items.length;
    this.items = this.items.filter(item => item.client_id !== clientId);
    if (this.items.length !== before) { drop(this.prefix + clientId); this.told(); }
  }
  told() { this.dispatchEvent(new Event("change")); }
  get waiting() { return this.items.filter(item => !item.refused); }
  async pump() {
    clearTimeout(this.timer);
    const item = this.waiting[0];
    if (this.busy || !item) return;
    this.busy = true;
    const verdict = await this.send(item);
    this.busy = false;
    if (verdict.over !== undefined) { this.held = verdict.over; this.told(); return; }
    this.held = "";
    if (verdict.later !== undefined) {
      const wait = verdict.later || Math.min(8, 0.5 * 2 ** this.tries++) * (0.75 + Math.random() / 2);
      this.timer = setTimeout(() => this.pump(), 1000 * wait);
      return;
    }
    this.tries = 0;
    if (verdict.refused !== undefined) { item.refused = verdict.refused || T("Не отправлено"); this.save(item); this.told(); } else this.remove(item.client_id);
    this.pump();
  }
  close() { clearTimeout(this.timer); this.busy = true; }
}

/* What the server's answer to a message means for it. */
export function verdict(answer, keptAs) {
  if (went(answer)) { keptAs(answer.data); return { kept: true }; }
  if (passing(answer)) return { later: answer.retry };
  if ([400, 413, 422].includes(answer.status)) return { refused: answer.data?.detail ?? "" };
  return { over: answer.data?.detail ?? "" };
}

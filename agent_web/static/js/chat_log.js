/* The messages of a chat as both sides see them: in the server's order, each once, then what is still on its way. Everything is text. */
import { T, icon, locale, make } from "./core.js";

const NEAR = 80;

/* `say(message)` words a line of the house itself; `mine` is the reader's side: "visitor" or "agent". */
export class ChatLog {
  constructor(list, mine, say) {
    this.list = list; this.mine = mine; this.say = say;
    this.rows = new Map(); this.pending = []; this.waited = ""; this.through = 0; this.read = 0;
  }
  reset() { this.rows.clear(); this.pending = []; this.waited = ""; this.through = 0; this.read = 0; this.list.replaceChildren(); }
  /* Up to `through` there is no gap: ask for what comes after it. Gives the messages that are new here. */
  add(messages) {
    const fresh = messages.filter(message => !this.rows.has(message.seq));
    if (!fresh.length) return fresh;
    const stick = this.nearEnd();
    for (const message of fresh.sort((a, b) => a.seq - b.seq)) {
      const row = this.row(message);
      this.rows.set(message.seq, { message, row });
      const next = [...this.rows.keys()].filter(seq => seq > message.seq).sort((a, b) => a - b)[0];
      this.list.insertBefore(row, next === undefined ? this.pending[0] ?? null : this.rows.get(next).row);
    }
    while (this.rows.has(this.through + 1)) this.through += 1;
    this.group(); this.ticks();
    if (stick || fresh.some(message => message.author === this.mine)) this.toEnd();
    return fresh;
  }
  has(clientId) { return [...this.rows.values()].some(({ message }) => message.author === this.mine && message.client_id === clientId); }
  get all() { return [...this.rows.values()].map(({ message }) => message).sort((a, b) => a.seq - b.seq); }
  /* What is still on its way, and why it is not taken. */
  wait(items, takeBack) {
    const left = items.filter(item => !this.has(item.client_id)), now = JSON.stringify(left);
    if (now === this.waited) return;
    this.waited = now;
    const stick = this.nearEnd();
    for (const row of this.pending) row.remove();
    this.pending = left.map(item => {
      const row = make("li", `msg mine${item.refused ? " refused" : " pending"}`, make("p", "text", item.text));
      const foot = make("div", "foot-line");
      if (item.refused) {
        const back = make("button", "btn sm ghost", T("Вернуть в поле"));
        back.type = "button"; back.onclick = () => takeBack(item);
        foot.append(icon("alert"), make("span", "grow", item.refused), back);
      } else foot.append(icon("clock"), make("span", "", T("отправляем…")));
      row.append(foot);
      return row;
    });
    this.list.append(...this.pending);
    if (stick) this.toEnd();
  }
  row(message) {
    if (message.notice) return make("li", "line", make("span", "", this.say(message)));
    const own = message.author === this.mine, row = make("li", `msg ${own ? "mine" : "theirs"}`);
    const time = make("time", "", new Date(message.at).toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" }));
    time.dateTime = message.at;
    const foot = make("div", "foot-line", time);
    if (own) foot.append(make("span", "tick"));
    row.append(make("span", own && this.mine === "visitor" ? "vh" : "by", this.by(message, own)), make("p", "text", message.text), foot);
    row.dataset.seq = message.seq;
    return row;
  }
  by(message, own) {
    if (own && this.mine === "visitor") return T("Вы");
    return message.author === "visitor" ? this.visitorName || T("Посетитель") : message.name || T("Оператор");
  }
  /* A writer is named once for his messages in a row. */
  group() {
    let before = "";
    for (const { message, row } of [...this.rows.values()].sort((a, b) => a.message.seq - b.message.seq)) {
      const who = message.notice ? "" : `${message.author}:${message.name}`;
      row.classList.toggle("again", who !== "" && who === before);
      before = who;
    }
  }
  /* One tick: the server keeps it. Two: the other side has seen it. */
  ticks(read = this.read) {
    this.read = Math.max(this.read, read);
    for (const { message, row } of this.rows.values()) {
      const place = row.querySelector(".tick"), seen = message.seq <= this.read;
      if (!place || place.dataset.seen === String(seen)) continue;
      place.dataset.seen = seen;
      place.replaceChildren(icon("check"), ...(seen ? [icon("check", "second")] : []), make("span", "vh", seen ? T("прочитано") : T("доставлено")));
    }
  }
  get scroller() { return this.list.parentNode; }
  nearEnd() { const s = this.scroller; return s.scrollHeight - s.scrollTop - s.clientHeight < NEAR; }
  toEnd() { this.scroller.scrollTop = this.scroller.scrollHeight; }
}

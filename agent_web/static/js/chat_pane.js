/* The operator's pane of one chat. mountChat(element, live): `element` is what desk_chat.html's macro made, `live` the page's Live stream.
   Mounting again, after the pane was painted anew, goes on with the same talk: its messages, its field, what is on its way. */
import { $, T, icon, language, make } from "./core.js";
import { Outbox, ask, passing, verdict, went } from "./chat_line.js";
import { ChatLog } from "./chat_log.js";

const MOST = 4000, DRAFT_MS = 700, TYPING_MS = 2500, DOTS_MS = 6000, KEPT = 12;
const talks = new Map();

const WORDS = {
  joined: ({ name }) => T("Чат принимает %(name)s", { name }),
  waiting_again: () => T("Посетитель снова ждёт в очереди"),
  call_offered: () => T("Посетителю предложили перезвонить"),
  agent_ended: () => T("Чат завершил оператор"),
  visitor_ended: () => T("Посетитель завершил чат"),
  visitor_gone: () => T("Посетитель ушёл и не вернулся"),
  callback: () => T("Посетитель ждёт звонка"),
  message: () => T("Посетителю предложили оставить сообщение"),
  closed: () => T("Посетителю сказали, что мы не работаем"),
  full: () => T("Посетителю сказали, что очередь полна"),
};

class Talk {
  constructor(contact, element, live) {
    this.contact = contact; this.element = element; this.state = null; this.fetching = false; this.again = false; this.gone = "";
    this.sentRead = 0; this.typedAt = -Infinity; this.dotsUntil = 0; this.draftTimer = 0; this.drafted = null; this.saving = false;
    this.field = $("textarea", element); this.form = $("form", element);
    this.log = new ChatLog($(".chat-log", element), "agent", message => WORDS[message.notice]?.(message) ?? "");
    this.outbox = new Outbox(`desk-${contact}`, item => this.send(item));
    this.outbox.addEventListener("change", () => this.paint());
    this.form.addEventListener("submit", e => { e.preventDefault(); this.submit(); });
    this.field.addEventListener("keydown", e => { if (e.key === "Enter" && !e.shiftKey && !e.ctrlKey && !e.altKey && !e.isComposing) { e.preventDefault(); this.submit(); } });
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("blur", () => this.saveDraft());
    this.news = e => {
      if (e.detail.contact_id !== contact) return;
      this.again = this.again || this.fetching;      /* what is on its way may have been asked before this happened */
      this.show(e.detail);
    };
    this.look = () => this.gather();
    live?.addEventListener("chat", this.news);
    for (const event of ["up", "resync"]) live?.addEventListener(event, this.look);
    this.close = () => {
      live?.removeEventListener("chat", this.news);
      for (const event of ["up", "resync"]) live?.removeEventListener(event, this.look);
      clearInterval(this.clock); this.outbox.close();
    };
    this.clock = setInterval(() => this.paint(), 1000);
    this.gather();
  }
  /* The pane was painted anew: take everything along, the caret too. */
  move(element) {
    if (element === this.element) return;
    const caret = [this.field.selectionStart, this.field.selectionEnd], inHand = [this.field, $("textarea", element)].includes(document.activeElement), scrolled = this.log.scroller.scrollTop;
    element.replaceChildren(...this.element.childNodes);
    this.element = element; this.log.scroller.scrollTop = scrolled;
    if (inHand) { this.field.focus({ preventScroll: true }); this.field.setSelectionRange(...caret); }
  }
  path(what) { return `/desk/chats/${this.contact}/${what}`; }
  async send(item) {
    const told = verdict(await ask("POST", this.path("messages"), { client_id: item.client_id, text: item.text }), message => { this.log.add([message]); this.paint(); });
    return told.over === undefined ? told : { refused: told.over };   /* the talk is not his any more: the text stays to be taken back */
  }
  async gather() {
    if (this.fetching) { this.again = true; return; }
    this.fetching = true;
    const answer = await ask("GET", this.path(`messages?after=${this.log.through}`));
    this.fetching = false;
    if (went(answer)) {
      const { name, language: speaks, state, messages, draft } = answer.data;
      this.gone = ""; this.log.visitorName = name; this.speaks = speaks;
      if (this.drafted === null) { this.drafted = draft; if (!this.field.value) this.field.value = draft; }
      const fresh = this.log.add(messages);
      for (const message of messages) if (message.client_id) this.outbox.remove(message.client_id);
      if (fresh.some(message => message.author === "visitor")) this.dotsUntil = 0;
      this.again = this.again || state.last_seq > this.log.through && fresh.length > 0;
      this.show(state);
      this.outbox.pump();
    } else if (passing(answer)) { clearTimeout(this.retry); this.retry = setTimeout(this.look, 1500); } else { this.gone = answer.data?.detail ?? T("Этот чат уже не у вас"); this.paint(); }
    if (this.again) { this.again = false; this.gather(); }
  }
  show(state) {
    if (this.state && state.last_seq < this.state.last_seq) return;   /* an answer that was overtaken */
    this.state = state;
    if (state.visitor_typing) this.dotsUntil = performance.now() + DOTS_MS;
    this.log.ticks(state.visitor_read);
    if (state.last_seq > this.log.through && !this.fetching) this.gather();
    this.paint();
  }
  submit() {
    const text = this.field.value.trim();
    if (!text || this.tooLong() || this.field.disabled) return;
    this.field.value = ""; this.outbox.add(text); this.log.toEnd(); this.saveDraft();
  }
  tooLong() {
    const letters = [...this.field.value.trim()].length, note = $(".chat-bad", this.element);
    note.hidden = letters <= MOST;
    if (!note.hidden) $("span", note).textContent = T("Слишком длинно: %(n)s знаков. В сообщении не больше %(most)s, разделите его на части.", { n: letters, most: MOST });
    return letters > MOST;
  }
  typed() {
    this.tooLong();
    clearTimeout(this.draftTimer); this.draftTimer = setTimeout(() => this.saveDraft(), DRAFT_MS);
    if (!this.field.value || !this.state?.live || performance.now() - this.typedAt < TYPING_MS) return;
    this.typedAt = performance.now(); ask("POST", this.path("typing"));
  }
  /* One at a time, the last one wins. */
  async saveDraft() {
    clearTimeout(this.draftTimer);
    if (this.saving || this.drafted === null || this.drafted === this.field.value) return;
    this.saving = true;
    const text = this.field.value, answer = await ask("PUT", this.path("draft"), { text });
    this.saving = false;
    if (!passing(answer)) this.drafted = text;
    if (this.field.value !== text || passing(answer)) this.draftTimer = setTimeout(() => this.saveDraft(), DRAFT_MS);
  }
  paint() {
    const { state } = this, strip = $(".chat-standing", this.element), dots = state?.live && performance.now() < this.dotsUntil;
    const [shape, colour, words] = this.gone ? ["st-offline", "", this.gone] : !state ? ["spin", "", T("Загружаем переписку…")]
      : state.ending ? ["st-offline", "", T("Чат завершён")] : state.presence === "away" ? ["st-break", "is-warn", T("Посетитель отошёл от страницы")] : ["st-ready", "is-ok", T("Посетитель на связи")];
    const foreign = this.speaks && this.speaks !== language() ? this.speaks : "";
    if (strip.dataset.said !== words + foreign) {
      strip.dataset.said = words + foreign;
      strip.replaceChildren(make("span", `pill ${colour}`, icon(shape), words), ...(foreign ? [make("span", "sm sub", foreign === "en" ? T("страница посетителя на английском") : T("страница посетителя на русском"))] : []));
    }
    $(".dots", this.element).hidden = !dots;
    const writable = Boolean(state?.live) && !this.gone;
    if (this.field.disabled === writable) this.field.disabled = !writable;
    $("button", this.form).disabled = !writable;
    this.log.wait(this.outbox.items, item => { this.outbox.remove(item.client_id); this.field.value = [this.field.value, item.text].filter(Boolean).join("\n"); this.saveDraft(); });
    this.seen();
  }
  async seen() {
    const upTo = this.log.through;
    if (!this.state?.live || upTo <= this.sentRead || document.hidden || !this.element.isConnected || !this.element.offsetParent) return;
    this.sentRead = upTo;
    if (passing(await ask("POST", this.path("read"), { seq: upTo }))) this.sentRead = Math.min(this.sentRead, upTo - 1);
  }
}

export function mountChat(element, live = null) {
  const contact = element.dataset.chat;
  let talk = talks.get(contact);
  if (talk) { talk.move(element); talk.paint(); return talk; }
  talks.set(contact, talk = new Talk(contact, element, live));
  for (const [other, old] of talks) { if (talks.size <= KEPT) break; if (!old.element.isConnected) { old.close(); talks.delete(other); } }
  return talk;
}

/* The pages of recordings. The sound is fetched at the first play, not before: a fetch is a listening. */
import { $, $$, T, api, mmss, paintValues, ready, swapIcon, toast, trying } from "./core.js";
import { Waveform } from "./waveform.js";

class Player {
  constructor(card) {
    this.seconds = +card.dataset.seconds;
    this.sound = $("#sound"); this.wave = $("#wave"); this.start = 0; this.next = this.going = null;
    const marks = $$("[data-at]", card).map(b => ({ at: +b.dataset.at, length: +b.dataset.length, kind: b.dataset.kind }));
    this.form = new Waveform(this.wave, this.seconds, marks, kind => kind === "silence" ? T("тишина") : "");
    this.sound.controls = false; $("#controls").hidden = false;
    this.#listen(card);
    trying(async () => { const { operator, customer } = await api("GET", `/recordings/${card.dataset.id}/peaks`); this.form.peaks = [operator, customer]; });
  }
  get at() { return this.next ?? this.going ?? (this.sound.readyState ? this.sound.currentTime : this.start); }

  #listen(card) {
    const { sound } = this, show = () => this.show();
    for (const name of ["timeupdate", "seeked", "loadedmetadata"]) sound.addEventListener(name, show);
    sound.addEventListener("loadedmetadata", () => { this.going = null; if (this.start) this.#seek(this.start); });
    sound.addEventListener("seeked", () => { const to = this.next; this.next = this.going = null; if (to !== null) this.#seek(to); });
    for (const name of ["play", "pause", "ended"]) sound.addEventListener(name, () => this.#paintPlay());
    sound.addEventListener("error", () => { this.next = this.going = null; toast(T("Запись не загрузилась. Попробуйте ещё раз."), { kind: "alert" }); });
    $("#play").onclick = () => this.toggle();
    this.wave.addEventListener("pointerdown", e => this.#drag(e));
    this.wave.addEventListener("keydown", e => this.#slide(e));
    card.addEventListener("click", e => {
      const b = e.target.closest("[data-at],[data-seek],[data-speed]");
      if (!b) return;
      if (b.dataset.at) this.go(+b.dataset.at); else if (b.dataset.seek) this.go(this.at + +b.dataset.seek); else sound.playbackRate = +b.dataset.speed;
    });
    document.addEventListener("keydown", e => this.#key(e));
  }
  /* The needle glides between the browser's own reports of the time, four a second. */
  #glide() { if (!this.sound.paused) { this.show(); requestAnimationFrame(() => this.#glide()); } }
  #paintPlay() {
    const plays = !this.sound.paused;
    swapIcon($("#play"), plays ? "pause" : "play"); $("#play").setAttribute("aria-label", plays ? T("Пауза") : T("Слушать"));
    if (plays) this.#glide(); else this.show();
  }
  toggle() { if (this.sound.paused) this.sound.play().catch(() => { /* the error event says it */ }); else this.sound.pause(); }
  go(seconds) {
    this.start = Math.max(0, Math.min(this.seconds, seconds));
    /* One seek at a time: Chromium may never come back from seeks in an Ogg file that overtake each other. */
    if (this.going !== null) this.next = this.start;
    else if (this.sound.readyState) this.#seek(this.start);
    this.show();
  }
  /* Where it goes to is ours to remember: during a seek Chromium still tells where it was, and a key pressed then would count from there. */
  #seek(to) { this.going = to; this.sound.currentTime = to; }
  show() {
    const at = Math.min(this.seconds, this.at), whole = Math.floor(at);
    this.form.moveTo(at);
    if (this.shown === whole) return;
    this.shown = whole; $("#pos").textContent = mmss(whole);
    this.wave.setAttribute("aria-valuenow", whole);
    this.wave.setAttribute("aria-valuetext", T("%(at)s из %(length)s", { at: mmss(whole), length: mmss(this.seconds) }));
  }
  #drag(e) {
    const to = move => this.go(this.form.secondsAt(move.offsetX));
    this.wave.setPointerCapture(e.pointerId); to(e); this.wave.onpointermove = to;
    this.wave.onpointerup = this.wave.onpointercancel = () => { this.wave.onpointermove = null; };
  }
  #slide(e) {
    const to = { Home: 0, End: this.seconds, PageUp: this.at - 30, PageDown: this.at + 30, ArrowUp: this.at + 5, ArrowDown: this.at - 5 }[e.code];
    if (to === undefined) return;
    e.preventDefault(); this.go(to);
  }
  /* Bare keys, outside fields and dialogs only. A button has Space for itself. */
  #key(e) {
    if (e.ctrlKey || e.altKey || e.metaKey || e.target.closest("input,textarea,select,dialog,.menu,audio")) return;
    const onButton = e.target.closest("button,a");
    if (e.code === "Space" && !onButton) { e.preventDefault(); this.toggle(); }
    if (e.code === "ArrowLeft" || e.code === "ArrowRight") { e.preventDefault(); this.go(this.at + (e.code === "ArrowLeft" ? -5 : 5)); }
    if (e.code === "BracketLeft" || e.code === "BracketRight") this.#speed(e.code === "BracketLeft" ? -1 : 1);
  }
  #speed(step) {
    const all = $$("#speeds button");
    all[all.findIndex(b => b.getAttribute("aria-pressed") === "true") + step]?.click();
  }
}

document.addEventListener("keydown", e => {
  if (e.code === "KeyN" && !e.ctrlKey && !e.altKey && !e.metaKey && !e.target.closest("input,textarea,select,dialog")) $("#next")?.click();
});
await ready;
paintValues();
if ($("#player")) new Player($("#player"));

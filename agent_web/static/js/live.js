/* The page's one live stream. EventSource retries by itself only after some errors, so we do it, fast and with jitter. */
export class Live extends EventTarget {
  constructor() {
    super();
    this.tab = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    this.up = false; this.stopped = false; this.lastHeard = 0;
    this.leisureS = 0;                  /* how long we may take over what is not urgent, as of before the line was lost */
    this.connect();
    setInterval(() => this.watch(), 1000);
    addEventListener("pagehide", () => this.source?.close());
    addEventListener("pageshow", e => { if (e.persisted) this.connect(); });
  }
  connect() {
    if (this.stopped) return;
    this.source?.close();
    const source = this.source = new EventSource(`/live?tab=${this.tab}`);
    this.lastHeard = performance.now();
    source.onopen = () => this.heard(true);
    source.onerror = () => {
      const refused = source.readyState === EventSource.CLOSED;      /* an answer came, and it was no stream: signed out, or a server that is not ready */
      this.lost();
      if (refused) this.dispatchEvent(new CustomEvent("refused"));
    };
    for (const event of ["desk", "order", "chat", "parked", "third", "board", "resync", "ping", "elsewhere"]) source.addEventListener(event, e => {
      this.heard(false);
      if (event === "ping") this.leisureS = JSON.parse(e.data).leisure_s ?? 0;
      if (event === "elsewhere") { this.stop(); }
      this.dispatchEvent(new CustomEvent(event, { detail: JSON.parse(e.data), cancelable: false }));
    });
  }
  heard(opened) {
    this.lastHeard = performance.now();
    if (this.up) return;
    this.up = true;
    this.dispatchEvent(new CustomEvent("up", { detail: { opened } }));
  }
  lost() {
    this.source?.close();
    if (this.up) { this.up = false; this.dispatchEvent(new CustomEvent("down")); }
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), 500 + Math.random() * 500);
  }
  /* The server speaks every 5 s. Silence of 12 s is a dead line that the machine has not noticed. */
  watch() { if (!this.stopped && this.up && performance.now() - this.lastHeard > 12000) this.lost(); }
  /* Not now, but when the crowd of pages that came back with us lets it: in a small house at once. */
  atLeisure(work) { clearTimeout(this.later); this.later = setTimeout(work, Math.random() * this.leisureS * 1000); }
  stop() { this.stopped = true; this.up = false; clearTimeout(this.retry); this.source?.close(); }
  resume() { this.stopped = false; this.connect(); }
}

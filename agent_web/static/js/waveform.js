/* A waveform of two lanes on a canvas: the operator above, the customer below. Draws only; quality.js says where the needle is. */
const RULER = 22, BAR = 2, STEP = 3;
const ROUND = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200];

export class Waveform {
  constructor(canvas, seconds, marks, label) {
    Object.assign(this, { canvas, seconds: Math.max(seconds, .001), marks, label, lanes: [[], []], at: 0 });
    new ResizeObserver(() => this.draw()).observe(canvas);
    document.addEventListener("cb:theme", () => this.draw());
  }

  /* Each lane is drawn against its own loudest moment, else a quiet customer would be a flat line; the root lifts soft speech. */
  set peaks(lanes) {
    this.lanes = lanes.map(lane => { const most = Math.max(24, ...lane); return lane.map(v => Math.sqrt(v / most)); });
    this.draw();
  }
  moveTo(seconds) { this.at = seconds; this.draw(); }
  secondsAt(x) { return Math.max(0, Math.min(1, x / this.canvas.clientWidth)) * this.seconds; }

  draw() {
    const { canvas } = this, width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
    if (!width) return;
    canvas.width = width * ratio; canvas.height = height * ratio;
    const style = getComputedStyle(document.documentElement), color = name => style.getPropertyValue(name).trim();
    const pen = canvas.getContext("2d"), floor = height - RULER, x = s => s / this.seconds * width;
    pen.scale(ratio, ratio);
    pen.fillStyle = color("--inset"); pen.fillRect(0, 0, width, floor);
    this.#bands(pen, x, floor, color);
    this.lanes.forEach((lane, n) => this.#lane(pen, lane, color(n ? "--ch-b" : "--ch-a"), floor / 2 * (n + .5), floor / 4 - 6, width));
    this.#ruler(pen, x, floor, width, color);
    pen.fillStyle = color("--ink"); pen.fillRect(Math.min(width - 2, Math.max(0, x(this.at) - 1)), 0, 2, floor);
    pen.beginPath(); pen.arc(Math.min(width - 5, Math.max(5, x(this.at))), 5, 5, 0, 7); pen.fill();
  }

  #bands(pen, x, floor, color) {
    const look = { silence: "--idle", overlap: "--bad" };
    for (const { at, length, kind } of this.marks) {
      if (!look[kind]) continue;
      const wide = Math.max(2, x(length));
      pen.fillStyle = color(`${look[kind]}-bg`); pen.fillRect(x(at), 0, wide, floor);
      pen.fillStyle = color(look[kind]); pen.fillRect(x(at), 0, wide, 3);
      pen.font = `500 12px ${color("--font")}`; pen.textAlign = "center";
      if (pen.measureText(this.label(kind)).width < wide - 8) pen.fillText(this.label(kind), x(at) + wide / 2, floor / 2 + 4);
    }
  }
  #lane(pen, lane, color, middle, reach, width) {
    pen.fillStyle = color;
    for (let px = 0; px < width; px += STEP) {
      const from = Math.floor(px / width * lane.length), to = Math.max(from + 1, Math.floor((px + STEP) / width * lane.length));
      const high = reach * Math.max(0, ...lane.slice(from, to));
      pen.globalAlpha = px / width * this.seconds <= this.at ? 1 : .5;
      pen.fillRect(px, middle - high, BAR, Math.max(1, high * 2));
    }
    pen.globalAlpha = 1;
  }
  #ruler(pen, x, floor, width, color) {
    const step = ROUND.find(s => x(s) >= 72) || 3600;
    pen.fillStyle = color("--ink-3"); pen.font = `12px ${color("--font")}`; pen.textAlign = "left";
    for (let s = 0; s <= this.seconds; s += step) {
      const text = s >= 3600 ? `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
      pen.fillRect(x(s), floor, 1, 5);
      if (x(s) + 4 + pen.measureText(text).width <= width) pen.fillText(text, x(s) + 4, floor + 16);
    }
  }
}

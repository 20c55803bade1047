/* The cord between the row on the left and the card: it repeats what the words say. */
import { $ } from "./core.js";

const NS = "http://www.w3.org/2000/svg";
function draw() {
  const desk = $(".desk");
  $(".cord")?.remove();
  const row = $("[data-cord][aria-current]"), to = $("#jack-in");
  if (!desk || !row || !to || !["talking", "held"].includes(desk.dataset.phase) || innerWidth <= 1100) return;
  const o = desk.getBoundingClientRect(), r = row.getBoundingClientRect(), t = to.getBoundingClientRect(), plugged = desk.dataset.phase === "talking";
  const ax = r.right - o.left + 1, ay = r.bottom - o.top - 15, bx = t.left + t.width / 2 - o.left, by = t.top + t.height / 2 - o.top;
  const shape = (name, values) => { const el = document.createElementNS(NS, name); for (const k in values) el.setAttribute(k, values[k]); return el; };
  const d = plugged ? `M${ax} ${ay}C${ax + 20} ${ay + 34} ${bx - 22} ${by + 54} ${bx} ${by}` : `M${ax} ${ay}C${ax + 16} ${ay + 20} ${ax + 10} ${ay + 60} ${ax + 9} ${ay + 92}`;
  const svg = shape("svg", { class: "cord", "aria-hidden": "true" });
  svg.append(...["a", "b", "c"].map(c => shape("path", { class: c, d })), shape("circle", { cx: ax, cy: ay, r: 4.5 }),
    plugged ? shape("circle", { cx: bx, cy: by, r: 6.5 }) : shape("rect", { x: ax + 5, y: ay + 88, width: 8, height: 17, rx: 2.5 }));
  desk.append(svg);
}
for (const event of ["cb:painted", "cb:lang"]) document.addEventListener(event, draw);
addEventListener("resize", draw);
document.fonts.ready.then(draw);

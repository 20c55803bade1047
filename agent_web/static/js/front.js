/* Which contact stands in the middle: the page's own choice, the latest first. It outlives a reload, and nothing that comes in changes it. */
const KEY = "cb-front";
let order = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
const seen = new Set();

const keep = ids => { order = ids.slice(0, 12); sessionStorage.setItem(KEY, JSON.stringify(order)); };
export const wanted = () => order;
export function bring(id) { if (id) keep([id, ...order.filter(other => other !== id)]); }
/* What the server has shown, of all that is in hand: a choice of its own holds from now on, and what is gone is forgotten. */
export function noteShown(id, inHand) {
  for (const one of inHand) seen.add(one);
  const left = order.filter(one => inHand.includes(one) || !seen.has(one));
  for (const one of seen) if (!inHand.includes(one)) seen.delete(one);
  keep(!id || left.includes(id) ? left : [id, ...left]);
}

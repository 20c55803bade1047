/* What the packets of a talk suffered between two readings of WebRTC's statistics. Pure. */
export function sums(stats) {
  const all = [...stats.values()], of = type => all.filter(one => one.type === type && (one.kind ?? "audio") === "audio");
  const here = of("inbound-rtp")[0], there = of("remote-inbound-rtp")[0], pair = all.find(one => one.type === "candidate-pair" && one.nominated);
  if (!here) return null;
  return {
    came: here.packetsReceived ?? 0, lost: here.packetsLost ?? 0, jitter: here.jitter ?? 0, sent: of("outbound-rtp")[0]?.packetsSent ?? 0, lostThere: there?.packetsLost ?? 0,
    roundTrip: there?.roundTripTime ?? pair?.currentRoundTripTime ?? 0,
  };
}
const percent = (lost, of) => of > 0 ? Math.min(100, Math.max(0, 100 * lost / of)) : 0;
/* Losses in percent, times in ms; null while nothing was sent or came. */
export function between(before, now) {
  if (!before || !now) return null;
  const lost = now.lost - before.lost, came = now.came - before.came, sent = now.sent - before.sent;
  if (came + lost <= 0 && sent <= 0) return null;
  return { lost_in_percent: percent(lost, came + lost), lost_out_percent: percent(now.lostThere - before.lostThere, sent), jitter_ms: 1000 * now.jitter, round_trip_ms: 1000 * now.roundTrip };
}
/* Worth telling while the talk lasts; what it means, the server says. */
export const suspicious = heard => heard.lost_in_percent >= 2 || heard.lost_out_percent >= 2 || heard.jitter_ms >= 40 || heard.round_trip_ms >= 300;

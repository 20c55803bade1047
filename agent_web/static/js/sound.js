/* Sound that the page itself makes (ringing, the beep before an automatic answer), and the measuring of what comes in. */
let context = null;
export function sound() { context ??= new AudioContext(); if (context.state === "suspended") context.resume().catch(() => {}); return context; }
for (const event of ["pointerdown", "keydown"]) addEventListener(event, () => { if (context) sound(); }, { passive: true });

function tone(hertz, from, length, volume = 0.12) {
  const ac = sound(), osc = ac.createOscillator(), gain = ac.createGain(), at = ac.currentTime + from;
  osc.frequency.value = hertz; gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(volume, at + 0.02); gain.gain.setValueAtTime(volume, at + length - 0.03); gain.gain.linearRampToValueAtTime(0, at + length);
  osc.connect(gain).connect(ac.destination); osc.start(at); osc.stop(at + length);
  return osc;
}
export const beep = () => { tone(880, 0, 0.09); tone(1320, 0.1, 0.09); };

/* For what is written: one low soft note when a message comes, two when a chat is offered. */
export const knock = () => tone(520, 0, 0.14, 0.07);
export const knockTwice = () => { tone(440, 0, 0.16, 0.08); tone(587, 0.2, 0.24, 0.08); };

/* Two soft notes every 2.4 s until stopped. */
let ringing = null;
export function ring() { if (ringing) return; const strike = () => { tone(660, 0, 0.32); tone(880, 0.34, 0.42); }; strike(); ringing = setInterval(strike, 2400); }
export function hush() { clearInterval(ringing); ringing = null; }

/* What is heard: loudness (rms, 0..1) and the loudest frequency (Hz). Worked out when asked for. */
let ear = null, source = null;
export function listenTo(stream) {
  const ac = sound();
  source?.disconnect();
  ear = ac.createAnalyser(); ear.fftSize = 8192;
  source = ac.createMediaStreamSource(stream); source.connect(ear);
}
export function deaf() { source?.disconnect(); source = ear = null; }
export function heard() {
  if (!ear) return { rms: 0, peakHz: 0 };
  const wave = new Float32Array(ear.fftSize), bands = new Float32Array(ear.frequencyBinCount);
  ear.getFloatTimeDomainData(wave); ear.getFloatFrequencyData(bands);
  let power = 0, best = 1;
  for (const x of wave) power += x * x;
  for (let k = 2; k < bands.length; k++) if (bands[k] > bands[best]) best = k;
  return { rms: Math.sqrt(power / wave.length), peakHz: best * context.sampleRate / ear.fftSize };
}

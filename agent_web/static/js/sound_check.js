/* The sound's check before the shift: how loud the microphone is, whether it hears the loudspeaker (echo), and how one is heard: recorded
   here and played back. Nothing leaves the page. */
import { $, T, api, icon, make, say } from "./core.js";
import { openDialog } from "./page.js";
import { sound } from "./sound.js";

const QUIET_MS = 700, TONE_MS = 900, SPEAK_MS = 3500, TONE_HZ = 1000, LOOK_MS = 50;
const SOFT = 0.01, CLIPPED = 0.98, ECHO_TIMES = 4;
const wait = ms => new Promise(done => setTimeout(done, ms));
let phone = null, why = null, busy = false;

function result(name, good, text) {
  const row = $(`#check-${name}`);
  row.className = `note-bar ${good === null ? "" : good ? "is-ok" : "is-warn"}`;
  row.replaceChildren(icon(good === null ? "spin" : good ? "check" : "alert"), make("span", "grow", text));
  if (good !== null) say(text);
}
/* The microphone under an analyser: its level now, and how strong one frequency is in it. */
function listen(stream) {
  const ac = sound(), ear = ac.createAnalyser(), from = ac.createMediaStreamSource(stream), wave = new Float32Array(2048);
  ear.fftSize = 2048; ear.smoothingTimeConstant = 0; from.connect(ear);
  const bands = new Float32Array(ear.frequencyBinCount);
  return {
    level() { ear.getFloatTimeDomainData(wave); return { rms: Math.sqrt(wave.reduce((sum, x) => sum + x * x, 0) / wave.length), peak: wave.reduce((most, x) => Math.max(most, Math.abs(x)), 0) }; },
    at(hertz) { ear.getFloatFrequencyData(bands); return 10 ** (bands[Math.round(hertz * ear.fftSize / ac.sampleRate)] / 20); },
    end() { from.disconnect(); },
  };
}
async function during(ms, look) { const seen = []; for (let gone = 0; gone < ms; gone += LOOK_MS) { await wait(LOOK_MS); seen.push(look()); } return seen; }
const most = list => Math.max(...list);
function tone(ms) {
  const ac = sound(), from = ac.createOscillator(), gain = ac.createGain();
  from.frequency.value = TONE_HZ; gain.gain.value = 0.15; from.connect(gain).connect(ac.destination);
  from.start(); from.stop(ac.currentTime + ms / 1000);
}

async function echo(mic) {
  result("echo", null, T("Помолчите секунду: слушаем, не попадает ли звук из динамика в микрофон…"));
  const before = most(await during(QUIET_MS, () => mic.at(TONE_HZ)));
  tone(TONE_MS);
  const heard = most(await during(TONE_MS, () => mic.at(TONE_HZ))), loud = heard > ECHO_TIMES * before && heard > SOFT / 4;
  result("echo", !loud, loud ? T("Микрофон слышит динамик: клиент будет слышать себя. Наденьте гарнитуру или убавьте звук.") : T("Эха нет"));
}
async function loop(mic, stream) {
  result("level", null, T("Говорите: «Здравствуйте, магазин, чем помочь?»")); result("loop", null, T("Записываем…"));
  const kept = [], recorder = new MediaRecorder(stream), ended = new Promise(done => { recorder.onstop = done; }), meter = $("#check-meter");
  recorder.ondataavailable = e => kept.push(e.data);
  recorder.start();
  const levels = await during(SPEAK_MS, () => { const now = mic.level(); meter.value = Math.min(1, 4 * now.rms); return now; });
  recorder.stop(); await ended;
  meter.value = 0;
  const rms = most(levels.map(one => one.rms)), peak = most(levels.map(one => one.peak));
  if (rms < SOFT) result("level", false, T("Вас почти не слышно. Проверьте, тот ли микрофон выбран и не выключен ли он."));
  else if (peak > CLIPPED) result("level", false, T("Слишком громко, звук искажается. Отодвиньте микрофон."));
  else result("level", true, T("Микрофон слышит вас хорошо"));
  const player = $("#check-player"), address = URL.createObjectURL(new Blob(kept, { type: recorder.mimeType }));
  player.src = address; player.hidden = false;
  result("loop", null, T("Слушайте: так вас слышит клиент…"));
  const played = new Promise(done => { player.onended = () => done(true); player.onerror = () => done(false); });
  await player.play().catch(() => {});
  const good = await Promise.race([played, wait(3 * SPEAK_MS).then(() => false)]);
  result("loop", good, good ? T("Если вы слышали себя чисто, можно начинать смену") : T("Запись не проигралась. Проверьте, выбран ли динамик."));
}
async function check() {
  if (busy) return;
  busy = true; $("#check-go").disabled = true;
  const mine = !phone.mic;
  try {
    const { processing } = await api("GET", "/desk/softphone");
    await phone.openMicrophone(processing);
    const mic = listen(phone.mic);
    await echo(mic); await loop(mic, phone.mic);
    mic.end();
  } catch (error) { result("level", false, why(error)); } finally {
    if (mine && !phone.wanted) phone.closeMicrophone();      /* off shift nothing listens */
    busy = false; $("#check-go").disabled = false;
  }
}
/* `words` tells a microphone's trouble as the desk does. */
export function watchSoundCheck(softphone, words) {
  phone = softphone; why = words;
  document.addEventListener("click", e => {
    if (e.target.closest?.("#sound-check")) openDialog("sound");
    if (e.target.closest?.("#check-go")) check();
  });
}

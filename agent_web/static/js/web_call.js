/* A visitor's call. Sound goes by WebRTC to our gateway; the news of the call (place in line, talk, end) come over its data channel.
   Stages, also in body.dataset.stage: idle, microphone, connecting, waiting, ringing, talking, held, told, ended. */
import { $, announce, api, language, ready, Refused, restart, swapIcon, T } from "./core.js";

const BEAT_MS = 2000;        /* the gateway ends a call after 6 s without sound and beat */
const GATHER_MS = 1000;      /* addresses that are not found by then are not waited for */
const CONNECT_MS = 20000;
const BROKEN_MS = 8000;      /* a change of network is over sooner */
const TICKET_MS = 45000;     /* a ticket lives 60 s; the page's own is used once, and only while it is young */

const opened = performance.now();
let ownTicket = document.body.dataset.ticket, call = null;

/* What the page shows --------------------------------------------------------------------------------------------------- */

const minutes = seconds => seconds < 60 ? T("меньше минуты") : T("около %(n)s мин", { n: Math.round(seconds / 60) });
function waiting(news) {
  if (!news.position) return T("Ищем свободного оператора. Не закрывайте страницу.");
  const place = T("Ваше место в очереди: %(n)s.", { n: news.position });
  return news.expected_s === undefined ? place : place + " " + T("Ждать %(time)s.", { time: minutes(news.expected_s) });
}
const STAGES = {
  microphone: () => [T("Разрешите микрофон"), T("Браузер спрашивает разрешение в верхней части окна.")],
  connecting: () => [T("Соединяем…"), T("Обычно это пара секунд.")],
  waiting: news => [T("Вы в очереди"), waiting(news)],
  ringing: () => [T("Оператор берёт трубку"), T("Сейчас начнём.")],
  talking: () => [T("Вы говорите с оператором"), ""],
  told: news => news.reason === "voicemail" ? [T("Оставьте сообщение"), T("Говорите после сигнала, потом завершите звонок.")] : (ENDS[news.reason] || ENDS.message)(),
  held: () => [T("Оператор отошёл на минуту"), T("Музыка играет, пока вы на удержании.")],
};
const ENDS = {
  over: () => [T("Разговор окончен"), T("Спасибо за звонок.")],
  left: () => [T("Вы завершили звонок"), T("Если остались вопросы, звоните ещё.")],
  no_path: () => [T("Не получилось соединиться"), T("Ваша сеть не пропускает звук. Попробуйте другую сеть или позвоните с телефона.")],
  line_down: () => [T("Сейчас не получается принять звонок"), T("Неполадка у нас. Попробуйте через пару минут.")],
  stopping: () => [T("Звонок прервался"), T("Мы перезапускаем систему. Позвоните через минуту.")],
  closed: () => [T("Сейчас мы не работаем"), T("Позвоните в рабочее время.")],
  full: () => [T("Очередь переполнена"), T("Позвоните немного позже.")],
  callback: () => [T("Мы вам перезвоним"), T("Ваше место в очереди сохранено.")],
  message: () => [T("Звонок окончен"), ""],
  voicemail: () => [T("Звонок окончен"), T("Ваше сообщение записано.")],
  lost: () => [T("Связь прервалась"), T("Проверьте интернет и позвоните ещё раз.")],
};

function part(shown) { for (const id of ["start", "live", "over"]) $(`#${id}`).hidden = id !== shown; }
function show(stage, news = {}) {
  const before = document.body.dataset.stage, [head, detail] = STAGES[stage](news);
  document.body.dataset.stage = stage;
  part("live");
  if ($("#stage").textContent !== head) $("#stage").textContent = head;
  if ($("#detail").textContent !== detail) $("#detail").textContent = detail;
  $("#keep").hidden = !(stage === "waiting" && news.can_keep);
  const inTalk = stage === "talking" || stage === "held";
  $("#lamp").className = inTalk ? "jack on" : "jack lit";
  if (inTalk && $("#clock").hidden) { restart($("#clock")); $("#clock").textContent = "0:00"; }
  $("#clock").hidden = !inTalk;
  for (const button of document.querySelectorAll("[data-lang]")) button.disabled = true;   /* another language is another page */
  if (before === "idle" || before === "ended") $("#stage").focus();
}
function showEnd(reason) {
  const [head, detail] = (ENDS[reason] || ENDS.lost)();
  document.body.dataset.stage = "ended"; document.body.dataset.reason = reason;
  $("#over-head").textContent = head; $("#over-detail").textContent = detail;
  part("over"); $("#over-head").focus();
  for (const button of document.querySelectorAll("[data-lang]")) button.disabled = false;
}
function showTrouble(what, advice) {
  document.body.dataset.stage = "idle";
  part("start");
  $("#trouble-what").textContent = what; $("#trouble-do").textContent = advice;
  $("#trouble").hidden = false; $("#call").focus();
  for (const button of document.querySelectorAll("[data-lang]")) button.disabled = false;
}
const MICROPHONE = {
  insecure: () => [T("Браузер не даёт микрофон на этой странице."), T("Откройте её по адресу, который начинается с https.")],
  none: () => [T("Микрофон не найден."), T("Подключите его и нажмите «Позвонить» ещё раз.")],
  busy: () => [T("Микрофон занят другой программой."), T("Закройте её и нажмите «Позвонить» ещё раз.")],
  refused: () => [T("Вы запретили микрофон."), T("Нажмите на значок слева от адреса страницы, разрешите микрофон и звоните снова.")],
};

/* The call -------------------------------------------------------------------------------------------------------------- */

async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia) throw "insecure";
  const on = document.body.dataset.processing === "1";
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: on, noiseSuppression: on, autoGainControl: on } });
  } catch (error) { throw error.name === "NotFoundError" ? "none" : error.name === "NotReadableError" ? "busy" : "refused"; }
}
async function ticket() {
  const own = ownTicket; ownTicket = "";
  if (own && performance.now() - opened < TICKET_MS) return own;
  return (await api("POST", "/web-call/token", { queue: document.body.dataset.queue, language: language() })).token;
}
/* A ticket may be old by the engine's clock though not by ours, or of a former run of it: then a fresh one is asked for, once. */
async function offered(body) {
  try { return await api("POST", "/web-call/offer", { ...body, token: await ticket() }); } catch (error) {
    if (!["expired", "used", "forged"].includes(error.fault)) throw error;
    return api("POST", "/web-call/offer", { ...body, token: await ticket() });
  }
}
const sentence = text => `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
const gathered = pc => new Promise(done => {
  const look = () => { if (pc.iceGatheringState === "complete") done(); };
  pc.addEventListener("icegatheringstatechange", look); setTimeout(done, GATHER_MS); look();
});

class Call {
  constructor(mic) {
    this.mic = mic; this.over = false; this.secret = "";
    const pc = this.pc = new RTCPeerConnection({ iceServers: [] });
    for (const track of mic.getAudioTracks()) { pc.addTrack(track, mic); track.onended = () => this.end("left"); }
    const news = this.news = pc.createDataChannel("call");
    news.onopen = () => { this.beat(); this.beating = setInterval(() => this.beat(), BEAT_MS); };
    news.onmessage = e => this.hear(JSON.parse(e.data));
    news.onclose = () => this.finish("lost");
    pc.addEventListener("track", e => this.listen(e));
    pc.addEventListener("connectionstatechange", () => this.look());
    this.late = setTimeout(() => { if (news.readyState !== "open") this.end("no_path"); }, CONNECT_MS);
  }
  async begin(name, phone) {
    const pc = this.pc;
    await pc.setLocalDescription(await pc.createOffer());
    await gathered(pc);
    const { sdp, call: secret } = await offered({ sdp: pc.localDescription.sdp, name, phone });
    this.secret = secret;
    if (this.over) { this.sayGoodbye(); return; }
    await pc.setRemoteDescription({ type: "answer", sdp });
  }
  beat() { if (this.news.readyState === "open") this.news.send("beat"); }
  hear(news) {
    if (news.stage === "ended") this.finish(news.reason);
    else if (!this.over && news.stage in STAGES) show(news.stage, news);
  }
  listen(e) {
    const ear = $("#ear");
    ear.srcObject = e.streams[0] ?? new MediaStream([e.track]);
    ear.play().catch(() => { $("#silent").hidden = false; });
  }
  /* The gateway says how a call ended; when it cannot, the connection itself does. */
  look() {
    clearTimeout(this.broken);
    const state = this.pc.connectionState;
    if (state === "failed" || state === "closed") this.finish(this.secret && this.news.readyState === "connecting" ? "no_path" : "lost");
    if (state === "disconnected") this.broken = setTimeout(() => this.end("lost"), BROKEN_MS);
  }
  sayGoodbye() {
    if (this.news.readyState === "open") this.news.send("bye");
    if (this.secret) navigator.sendBeacon("/api/v1/web-call/end", new Blob([JSON.stringify({ call: this.secret })], { type: "application/json" }));
  }
  end(reason) { if (!this.over) { this.sayGoodbye(); this.finish(reason); } }
  finish(reason) {
    if (this.over) return;
    this.close();
    showEnd(reason);
  }
  close() {
    this.over = true;
    clearInterval(this.beating); clearTimeout(this.late); clearTimeout(this.broken);
    for (const track of this.mic.getTracks()) { track.onended = null; track.stop(); }
    this.pc.close(); $("#ear").srcObject = null; $("#silent").hidden = true;
    if (call === this) call = null;
  }
  get muted() { return this.mic.getAudioTracks().every(track => !track.enabled); }
  keep() { if (this.news.readyState === "open") this.news.send("keep"); }
  mute(on) { for (const track of this.mic.getAudioTracks()) track.enabled = !on; }
}

async function dial() {
  if (call || ["microphone", "connecting"].includes(document.body.dataset.stage)) return;
  const name = $("#name").value.trim(), phone = $("#phone").value.trim();
  $("#trouble").hidden = true; paintMute(false);
  show("microphone");
  let mic;
  try { mic = await microphone(); } catch (reason) { showTrouble(...(MICROPHONE[reason] || MICROPHONE.refused)()); return; }
  show("connecting");
  const mine = call = new Call(mic);
  try { await mine.begin(name, phone); } catch (error) {
    if (mine.over) return;
    mine.close();
    if (error.fault === "phone") { phoneTrouble(true); part("start"); document.body.dataset.stage = "idle"; $("#phone").focus(); return; }
    showTrouble(T("Позвонить не получилось."), error instanceof Refused && error.message ? sentence(error.message) : T("Загрузите страницу ещё раз."));
  }
}
function phoneTrouble(there) {
  $("#phone-err").hidden = !there;
  if (there) $("#phone").setAttribute("aria-invalid", "true"); else $("#phone").removeAttribute("aria-invalid");
}
function paintMute(on) {
  const button = $("#mute");
  button.setAttribute("aria-pressed", on); swapIcon(button, on ? "mic-off" : "mic");
  $("span", button).textContent = on ? T("Микрофон выключен") : T("Микрофон включён");
}

$("#start").onsubmit = e => { e.preventDefault(); dial(); };
$("#again").onclick = () => dial();
$("#keep").onclick = () => { $("#keep").hidden = true; call?.keep(); };
$("#end").onclick = () => call?.end("left");
$("#mute").onclick = () => { if (!call) return; call.mute(!call.muted); paintMute(call.muted); announce(call.muted ? T("Микрофон выключен") : T("Микрофон включён")); };
$("#unmute").onclick = () => { $("#ear").play().then(() => { $("#silent").hidden = true; }); };
$("#phone").oninput = () => phoneTrouble(false);
addEventListener("pagehide", () => { if (call) { call.sayGoodbye(); call.close(); showEnd("left"); } });
ready.then(() => { $("#call").disabled = false; });

/* The operator's telephone: SIP by JsSIP straight to Asterisk. It knows calls, not contacts; the desk joins the two.
   States: off, connecting, registered, ringing, in-call, failed. Events: state, heard (sound comes in), ended, broken (the sound stopped). */
import JsSIP from "../vendor/jssip-3.13.8.js";
import { api } from "./core.js";
import { beep, deaf, hush, listenTo, ring, sound } from "./sound.js";

const CANDIDATES_MS = 40;             /* Asterisk learns where we are from the first packets; no need to wait for the slowest address */
const REGISTER_MS = 3000;
const SOUND_MS = 1200;                /* some round trips after the answer, on a far line too */

export class NoMicrophone extends Error { constructor(reason) { super(reason); this.reason = reason; } }

export class Softphone extends EventTarget {
  constructor(ear) { super(); this.ear = ear; this.state = "off"; this.why = ""; this.wanted = false; this.was = false; this.answerNext = false; }

  to(state, why = "") {
    this.state = state; this.why = why;
    document.body.dataset.phone = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, why } }));
  }

  /* Ask for the microphone once and keep it: a question for each call would cost seconds. */
  async openMicrophone(processing) {
    if (this.hears()) return;
    if (!navigator.mediaDevices?.getUserMedia) throw new NoMicrophone("insecure");
    try {
      this.mic = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: processing, noiseSuppression: processing, autoGainControl: processing } });
    } catch (error) { throw new NoMicrophone(error.name === "NotFoundError" ? "none" : error.name === "NotReadableError" ? "busy" : "refused"); }
    for (const track of this.mic.getAudioTracks()) track.onended = () => this.to("failed", "unplugged");
  }

  hears() { return this.mic?.getAudioTracks().some(track => track.readyState === "live") ?? false; }

  /* Register, and stay registered until stop(). Resolves when registered; throws NoMicrophone, or Error when Asterisk is not reached in time. */
  async start() {
    this.wanted = true;
    if (this.ua && this.hears()) return this.registered();
    const settings = await api("GET", "/desk/softphone");
    if (!settings.websocket) { this.to("off", "desk phone"); return; }
    await this.openMicrophone(settings.processing).catch(error => { this.to("failed", error.reason); throw error; });
    sound();
    if (!this.ua) this.open(settings); else if (this.ua.isRegistered() && !this.session) this.to("registered");
    await this.registered();
  }
  open(settings) {
    const { uri, user, password, websocket } = settings;
    JsSIP.debug.disable();
    const ua = this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(websocket)], uri, authorization_user: user, password, register: true, register_expires: 120, session_timers: false,
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 4, user_agent: "Cordboard",
    });
    const free = () => this.ua === ua && !this.session;
    ua.on("registered", () => { clearTimeout(this.late); this.was = true; if (free()) this.to("registered"); });
    ua.on("registrationFailed", () => { if (free()) this.to("failed", "registration"); clearTimeout(this.again); this.again = setTimeout(() => { if (this.ua === ua && ua.isConnected()) ua.register(); }, 2000); });
    ua.on("unregistered", () => { if (free() && this.wanted) this.to("connecting"); });
    ua.on("disconnected", () => { clearTimeout(this.late); if (free() && this.wanted) this.to("connecting"); else this.dispatchEvent(new CustomEvent("line", { detail: { up: false } })); });
    ua.on("connected", () => { this.dispatchEvent(new CustomEvent("line", { detail: { up: true } })); this.expect(ua, settings); });
    ua.on("newRTCSession", e => this.take(e));
    this.to("connecting");
    ua.start();
  }
  /* An Asterisk that just starts may take the connection and not yet hear the REGISTER, for which SIP would wait half a minute. */
  expect(ua, settings) {
    clearTimeout(this.late);
    this.late = setTimeout(() => { if (this.ua === ua && !this.session && !ua.isRegistered()) { ua.stop(); this.open(settings); } }, REGISTER_MS);
  }
  registered() {
    if (["registered", "ringing", "in-call"].includes(this.state)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (done, value) => { clearTimeout(late); this.removeEventListener("state", look); done(value); };
      const late = setTimeout(() => settle(reject, new Error("late")), 10000);
      const look = () => { if (this.state === "registered") settle(resolve); };
      this.addEventListener("state", look);
    });
  }
  /* A page that goes, or hands over to another, has not hung up: the customer is kept for whoever comes after it. */
  leave(session = this.session) { try { session?.terminate({ extraHeaders: ["Reason: Q.850;cause=44"] }); } catch { /* it is over already */ } }
  closeMicrophone() { for (const track of this.mic?.getTracks() ?? []) track.stop(); this.mic = null; }
  stop(leaving = false) {
    this.wanted = false; this.answerNext = false; clearTimeout(this.again); clearTimeout(this.late);
    if (leaving) this.leave(); else this.session?.terminate();
    this.ua?.stop(); this.ua = null;
    this.closeMicrophone(); hush(); this.to("off");
  }

  take({ session, originator, request }) {
    const auto = /answer-after=0/i.test(request.getHeader("Call-Info") || ""), old = this.session;
    if (originator !== "remote" || old === session) return;
    if (old && !auto) { session.terminate({ status_code: 486 }); return; }
    this.session = session;                /* a talk that goes on: what is left of it here has lost its other end */
    if (old) this.leave(old);
    let cut;
    session.on("icecandidate", e => { clearTimeout(cut); cut = setTimeout(() => e.ready(), CANDIDATES_MS); });
    if (session.connection) this.hook(session.connection); else session.on("peerconnection", e => this.hook(e.peerconnection));
    session.on("accepted", () => { hush(); this.to("in-call"); this.expectSound(session); });
    const over = () => { if (this.session === session) this.over(); };
    session.on("ended", over); session.on("failed", over);
    this.to("ringing");
    if (auto) beep(); else ring();
    if (auto || this.answerNext) this.answer();
  }
  hook(connection) {
    connection.addEventListener("track", e => {
      const stream = e.streams[0] ?? new MediaStream([e.track]);
      this.ear.srcObject = stream; this.ear.play().catch(() => this.dispatchEvent(new CustomEvent("silent")));
      listenTo(stream);
    });
    const look = () => {
      if (this.session?.connection !== connection) return;
      const broken = ["disconnected", "failed"].includes(connection.iceConnectionState);
      this.dispatchEvent(new CustomEvent("broken", { detail: { broken } }));
    };
    for (const change of ["iceconnectionstatechange", "connectionstatechange"]) connection.addEventListener(change, look);
  }
  /* Now and then Asterisk does not see the end of its search for our address, and drops all sound for good (its issue 2053): an offer of
     ours makes it look anew. When that is no help, the leg is as good as broken. */
  expectSound(session, offered = false) {
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => {
      if (this.session !== session || session.connection?.connectionState === "connected") return;
      if (offered) { this.dispatchEvent(new CustomEvent("broken", { detail: { broken: true } })); return; }
      session.renegotiate(); this.expectSound(session, true);
    }, SOUND_MS);
  }
  over() {
    this.session = null; this.answerNext = false; clearTimeout(this.quiet); hush(); deaf(); this.ear.srcObject = null;
    for (const track of this.mic?.getAudioTracks() ?? []) track.enabled = true;
    this.to(!this.wanted ? "off" : this.ua?.isRegistered() ? "registered" : "connecting");
    this.dispatchEvent(new CustomEvent("ended"));
  }

  /* Answer what rings; if the call is still on its way here, answer it as it comes. */
  answer() {
    if (!this.session) { this.answerNext = true; return; }
    if (!this.session.isInProgress()) return;
    hush(); this.session.answer({ mediaStream: this.mic, pcConfig: { iceServers: [] } });
  }
  get connection() { return this.session?.connection ?? null; }
  get ringing() { return this.state === "ringing"; }
  get talking() { return this.state === "in-call"; }
  get muted() { return this.session?.isMuted().audio ?? false; }
  get held() { return this.session?.isOnHold().local ?? false; }
  mute(on) { if (this.talking) { if (on) this.session.mute({ audio: true }); else this.session.unmute({ audio: true }); } }
  hold(on) { return this.talking && (on ? this.session.hold() : this.session.unhold()); }
  tone(key) { if (this.talking) this.session.sendDTMF(key, { duration: 120, transportType: "RFC2833" }); }
  hangUp() { if (this.session) this.session.terminate(); this.answerNext = false; hush(); }
}

// An ear in every page, put there before the page's own scripts: it listens to whatever sound comes by WebRTC.
// window.testEar(): {hz, loudness, purity, tracks} of the last 170 ms, as tests.fakes.ear.Heard means them.
(() => {
  const NearHz = 15;
  const analysers = new Map();
  let context = null;
  const Native = window.RTCPeerConnection;
  const listen = (track) => {
    context = context || new AudioContext({ sampleRate: 48000 });
    const stream = new MediaStream([track]);
    // Chromium lets a far track flow into WebAudio only while a media element plays it too.
    const element = new Audio();
    element.muted = true;
    element.srcObject = stream;
    element.play().catch(() => {});
    const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(stream).connect(analyser);
    analysers.set(track, { analyser, element });
  };
  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("track", (event) => event.track.kind === "audio" && listen(event.track));
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState !== "closed" && this.connectionState !== "failed") return;
        for (const receiver of this.getReceivers()) analysers.delete(receiver.track);
      });
    }
  };
  window.testEar = () => {
    const live = [...analysers].filter(([track]) => track.readyState === "live");
    const heard = { hz: 0, loudness: 0, purity: 0, tracks: live.length };
    if (!live.length) return heard;
    const { analyser } = live[live.length - 1][1];
    const wave = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(wave);
    heard.loudness = Math.sqrt(wave.reduce((sum, x) => sum + x * x, 0) / wave.length);
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const power = levels.map((level) => (Number.isFinite(level) ? 10 ** (level / 10) : 0));
    const step = context.sampleRate / analyser.fftSize;
    let peak = 0;
    let total = 0;
    power.forEach((value, bin) => {
      total += value;
      if (value > power[peak]) peak = bin;
    });
    heard.hz = peak * step;
    const near = power.reduce((sum, value, bin) => sum + (Math.abs(bin - peak) * step <= NearHz ? value : 0), 0);
    heard.purity = total > 0 ? near / total : 0;
    return heard;
  };
})();

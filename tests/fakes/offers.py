"""A browser's offer of one microphone and one data channel, as Chromium writes it, cut to what matters."""

HEAD = "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=msid-semantic: WMS x\r\n"
_KEYS = (
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef01234567\r\na=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\na=setup:actpass\r\n"
)
AUDIO = (
    "m=audio 5000 UDP/TLS/RTP/SAVPF 111 0 8\r\nc=IN IP4 192.0.2.7\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=candidate:1 1 udp 1 192.0.2.7 5000 typ host\r\n"
    + _KEYS
    + "a=mid:0\r\na=sendrecv\r\na=msid:x y\r\na=rtcp-mux\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=ssrc:1234 cname:x\r\n"
)
CHANNEL = (
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
    + _KEYS
    + "a=mid:1\r\na=sctp-port:5000\r\n"
)
OFFER = HEAD + AUDIO + CHANNEL

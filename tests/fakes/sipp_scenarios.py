"""What our SIPp phones do, as SIPp scenarios. The test tells a phone to hang up, to cancel or to answer by a SIP MESSAGE in its call.

Sound is not SIPp's business here: the SDP names the port of a `tests.fakes.rtp.RtpPeer`.
"""

from dataclasses import dataclass

REFUSALS = (400, 401, 403, 404, 408, 410, 480, 482, 484, 486, 487, 488, 500, 501, 502, 503, 504, 600, 603, 604)
REASONS = {
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    484: "Address Incomplete",
}
REASONS |= {
    486: "Busy Here",
    500: "Server Internal Error",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}
FOREVER_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a person called does: rings for `ring_ms`, then answers (200, and talks `talk_ms` long) or refuses with `code`.

    `ring_ms=None` rings until the caller gives up; `talk_ms=None` talks until the other side, or the test, hangs up. Who does not `ring`
    is the carrier's own machine: it answers without a ring.
    """

    code: int = 200
    ring_ms: int | None = 100
    talk_ms: int | None = None
    rings: bool = True


ANSWERS = Behaviour()
NO_ANSWER = Behaviour(ring_ms=None)


def refuses(code: int, ring_ms: int = 50) -> Behaviour:
    return Behaviour(code=code, ring_ms=ring_ms)


def turns_away(code: int) -> Behaviour:
    """The carrier refuses before anybody's telephone rings."""
    return Behaviour(code=code, ring_ms=1, rings=False)


def _sdp(rtp_port: int) -> str:
    return f"""Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio {rtp_port} RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a=sendrecv
"""


def _send(text: str, attributes: str = "") -> str:
    return f"<send{attributes}><![CDATA[\n{text}\n]]></send>\n"


def _label(name: str) -> str:
    return f'<label id="{name}"/>\n'


def _scenario(name: str, body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="{name}">\n{body}</scenario>\n'


OK_TO_LAST = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
"""


# --- the caller


def caller(number: str, name: str, rtp_port: int) -> str:
    """One call to SIPp's `-s` from `number`, shown as `name`."""
    shown = f'"{name}" ' if name else ""

    def request(
        method: str, target: str, sequence: int, branch: str, to: str, more: str = "Content-Length: 0\n"
    ) -> str:
        return f"""{method} {target} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];rport;branch=z9hG4bK-[pid]-[call_number]-{branch}
From: {shown}<sip:{number}@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{to}
Call-ID: [call_id]
CSeq: {sequence} {method}
Contact: <sip:{number}@[local_ip]:[local_port]>
Max-Forwards: 70
{more}"""

    called = "sip:[service]@[remote_ip]:[remote_port]"
    tag = "[peer_tag_param]"
    refused = "".join(f'<recv response="{code}" optional="true" next="refused"/>\n' for code in REFUSALS)
    return _scenario(
        "caller",
        _send(request("INVITE", called, 1, "invite", "", _sdp(rtp_port)), ' retrans="500"')
        + "".join(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183))
        + '<recv request="MESSAGE" optional="true" next="cancel"/>\n'
        + refused
        + '<recv response="200" rrs="true"/>\n'
        + _send(request("ACK", "[next_url]", 1, "ack", tag))
        + '<recv request="MESSAGE" optional="true" next="hangup"/>\n'
        + '<recv request="BYE"/>\n'
        + _send(OK_TO_LAST, ' next="end"')
        + _label("hangup")
        + _send(request("BYE", "[next_url]", 2, "bye", tag), ' retrans="500"')
        + '<recv response="481" optional="true" next="end"/>\n<recv response="200" next="end"/>\n'
        + _label("cancel")
        + _send(request("CANCEL", called, 1, "invite", ""), ' retrans="500"')
        + '<recv response="487" optional="true" next="refused"/>\n<recv response="200"/>\n<recv response="487"/>\n'
        + _label("refused")
        + _send(request("ACK", called, 1, "invite", tag))
        + _label("end"),
    )


# --- the carrier

# Kept from the INVITE, for by the time of the answer another message may have been the last one.
_KEPT = {"via": "Via:", "from": "From:", "to": "To:", "cseq": "CSeq:"}
ANSWER_HEAD = """Via: [$via]
From: [$from]
To: [$to];tag=[pid]a[call_number]
Call-ID: [call_id]
CSeq: [$cseq]
Contact: <sip:carrier@[local_ip]:[local_port]>
"""
BYE_FROM_CALLED = """BYE [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];rport;branch=z9hG4bK-[pid]-[call_number]-bye
From: [$to];tag=[pid]a[call_number]
To: [$from]
Call-ID: [call_id]
CSeq: 1 BYE
Contact: <sip:carrier@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0
"""


def carrier(plan: tuple[tuple[str, Behaviour], ...], otherwise: Behaviour, rtp_port: int) -> str:
    """Persons by the number called: the first pattern (POSIX regular expression for the whole number) that fits decides."""
    keep = [
        f'<ereg regexp="[^ ].*" search_in="hdr" header="{header}" assign_to="{name}"/>'
        for name, header in _KEPT.items()
    ]
    match = [
        f'<ereg regexp="^INVITE sips*:{pattern}@" search_in="msg" assign_to="fits{index}"/>'
        for index, (pattern, _behaviour) in enumerate(plan)
    ]
    names = ",".join([*_KEPT, *(f"fits{index}" for index in range(len(plan)))])
    jumps = "".join(f'<nop next="person{index}" test="fits{index}"/>\n' for index in range(len(plan)))
    persons = [otherwise, *(behaviour for _pattern, behaviour in plan)]
    blocks = [_person("" if index == 0 else f"person{index - 1}", one, rtp_port) for index, one in enumerate(persons)]
    return _scenario(
        "carrier",
        '<recv request="OPTIONS" optional="true" next="options"/>\n'
        + '<recv request="INVITE" rrs="true"><action>\n'
        + "\n".join(keep + match)
        + "\n</action></recv>\n"
        + jumps
        + "".join(blocks)
        + _label("options")
        + _send(OK_TO_LAST, ' next="end"')
        + _label("cancelled")
        + _send(OK_TO_LAST)
        + _send(f"SIP/2.0 487 Request Terminated\n{ANSWER_HEAD}Content-Length: 0\n", ' retrans="500"')
        + '<recv request="ACK" next="end"/>\n'
        + _label("hangup")
        + _send(BYE_FROM_CALLED, ' retrans="500"')
        + '<recv response="481" optional="true" next="end"/>\n<recv response="200" next="end"/>\n'
        + _label("bye")
        + _send(OK_TO_LAST, ' next="end"')
        + _label("end")
        + f'<Reference variables="{names}"/>\n',
    )


def _person(label: str, behaviour: Behaviour, rtp_port: int) -> str:
    final = f"final{label or 'otherwise'}"
    ring_ms = FOREVER_MS if behaviour.ring_ms is None else behaviour.ring_ms
    text = _label(label) if label else ""
    text += _send(f"SIP/2.0 180 Ringing\n{ANSWER_HEAD}Content-Length: 0\n") if behaviour.rings else ""
    wait = f'timeout="{max(ring_ms, 1)}" ontimeout="{final}"'  # SIPp heeds only that of the first of several
    text += (
        f'<recv request="CANCEL" optional="true" next="cancelled" {wait}/>\n<recv request="MESSAGE" next="{final}"/>\n'
    )
    text += _label(final)
    if behaviour.code != 200:
        reason = REASONS.get(behaviour.code, "Refused")
        text += _send(f"SIP/2.0 {behaviour.code} {reason}\n{ANSWER_HEAD}Content-Length: 0\n", ' retrans="500"')
        return text + '<recv request="ACK" next="end"/>\n'
    talk_ms = FOREVER_MS if behaviour.talk_ms is None else behaviour.talk_ms
    text += _send(f"SIP/2.0 200 OK\n{ANSWER_HEAD}{_sdp(rtp_port)}", ' retrans="500"')
    text += '<recv request="ACK"/>\n'
    text += f'<recv request="MESSAGE" optional="true" next="hangup" timeout="{talk_ms}" ontimeout="hangup"/>\n'
    return text + '<recv request="BYE" next="bye"/>\n'

"""SIPp as a crowd: callers who speak from a file for a given time, and desk phones that answer at once and echo what they hear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes.ear import sine, ulaw_encode
from tests.fakes.ports import free_port

_HEAD = """Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:+79160000001@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{to}
Call-ID: [call_id]
CSeq: {sequence} {method}
Contact: <sip:+79160000001@[local_ip]:[local_port]>
Max-Forwards: 70
"""
_SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [{port}] RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=ptime:20
"""
_ANSWER = """SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:phone@[local_ip]:[local_port]>
"""
_NO_BODY = "Content-Length: 0\n"


def _send(text: str, attributes: str = "") -> str:
    return f"<send{attributes}><![CDATA[\n{text}\n]]></send>\n"


def _request(method: str, target: str, sequence: int, to: str = "[peer_tag_param]", body: str = _NO_BODY) -> str:
    return f"{method} {target} SIP/2.0\n{_HEAD.format(method=method, sequence=sequence, to=to)}{body}"


def _answer(status: str, tag: str = "", body: str = _NO_BODY) -> str:
    return _ANSWER.format(status=status, tag=tag) + body


def _scenario(name: str, body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="{name}">\n{body}</scenario>\n'


def _caller(voice: Path, seconds: float) -> str:
    invite = _request(
        "INVITE", "sip:[service]@[remote_ip]:[remote_port]", 1, "", _SDP.format(port="rtpstream_audio_port")
    )
    return _scenario(
        "caller",
        _send(invite, ' retrans="500"')
        + "".join(f'<recv response="{code}" optional="true"/>\n' for code in (100, 180, 183))
        + '<recv response="200" rrs="true"/>\n'
        + _send(_request("ACK", "[next_url]", 1))
        + f'<nop><action><exec rtp_stream="{voice},-1,0"/></action></nop>\n'
        + f'<pause milliseconds="{round(seconds * 1000)}"/>\n'
        + _send(_request("BYE", "[next_url]", 2), ' retrans="500"')
        + '<recv response="200"/>\n',
    )


def _phone() -> str:
    tag = ";tag=[pid]p[call_number]"
    return _scenario(
        "phone",
        '<recv request="INVITE" rrs="true"/>\n'
        + _send(_answer("180 Ringing", tag))
        + _send(_answer("200 OK", tag, _SDP.format(port="media_port")), ' retrans="500"')
        + '<recv request="ACK"/>\n<recv request="BYE"/>\n'
        + _send(_answer("200 OK")),
    )


class CallsFailed(Exception):
    """Some of the calls did not go as they should, so the round measures nothing."""


async def _sipp(folder: Path, name: str, scenario: str, *options: str) -> asyncio.subprocess.Process:
    path = folder / f"{name}.xml"
    path.write_text(scenario)
    command = ["sipp", "-sf", str(path), "-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin"]
    command += ["-cp", str(free_port(udp=True)), "-trace_err", "-error_file", str(folder / f"{name}.errors"), *options]
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(*command, cwd=folder, stdin=quiet, stdout=quiet, stderr=quiet)


@asynccontextmanager
async def desk_phones(folder: Path) -> AsyncIterator[str]:
    """Telephones behind one address, as many as there are calls. Gives that address, host:port."""
    port = free_port(udp=True)
    sipp = await _sipp(folder, "phones", _phone(), "-p", str(port), "-mp", str(free_port(udp=True)), "-rtp_echo")
    try:
        yield f"127.0.0.1:{port}"
    finally:
        if sipp.returncode is None:
            sipp.kill()
        await sipp.wait()


async def call(folder: Path, to: str, number: str, *, calls: int, rate: float, seconds: float) -> None:
    """Place `calls` calls, `rate` a second, each of them `seconds` long from its answer. Raises CallsFailed unless all went well."""
    voice = folder / "voice.ulaw"
    voice.write_bytes(ulaw_encode(sine(700.0, 10.0)))
    options = ["-s", number, "-m", str(calls), "-r", str(rate), "-l", str(calls), "-p", str(free_port(udp=True))]
    options += [
        "-mp",
        str(free_port(udp=True) & ~1),
        "-rtp_threadtasks",
        "100",
        "-timeout",
        f"{round(seconds) + 60}",
        to,
    ]
    sipp = await _sipp(folder, "callers", _caller(voice, seconds), *options)
    try:
        code = await sipp.wait()
    finally:
        if sipp.returncode is None:
            sipp.kill()
            await sipp.wait()
    if code != 0:
        errors = folder / "callers.errors"
        raise CallsFailed(
            f"SIPp ended with {code}\n{errors.read_text(errors='replace')[-2000:] if errors.exists() else ''}"
        )

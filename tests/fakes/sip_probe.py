"""One SIP request by hand over UDP, and the final answer's status: what a stranger or a carrier sees of our node."""

import asyncio
import uuid


class _Ear(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.put_nowait(data.decode(errors="replace"))


async def sip_status(
    port: int, method: str, user: str, *, from_user: str = "79160000000", display: str = "", within_s: float = 10.0
) -> int:
    """The status that ends `method` for sip:user@127.0.0.1:port (a call that is answered is left to its timer)."""
    loop = asyncio.get_running_loop()
    transport, ear = await loop.create_datagram_endpoint(
        _Ear, remote_addr=("127.0.0.1", port), local_addr=("127.0.0.1", 0)
    )
    try:
        own = transport.get_extra_info("sockname")[1]
        mark = uuid.uuid4().hex
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {own} RTP/AVP 0\r\n"
            if method == "INVITE"
            else ""
        )
        transport.sendto(
            (
                f"{method} sip:{user}@127.0.0.1:{port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{mark};rport\r\nMax-Forwards: 70\r\n"
                f"From: {display}<sip:{from_user}@127.0.0.1>;tag={mark[:8]}\r\nTo: <sip:{user}@127.0.0.1>\r\n"
                f"Call-ID: {mark}\r\nCSeq: 1 {method}\r\nContact: <sip:x@127.0.0.1:{own}>\r\n"
                + ("Content-Type: application/sdp\r\n" if sdp else "")
                + f"Content-Length: {len(sdp)}\r\n\r\n{sdp}"
            ).encode()
        )
        async with asyncio.timeout(within_s):
            while True:
                status = int((await ear.heard.get()).split(" ", 2)[1])
                if status >= 200:
                    return status
    finally:
        transport.close()

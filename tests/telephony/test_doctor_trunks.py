"""The doctor asks each trunk whether it is there."""

import asyncio
import socket
from typing import cast

from cordboard.telephony.doctor import Check, check_trunk
from cordboard.telephony.doctor_trunks import options
from cordboard.telephony.site import Trunk


def trunk(port: int, contact: str = "") -> Trunk:
    return Trunk("second", None, "127.0.0.1", port, contact or f"sip:127.0.0.1:{port}", None, ())


class Machine(asyncio.DatagramProtocol):
    """Answers the second question only, as a network does that lost the first."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked.append(data)
        if len(self.asked) > 1:
            self.transport.sendto(b"noise", addr)
            self.transport.sendto(b"SIP/2.0 404 Not Found\r\nContent-Length: 0\r\n\r\n", addr)


async def test_whoever_answers_is_there_whatever_he_says() -> None:
    transport, machine = await asyncio.get_running_loop().create_datagram_endpoint(Machine, local_addr=("127.0.0.1", 0))
    try:
        port = transport.get_extra_info("sockname")[1]
        assert (await check_trunk(trunk(port))).detail == "answers 404 Not Found"
        assert machine.asked[0] == machine.asked[1]
        assert machine.asked[0].startswith(
            f"OPTIONS sip:127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:".encode()
        )
    finally:
        transport.close()


async def test_a_closed_port_is_said_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    found = await check_trunk(trunk(port))
    assert (found.name, found.ok) == ("trunk second", False)
    assert found.detail == f"nobody at 127.0.0.1 port {port}: Connection refused"
    assert "carrier" in found.mend


async def test_a_silent_port_and_an_unknown_host_are_told_apart() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        assert (await check_trunk(trunk(port))).detail == f"no answer from 127.0.0.1 port {port} in 3 s"
    lost = Trunk("second", None, "no-such-host.invalid", 5060, "sip:no-such-host.invalid", None, ())
    assert (await check_trunk(lost)).detail.startswith("no-such-host.invalid: ")


async def test_without_a_carrier_there_is_nothing_to_reach() -> None:
    none = Trunk("trunk", None, "", 0, "", None, ("127.0.0.1",))
    assert await check_trunk(none) == Check("trunk trunk", True, "no carrier is set: nobody is called by it")


def test_the_question_names_an_ipv6_address_in_brackets() -> None:
    assert b"Via: SIP/2.0/UDP [::1]:5070;branch=z9hG4bK" in options(trunk(5060), "::1", 5070)

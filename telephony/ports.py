"""Which ports an Asterisk of ours opens, and whether somebody else has them."""

import errno
import socket
from dataclasses import dataclass

from .site import AsteriskSite, Ports


@dataclass(frozen=True, slots=True)
class PortUse:
    """One port to open: `what` names it to a person, `udp` tells the kind."""

    what: str
    host: str
    number: int
    udp: bool = False


class PortTaken(Exception):
    """Another program has a port of ours; the text is one clear line."""


def ports_of(site: AsteriskSite) -> tuple[PortUse, ...]:
    """The fixed ports of a node (the sound's range is not among them: Asterisk picks free ones of it by itself)."""
    always = (
        PortUse("SIP", site.sip_bind, site.ports.sip_udp, udp=True),
        PortUse("AMI", "127.0.0.1", site.ports.ami),
        PortUse("WebSocket", site.http_bind, site.ports.http),
    )
    if site.tls is None or site.ports.https is None:
        return always
    return (*always, PortUse("secure WebSocket", site.http_bind, site.ports.https))


def carrier_ports(ports: Ports) -> tuple[PortUse, ...]:
    """The fixed ports of the make-believe carrier."""
    return (
        PortUse("the demo carrier's SIP", "127.0.0.1", ports.sip_udp, udp=True),
        PortUse("the demo carrier's AMI", "127.0.0.1", ports.ami),
    )


def refusal(use: PortUse) -> str | None:
    """Why the port cannot be opened now, in words for a person; None when it can."""
    family = socket.AF_INET6 if ":" in use.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM if use.udp else socket.SOCK_STREAM) as probe:
        if not use.udp:
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # as Asterisk does: a closing connection is no hindrance
        try:
            probe.bind((use.host, use.number))
        except OSError as error:
            kind = "udp" if use.udp else "tcp"
            why = (
                "is taken by another program"
                if error.errno == errno.EADDRINUSE
                else f"cannot be opened: {error.strerror}"
            )
            return f"port {use.number}/{kind} on {use.host} ({use.what}) {why}"
    return None


def require_free(uses: tuple[PortUse, ...]) -> None:
    """Raises PortTaken for the first port that cannot be opened."""
    for use in uses:
        if (why := refusal(use)) is not None:
            raise PortTaken(f"{why}; choose another")

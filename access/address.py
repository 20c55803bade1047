"""Who stands behind a network address, for the limits on what one may ask of us. Pure."""

from ipaddress import IPv6Address, ip_address


def network_of(address: str) -> str:
    """Who counts as one: an IPv4 host, or the /64 that one IPv6 customer is given, for a home has as many addresses as it likes."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Address(int(parsed) >> 64 << 64))
    return str(parsed)

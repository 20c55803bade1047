"""Who stands behind an address."""

from cordboard.access.address import network_of


def test_an_ipv6_network_is_one_address() -> None:
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::"
    assert network_of("2001:db8:1:3::1") != network_of("2001:db8:1:2::1")


def test_ipv4_within_ipv6_is_the_ipv4_host() -> None:
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7"


def test_what_is_no_address_is_itself() -> None:
    assert network_of("testclient") == "testclient"

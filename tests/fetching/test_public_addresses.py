"""The addresses to which a stranger may make the server connect."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from pyramid_oauth2.fetching.public_addresses import SPECIAL_V4, SPECIAL_V6, is_public

# https://www.iana.org/assignments/iana-ipv4-special-registry, and that of IPv6.
REGISTRIES = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.170/31",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::1/128",
    "::/128",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    # And multicast.
    "224.0.0.0/4",
    "ff00::/8",
    # And what is assigned to none, or was withdrawn.
    "::/96",
    "fec0::/10",
    "4000::/3",
)


@pytest.mark.parametrize("block", REGISTRIES)
def test_each_special_block_from_its_first_to_its_last_address(block: str):
    network = ip_network(block)
    for address in (network[0], network[-1], network[network.num_addresses // 2]):
        assert not is_public(address)


@pytest.mark.parametrize("block", [str(each) for each in (*SPECIAL_V4, *SPECIAL_V6)])
def test_what_is_beside_a_block_is_public(block: str):
    """Unless it is another block: no block is wider than the registry has it."""
    network = ip_network(block)
    for number in (int(network[0]) - 1, int(network[-1]) + 1):
        if not 0 < number < 2**32 and network.version == 4:
            continue
        beside = type(network[0])(number)
        assert is_public(beside) or any(beside in ip_network(each) for each in REGISTRIES)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "0.0.0.0"])
@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_the_address_within_an_address(address: str, prefix: str):
    assert not is_public(ip_address(prefix + address))


@pytest.mark.parametrize(
    "address",
    [
        # 6to4 and Teredo, of loopback and of a public address.
        "2002:7f00:1::",
        "2002:5db8:d70e::",
        "2001:0:5db8:d70e:0:0:80ff:fffe",
        "fe80::1%eth0",
    ],
)
def test_what_leads_through_others(address: str):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::1.1.1.1"],
)
def test_public_addresses(address: str):
    assert is_public(ip_address(address))

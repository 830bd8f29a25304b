"""Which addresses are public: those that a stranger may make the server connect to.

The tables are the IANA registries of special-purpose addresses (RFC 6890), as of November 2026,
and multicast. Also refused is what is special and reachable, such as AS112: no document is there.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

SPECIAL_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
# RFC 4291 section 2.4: everything else is not global unicast, or not assigned.
UNICAST_V6 = IPv6Network("2000::/3")
SPECIAL_V6 = tuple(
    map(
        IPv6Network,
        (
            # With Teredo, 2001::/32, of which anyone can be the relay.
            "2001::/23",
            "2001:db8::/32",
            # 6to4, likewise.
            "2002::/16",
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
# The last 32 bits are an IPv4 address: of a resolver that maps (RFC 4291 section 2.5.5.2), or that
# translates for a host without IPv4 (RFC 6052 section 2.1).
WITH_V4 = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is of the public internet, and so is the one within it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL_V4)
    if any(address in network for network in WITH_V4):
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in UNICAST_V6 and not any(address in network for network in SPECIAL_V6)

"""The address that a request comes from, as far as the server can know it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .http import HTTPRequest

TRUST_THE_PROXY = (
    "the WSGI server must trust it: with waitress, set trusted_proxy and "
    "trusted_proxy_headers = x-forwarded-for x-forwarded-proto; others have middleware for it, "
    "such as werkzeug's ProxyFix."
)
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052 section 2.1: IPv4 addresses embedded in IPv6

UNKNOWN = "unknown"
SUBSCRIBER_BITS = 64  # of an IPv6 address: its holder chooses these freely


def source_network(remote_addr: str | None) -> str:
    """The network that counts as one source: an IPv4 address, or the /64 of an IPv6 address.

    :param remote_addr: the address given by the WSGI server, or None.
    """
    address = _parsed(remote_addr)
    if isinstance(address, IPv6Address):
        # RFC 6177 section 2: the smallest network assigned to a subscriber is a
        # /64, so a single address in it does not identify its holder.
        return f"{IPv6Address(int(address) >> SUBSCRIBER_BITS << SUBSCRIBER_BITS)}/64"
    return str(address or remote_addr or UNKNOWN)


def is_hidden(http: HTTPRequest) -> bool:
    """Whether a proxy seems to hide the address, so that all requests have the proxy's address.

    A guess, used only for a hint: no decision depends on a header that any client can send.
    """
    forwarded = http.headers.get("x-forwarded-for")
    if forwarded is not None:
        return (http.remote_addr or UNKNOWN) not in forwarded
    # waitress removes the header unless it is configured to trust it. A request
    # from the public network never arrives by https from this machine itself.
    address = _parsed(http.remote_addr)
    return http.secure and address is not None and address.is_loopback


def _parsed(remote_addr: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(remote_addr or "")
    except ValueError:
        return None
    # A dual-stack socket writes IPv4 addresses in this form; they all share one /64.
    if isinstance(address, IPv6Address) and address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return getattr(address, "ipv4_mapped", None) or address

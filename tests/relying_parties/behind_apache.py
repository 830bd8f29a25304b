"""Debian's mod_auth_openidc: an Apache in front of any application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests import programs
from tests.servers.apache import apache

from .parties import SCOPE, Place, Start

MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "auth_openidc")
DIRECTIVES = """
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client.id}
OIDCClientSecret {client.secret}
OIDCRedirectURI {url}/oidc
OIDCCryptoPassphrase of-the-cookie
OIDCScope "{scope}"
OIDCPKCEMethod S256
OIDCInfoHook access_token id_token userinfo
<Location />
    AuthType openid-connect
    Require valid-user
</Location>
"""
SIGNED_USERINFO = "OIDCUserInfoSignedResponseAlg {}"
SIGNED_ID_TOKEN = "OIDCIDTokenSignedResponseAlg {}"


def mod_auth_openidc(*more: str) -> Start:
    """Apache with one page, for users who have signed in.

    :param more: directives.
    """
    return lambda place: _served(place, "\n".join((DIRECTIVES, *more)))


def signed_by(algorithm: str) -> tuple[str, ...]:
    """The directives by which it demands that algorithm for all that is signed."""
    return SIGNED_ID_TOKEN.format(algorithm), SIGNED_USERINFO.format(algorithm)


@contextmanager
def _served(place: Place, directives: str) -> Iterator[None]:
    programs.need("mod_auth_openidc.so")
    (place.folder / "index.html").write_text("<!doctype html><title>Signed in</title>")
    values = {"issuer": place.issuer, "client": place.client, "url": place.url, "scope": SCOPE}
    with apache(place.folder, place.port, MODULES, directives.format(**values)):
        yield

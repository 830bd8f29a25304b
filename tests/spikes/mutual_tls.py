"""Mutual TLS (RFC 8705): clients authenticate by a certificate, and tokens are bound to one.

The proxy that ends TLS asks for a certificate without verifying it, and passes it on in a header
as RFC 9440 defines it. It must remove what a client sends by that name.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from zope.interface import implementer

from pyramid_oauth2.extension import (
    REQUIRED,
    Authenticated,
    BadValue,
    Client,
    ClientField,
    Codec,
    Confirmation,
    Control,
    Credentials,
    HTTPRequest,
    IClientAuthentication,
    InvalidGrant,
    InvalidRequest,
    InvalidToken,
    ISenderConstraint,
    IServer,
    IServerMetadata,
    OAuth2Error,
    Option,
    Parameter,
    Presentation,
    Proof,
    Refusal,
    Settings,
    base_url,
    plain_text,
    setting,
)

MEMBER = "x5t#S256"
BOUND = "tls_client_certificate_bound_access_tokens"
SUBJECT_DN, SAN_DNS = SUBJECTS = "tls_client_auth_subject_dn", "tls_client_auth_san_dns"
READABLE = Refusal("client_certificate_readable", "RFC 9440 section 2.2", decided_by="oauth2.mtls")
NEEDED = Refusal("client_certificate_needed", "RFC 8705 section 3", decided_by=f"client.{BOUND}")
OF_TOKEN = Refusal("certificate_of_token", "RFC 8705 section 3", decided_by="token")


def header_name(value: str) -> str:
    """The name of a header, such as ``Client-Cert``."""
    return plain_text(value).lower()


def authorities(value: str) -> tuple[x509.Certificate, ...]:
    """The path of a PEM file of certificates."""
    try:
        return tuple(x509.load_pem_x509_certificates(Path(plain_text(value)).read_bytes()))
    except (OSError, ValueError):
        raise BadValue("name a file with at least one certificate in PEM") from None


@dataclass(frozen=True)
class MutualTLSSettings:
    """The settings ``oauth2.mtls.*``."""

    header: str = setting(header_name, REQUIRED, "The header that has the client's certificate.")
    authorities: tuple[x509.Certificate, ...] = setting(
        authorities, (), "Those that issue certificates for tls_client_auth. Default: none does."
    )
    base_url: str | None = setting(
        base_url, None, "The host that asks for certificates, if it is another than the server's."
    )


def certificate_of(http: HTTPRequest, settings: Settings) -> x509.Certificate | None:
    """The certificate of the connection; None if it has none.

    :raises InvalidRequest: the header is not as RFC 9440 defines it.
    """
    text = http.headers.get(settings.of(MutualTLSSettings).header)
    if text is None:
        return None
    try:
        if text[:1] != ":" or text[-1:] != ":":
            raise ValueError
        return x509.load_der_x509_certificate(base64.b64decode(text[1:-1], validate=True))
    except ValueError:
        raise InvalidRequest("The client certificate cannot be read.", refusal=READABLE) from None


def thumbprint(certificate: x509.Certificate) -> str:
    """The confirmation method of RFC 8705 section 3.1."""
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class CertificateCredentials(Credentials):
    """A certificate that the client has the key of, as TLS proved."""

    certificate: x509.Certificate = field(kw_only=True, repr=False)


class CertificateAuthentication:
    """What both methods share: a client that is registered for one uses that one."""

    method = ""
    confidential = True
    by_secret = False
    ambient = True
    challenge = None
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: IServer, settings: Settings) -> None:
        self.server, self.settings = server, settings

    def credentials(self, http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        """The certificate of the connection: it counts for clients that are registered for it."""
        certificate = certificate_of(http, self.settings)
        if certificate is None:
            return None
        return CertificateCredentials(
            self.method, form.get("client_id", ""), certificate=certificate
        )

    def authenticate(self, credentials: Credentials, client: Client | None) -> Authenticated | None:
        """Check that the certificate is the client's."""
        if client is None or not isinstance(credentials, CertificateCredentials):
            return None
        return Authenticated() if self.is_of(credentials.certificate, client) else None

    def is_of(self, certificate: x509.Certificate, client: Client) -> bool:
        """Whether the certificate is the client's."""
        raise NotImplementedError


@implementer(IClientAuthentication)
class SelfSignedTLSClientAuth(CertificateAuthentication):
    """``self_signed_tls_client_auth``: a certificate of the client's ``jwks`` (section 2.2)."""

    method = "self_signed_tls_client_auth"

    def is_of(self, certificate: x509.Certificate, client: Client) -> bool:
        """Whether it is the first of an ``x5c`` (RFC 7517 section 4.7)."""
        keys = (client.jwks or {}).get("keys")
        listed = keys if isinstance(keys, list) else []
        chains = [key.get("x5c") for key in listed if isinstance(key, dict)]
        der = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
        return any(isinstance(chain, list) and chain[:1] == [der] for chain in chains)


@implementer(IClientAuthentication)
class TLSClientAuth(CertificateAuthentication):
    """``tls_client_auth``: a certificate of a known authority, for the client (section 2.1)."""

    method = "tls_client_auth"

    def is_of(self, certificate: x509.Certificate, client: Client) -> bool:
        """Whether it is valid now, is for clients, and has the one registered subject."""
        registered = [(name, client.extra[name]) for name in SUBJECTS if name in client.extra]
        now = datetime.fromtimestamp(self.server.clock(), UTC)
        try:
            return (
                certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
                and any(_issued(certificate, by) for by in self._authorities())
                and _is_for_clients(certificate)
                and len(registered) == 1
                and canonical(*registered[0]) in _subjects(certificate)
            )
        except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
            return False

    def _authorities(self) -> tuple[x509.Certificate, ...]:
        return self.settings.of(MutualTLSSettings).authorities


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _is_for_clients(certificate: x509.Certificate) -> bool:
    for extension in certificate.extensions:
        if extension.oid == ExtensionOID.EXTENDED_KEY_USAGE:
            return ExtendedKeyUsageOID.CLIENT_AUTH in extension.value
    return True


def _subjects(certificate: x509.Certificate) -> set[tuple[str, str]]:
    found = {(SUBJECT_DN, certificate.subject.rfc4514_string())}
    for extension in certificate.extensions:
        if isinstance(names := extension.value, x509.SubjectAlternativeName):
            found |= {(SAN_DNS, each) for each in names.get_values_for_type(x509.DNSName)}
    return found


def canonical(name: str, value: str) -> tuple[str, str]:
    """A registered subject as it is compared.

    :raises ValueError: it is malformed.
    """
    if not value:
        raise ValueError("no subject is registered")
    if name == SUBJECT_DN:
        return name, x509.Name.from_rfc4514_string(value).rfc4514_string()
    return name, value


@implementer(ISenderConstraint)
class CertificateBound:
    """Access tokens bound to a certificate, of a client that wants them so (section 3)."""

    scheme = None
    members = (MEMBER,)
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: IServer, settings: Settings) -> None:
        self.settings = settings

    def required(self, client: Client) -> bool:
        """Whether the client is registered for bound tokens."""
        return bool(client.extra.get(BOUND))

    def confirm(self, http: HTTPRequest, client: Client) -> Proof | None:
        """The certificate of the connection."""
        if not client.extra.get(BOUND):
            return None
        certificate = certificate_of(http, self.settings)
        return None if certificate is None else Proof({MEMBER: thumbprint(certificate)})

    def requested(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """Nothing: no parameter names a certificate."""
        return {}

    def check(self, confirmation: Confirmation, presentation: Presentation) -> Proof:
        """The certificate of the connection; the core compares it with that of the token."""
        certificate = certificate_of(presentation.http, self.settings)
        return Proof({MEMBER: thumbprint(certificate)} if certificate else {})

    def mismatch(self, presentation: Presentation | None) -> OAuth2Error:
        """Another certificate than that of the token, or none (section 3 and section 4)."""
        if presentation is not None:
            return InvalidToken(
                "The access token is bound to another certificate.", refusal=OF_TOKEN
            )
        return InvalidGrant("Show the certificate to which the tokens are bound.", refusal=NEEDED)

    def challenge(self) -> Mapping[str, str]:
        """Nothing: it has no scheme of its own."""
        return {}


@implementer(IServerMetadata)
class MutualTLSMetadata:
    """Section 3.3 and section 5."""

    names = (BOUND, "mtls_endpoint_aliases")

    def __init__(self, server: IServer, settings: Settings) -> None:
        self.server, self.settings = server, settings

    def members(self) -> Mapping[str, Any]:
        """What is supported, and where."""
        other = self.settings.of(MutualTLSSettings).base_url
        if other is None:
            return {BOUND: True}
        members = {"token": "token", "revoke": "revocation", "introspect": "introspection"}
        aliases = {
            f"{member}_endpoint": other + urlsplit(self.server.url(endpoint)).path
            for endpoint, member in members.items()
        }
        return {BOUND: True, "mtls_endpoint_aliases": aliases}


def is_subject(name: str) -> Callable[[object, str | None], Iterator[str]]:
    """The rule of the field of that name."""

    def rule(_: object, value: str | None) -> Iterator[str]:
        try:
            canonical(name, value or "")
        except ValueError:
            yield "write the subject of a certificate, a distinguished name as in RFC 4514"

    return rule


def has_one_subject(_: object, client: Client) -> Iterator[str]:
    """Section 2.1.2: a client of this method registers "exactly one" of the subjects."""
    registered = client.extra.keys() & set(SUBJECTS)
    if client.token_endpoint_auth_method == TLSClientAuth.method and len(registered) != 1:
        yield "name one subject of its certificate, by this field or by another"


FIELDS = (
    ClientField(
        SUBJECT_DN,
        Codec.OPTIONAL_TEXT,
        "The distinguished name of its certificate, for tls_client_auth.",
        rule=is_subject(SUBJECT_DN),
        client_rule=has_one_subject,
        control=Control("line", "Distinguished name of the certificate", folded=True),
        option=Option("--tls-subject-dn"),
    ),
    ClientField(
        SAN_DNS,
        Codec.OPTIONAL_TEXT,
        "The DNS name of its certificate, for tls_client_auth, if not by distinguished name.",
        rule=is_subject(SAN_DNS),
        control=Control("line", "DNS name of the certificate", folded=True),
        option=Option("--tls-san-dns"),
    ),
    ClientField(
        BOUND,
        Codec.BOOLEAN,
        "Whether its access tokens are bound to its certificate.",
        default=False,
        control=Control("switch", "Tokens are bound to the certificate", folded=True),
        option=Option("--tls-bound-tokens"),
    ),
)


def includeme(config: Any) -> None:
    """Add mutual TLS to an application."""
    config.add_oauth2_settings("mtls", MutualTLSSettings)
    for method in (TLSClientAuth, SelfSignedTLSClientAuth):
        config.add_oauth2_client_authentication(method.method, method)
    config.add_oauth2_sender_constraint("mutual TLS", CertificateBound)
    config.add_oauth2_server_metadata("mutual TLS", MutualTLSMetadata)
    for each in FIELDS:
        config.add_oauth2_client_field(each)

"""What a client says of itself in JSON (RFC 7591 section 2), as values of its fields.

A registration request has it, and a client ID metadata document. Which values may be set so is
in the table of fields; all others are ignored, as are members that are not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InvalidMetadata, InvalidRedirectURI, OAuth2Error
from ..masking import shown
from ..messages import message as _
from ..messages import message_of
from ..redirect_uris import WEB, origin_of
from ..refusal import Refusal
from ..server import Server
from .authentication_methods import chosen_methods
from .field import ClientField
from .rules import InvalidClientMetadata
from .value_rules import STANDARD_RESPONSE_TYPES

METADATA = Refusal("registered_metadata", "RFC 7591 section 3.2.2", decided_by="client")
REDIRECT_URIS = Refusal("registered_redirect_uris", "RFC 7591 section 3.2.2", decided_by="client")

# RFC 7591 section 2.1: each response type, and the grant type that goes with it.
GRANT_TYPE_OF = {"code": "authorization_code", "token": "implicit"}
REDIRECT_URI_FIELDS = frozenset({"redirect_uris", "post_logout_redirect_uris"})
MOST_PROBLEMS = 5  # in one description
# RFC 6749 section 5.2: what an error_description cannot have.
_REPLACED = str.maketrans('"\\', "''")


def registered_metadata(server: Server, body: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a client's fields, by their names, of a body of RFC 7591.

    Grant types, response types and scopes that the server does not have are left out. What is
    not in the body gets the default of RFC 7591. The rules of the values are checked when the
    client is registered.

    :param body: the members, as JSON has them.
    :raises InvalidClientMetadata: with the members that are wrong.
    """
    present = {name: value for name, value in body.items() if value is not None and value != ""}
    problems: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    for field in _settable(server):
        if field.name not in present:
            continue
        try:
            metadata[field.name] = field.codec.read(present[field.name])
        except TypeError as error:
            problems[field.name] = message_of(error)
    metadata |= chosen_methods(metadata, server.client_authentications)
    problems |= dict(_contradictions(present))
    if not problems:
        problems |= dict(_without_unknown(server, metadata))
    if not problems:
        problems |= dict(_origins(metadata))
    if problems:
        raise InvalidClientMetadata(problems)
    return metadata


def registrable_grant_types(server: Server) -> frozenset[str]:
    """Those that a client may have here: implicit too, which the token endpoint does not have."""
    return server.grant_types | ({"implicit"} if "token" in server.response_types else set())


def metadata_error(invalid: InvalidClientMetadata) -> OAuth2Error:
    """The error response for metadata that is not valid; its description names the members."""
    problems = {name: shown(text) for name, text in invalid.problems.items()}
    lines = [f"{name}: {text}" for name, text in problems.items()][:MOST_PROBLEMS]
    description = "; ".join(lines).translate(_REPLACED)
    if problems.keys() <= REDIRECT_URI_FIELDS:
        refusal = REDIRECT_URIS.comparing(problems=lines)
        return InvalidRedirectURI(description, refusal=refusal)
    return InvalidMetadata(description, refusal=METADATA.comparing(problems=lines))


def _settable(server: Server) -> Iterator[ClientField]:
    return (each for each in server.client_fields.values() if "registration" in each.set_by)


def _contradictions(present: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    # RFC 7591 section 2: "The jwks_uri and jwks parameters MUST NOT both be present".
    if "jwks" in present and "jwks_uri" in present:
        yield "jwks", _("leave it out, or leave out jwks_uri")


def _without_unknown(server: Server, metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Leave out what the server does not have; yield what is wrong with the rest."""
    named = metadata.get("grant_types", ("authorization_code",))
    known = registrable_grant_types(server)
    grant_types = tuple(name for name in dict.fromkeys(named) if name in known)
    if not grant_types:
        yield "grant_types", _("name one of %(known)s", known=", ".join(sorted(known)))
    fitting = tuple(name for name, other in GRANT_TYPE_OF.items() if other in grant_types)
    response_types = metadata.get("response_types")
    if response_types is None:
        response_types = fitting
    else:
        known_types = server.response_types | STANDARD_RESPONSE_TYPES
        response_types = tuple(n for n in dict.fromkeys(response_types) if n in known_types)
        for name in response_types:
            needed = GRANT_TYPE_OF.get(name, name)
            if name in GRANT_TYPE_OF and needed not in grant_types:
                yield (
                    "response_types",
                    _("%(name)s needs the grant type %(needed)s", name=name, needed=needed),
                )
        if not response_types:
            response_types = fitting
    metadata |= {"grant_types": grant_types, "response_types": response_types}
    for name in ("scope", "optional_scope"):
        if name in metadata:
            metadata[name] &= server.known_scopes


def _origins(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Its pages may read the responses to it, and no others (CORS)."""
    own = _origins_of(metadata.get("redirect_uris", ()))
    if "allowed_origins" in metadata:
        if not set(metadata["allowed_origins"]) <= set(own):
            yield "allowed_origins", _("name only origins of its redirect URIs")
    elif metadata.get("token_endpoint_auth_method") == "none":
        # An application in a browser, which has no secret, needs it: it cannot say so by a name
        # of RFC 7591.
        metadata["allowed_origins"] = own


def _origins_of(uris: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for uri in uris:
        if uri.partition(":")[0] not in WEB:
            continue
        try:
            found.append(origin_of(uri))
        except ValueError:
            # The rule of redirect URIs says so.
            continue
    return tuple(dict.fromkeys(found))

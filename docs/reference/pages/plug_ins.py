"""``plug-ins.md``: the names of ``pyramid_oauth2.extension``."""

from __future__ import annotations

import inspect

from pyramid_oauth2.protocol import (
    access,
    endpoints,
    errors,
    http,
    kept_values,
    masking,
    parameters,
    refusal,
    requested_access,
    single_use,
    token_strings,
)
from pyramid_oauth2.protocol.authorization import (
    authorization_request,
    client_lookup,
    consent_block,
    joining,
    source,
    user_demand,
)
from pyramid_oauth2.protocol.client_authentication import credentials
from pyramid_oauth2.protocol.clients import codecs, field
from pyramid_oauth2.protocol.token import confirmation, issuance, presentation, product, recognised
from pyramid_oauth2.protocol.token import request as token_request
from pyramid_oauth2.settings import declaration, types

from .classes import Entry
from .docstrings import inline

INTRODUCTION = """\
# Plug-ins

The names of `pyramid_oauth2.extension`, the one module that a plug-in imports. It also has the
[interfaces](interfaces.md), the [records](records.md), and `AccessToken` and `Authentication` of
[Python](python.md). [Write a plug-in](../extending.md) says how they belong together."""

PARSERS = (
    *("plain_text", "boolean", "count", "seconds", "duration", "lifetime", "rate", "words"),
    *("some_words", "paths", "principals", "base_url", "endpoint_url", "issuer_url"),
    *("route_name", "route_path", "renderer"),
)

ENTRIES = {
    "Requests": (
        Entry(parameters, "Parameter"),
        Entry(http, "HTTPRequest"),
        Entry(http, "Parameters", only=("once", "if_once")),
        Entry(token_request, "TokenRequest"),
        Entry(endpoints, "EndpointRequest"),
        Entry(endpoints, "ReadClientRequest"),
        Entry(endpoints, "ReadAccessToken"),
        Entry(endpoints, "ClientRequest"),
        Entry(endpoints, "EndpointResponse"),
    ),
    "What is issued": (
        Entry(access, "Access", only=()),
        Entry(requested_access, "requested_access"),
        *(
            Entry(issuance, name)
            for name in ("Issuance", "Open", "Redeem", "Reuse", "Repeat", "Add", "Issuing")
        ),
        Entry(single_use, "SingleUse"),
        Entry(token_strings, "NewToken", only=()),
        Entry(token_strings, "new_token"),
        Entry(token_strings, "parse_token"),
        Entry(recognised, "RecognisedToken"),
    ),
    "Clients and keys": (
        Entry(credentials, "Credentials"),
        Entry(credentials, "Authenticated"),
        Entry(confirmation, "Proof", only=()),
        Entry(confirmation, "Confirmation", only=()),
        Entry(presentation, "Presentation", only=("http",)),
        Entry(field, "ClientField", only=()),
        Entry(codecs, "Codec", only=()),
        Entry(field, "Control", only=()),
        Entry(field, "Option", only=()),
    ),
    "The authorization endpoint": (
        Entry(authorization_request, "AuthorizationRequest", only=("access",)),
        Entry(kept_values, "KeptValues", only=()),
        Entry(product, "Product", only=()),
        Entry(client_lookup, "ClientLookup", only=()),
        Entry(consent_block, "ConsentBlock", only=()),
        Entry(user_demand, "UserDemand", only=()),
        Entry(joining, "Joining", only=()),
        *(Entry(source, name) for name in ("SourcedParameters", "StoredRequest", "PushedRequest")),
    ),
    "Refusals": (
        Entry(errors, "OAuth2Error", only=()),
        Entry(refusal, "Refusal"),
        Entry(masking, "masked"),
    ),
    "Settings": (Entry(declaration, "setting"), Entry(types, "BadValue")),
}


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for section, entries in ENTRIES.items():
        parts.append(f"## {section}")
        for entry in entries:
            parts += entry.parts("###")
            if entry.name == "OAuth2Error":
                parts.append(_errors())
            if entry.name == "setting":
                parts += ["`REQUIRED` as the default demands the key.", _parsers()]
    return "\n\n".join(parts) + "\n"


def _errors() -> str:
    rows = [
        f"| `{error.__name__}` | `{error.code}` | {error.status} | {_meaning(error)} |"
        for error in errors.OAuth2Error.__subclasses__()
        if error.__module__ == errors.__name__
    ]
    return "\n".join(("| class | code | status | when |", "| --- | --- | --- | --- |", *rows))


def _parsers() -> str:
    rows = [f"| `{name}` | {_meaning(getattr(types, name))} |" for name in PARSERS]
    own = (
        "A parser of your own is a function of the text that raises `BadValue`. Its message says "
        "what to write; the name and the value are put before it."
    )
    return "\n".join(("| parser | what it takes |", "| --- | --- |", *rows)) + f"\n\n{own}"


def _meaning(thing: object) -> str:
    return inline((inspect.getdoc(thing) or "").partition("\n")[0])

"""The request extensions at the authorization endpoint: what they read, and what they show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..access import Access
from ..authorization_server import AuthorizationServer
from ..errors import InvalidRequest
from ..http import Parameters
from ..kept_values import NOTHING_KEPT, KeptValues, as_json
from ..records import Client
from ..token.request import REQUIRED
from . import checks
from .authorization_request import AuthorizationRequest
from .consent_block import ConsentBlock

if TYPE_CHECKING:
    from ...interfaces.authorization import IResponseType


def read_extensions(
    server: AuthorizationServer, client: Client, access: Access, parameters: Parameters
) -> KeptValues:
    """What every extension reads of a request.

    :raises OAuth2Error: one of them refuses the request.
    """
    extensions = server.plug_ins.request_extensions
    if not extensions:
        return NOTHING_KEPT
    values: dict[str, Any] = {}
    for name, extension in extensions.items():
        for parameter in extension.parameters:
            if parameter.required and parameters.once(parameter.name) is None:
                raise InvalidRequest(
                    f"The parameter {parameter.name} is missing.",
                    refusal=REQUIRED.comparing(name=parameter.name),
                )
        own = parameters.only(each.name for each in extension.parameters)
        value = extension.read(own, client, access)
        if value is not None:
            values[name] = as_json(value)
    return KeptValues(values, frozenset(name for name in values if extensions[name].critical))


def refuse_unredeemed(
    server: AuthorizationServer, response_type: IResponseType, extensions: KeptValues
) -> None:
    """Refuse a critical value for what is redeemed, where nothing is.

    :raises InvalidRequest: it would be in no record, so nothing would enforce it.
    """
    if response_type.redeemed:
        return
    names = extensions.critical.intersection(server.plug_ins.extensions_in("code"))
    if names:
        raise InvalidRequest(
            "With this response_type there is no code, which a parameter limits.",
            refusal=checks.CRITICAL_VALUE.comparing(extensions=sorted(names)),
        )


def consent_blocks(
    server: AuthorizationServer, request: AuthorizationRequest
) -> Iterator[ConsentBlock]:
    """What the consent page says about the values of a request."""
    values = request.extensions.values
    for name, extension in server.plug_ins.request_extensions.items():
        if name in values:
            yield from extension.blocks(values[name])


def covers_extensions(
    server: AuthorizationServer, remembered: KeptValues, request: AuthorizationRequest
) -> bool:
    """Whether every extension finds its value in what the user has allowed before.

    Also one whose value is missing: what was allowed with a limit was not allowed without it.
    """
    values, before = request.extensions.values, remembered.values
    return all(
        extension.covered_by(before.get(name), values.get(name))
        for name, extension in server.plug_ins.request_extensions.items()
        if name in values or name in before
    )


def remembered_extensions(
    server: AuthorizationServer, remembered: KeptValues, request: AuthorizationRequest
) -> KeptValues:
    """What is stored with a consent: of every extension what it remembers of the request.

    :param remembered: what is stored already; values whose extension is not registered stay.
    """
    extensions = server.plug_ins.request_extensions
    names = [name for name in remembered.values if name not in extensions]
    unknown = remembered.only(names)
    values, critical = dict(unknown.values), set(unknown.critical)
    for name, value in request.extensions.values.items():
        extension = extensions.get(name)
        if extension is None:
            continue
        now = extension.remember(value, remembered.values.get(name))
        if now is not None:
            values[name] = as_json(now)
            critical |= {name} if extension.critical else set()
    return KeptValues(values, frozenset(critical))

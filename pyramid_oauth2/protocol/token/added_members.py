"""The members of a token response beside the standard ones, and who adds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..authorization_server import AuthorizationServer
from ..grant_data import GrantData
from ..kept_values import NOTHING_KEPT, KeptValues, kept_in
from ..records import ACCESS_TOKEN, Client
from .draft import Draft
from .issuance import Issuance, Issuing, Redeem


def added_members(
    server: AuthorizationServer,
    client: Client,
    issuance: Issuance,
    draft: Draft,
    grant_type: str,
    kept: KeptValues = NOTHING_KEPT,
) -> Mapping[str, Any]:
    """Those of the grant type, and those of every token response extension.

    Collected before anything is stored, so that a response that is repeated has them too.

    :param kept: the values of request extensions that would be in a code, if there were one.
    :raises ValueError: an extension adds a member that it did not declare, or that the
        grant type adds as well.
    :raises TypeError: one cannot be written as JSON.
    """
    if not server.plug_ins.token_responses:
        return issuance.members
    members = dict(issuance.members)
    issuing = _issuing(server, client, issuance, draft, grant_type, kept)
    for name, extension in server.plug_ins.token_responses.items():
        added = extension.members(issuing)
        if undeclared := added.keys() - set(extension.names):
            raise ValueError(f"{name} adds {sorted(undeclared)} without declaring it")
        if twice := added.keys() & members.keys():
            raise ValueError(f"{name} adds {sorted(twice)}, as the grant type does")
        members.update(added)
    json.dumps(members)
    return members


def _issuing(
    server: AuthorizationServer,
    client: Client,
    issuance: Issuance,
    draft: Draft,
    grant_type: str,
    kept: KeptValues,
) -> Issuing:
    access_token, operation, grant = draft.records[0], issuance.operation, draft.grant
    spent = operation.token if isinstance(operation, Redeem) else None
    of_grant = GrantData.decode(grant.data if grant else b"", server.understood)
    of_spent = kept_in(spent.data) if spent else kept
    registered = server.plug_ins.request_extensions
    return Issuing(
        client=client,
        grant_type=grant_type,
        access=issuance.access,
        access_token=draft.strings[ACCESS_TOKEN].value,
        issued_at=access_token.issued_at,
        expires_in=access_token.expires_at - access_token.issued_at,
        subject=grant.subject if grant else None,
        grant=grant,
        spent=spent,
        authentication=of_grant.authentication,
        kept={
            **of_grant.extensions.only(registered).values,
            **of_spent.only(registered).values,
        },
    )

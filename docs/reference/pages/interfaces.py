"""``interfaces.md``: the interfaces that an application or an extension may implement."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from pyramid_oauth2.interfaces import (
    access_token_format,
    application,
    authorization,
    endpoints,
    entries,
    extension,
    protection,
    sender_constraint,
    server,
    sessions,
    signer,
    storage,
    subjects,
    token_response,
)

from .docstrings import filled, inline, markdown
from .source import definitions, docstring, members, signature

# Which interface to implement for which purpose, and where to register the implementation. The
# add-on itself provides the other interfaces.
TO_WRITE = (
    ("your users", "IResourceOwners", "`config.set_oauth2_resource_owners`"),
    ("a scope defined in code", "IScope", "`config.add_oauth2_scope`, which creates it"),
    ("a grant type", "IGrantType", "`config.add_oauth2_grant_type`"),
    (
        "a client authentication method",
        "IClientAuthentication",
        "`config.add_oauth2_client_authentication`",
    ),
    (
        "a form of access tokens",
        "IAccessTokenFormat",
        "`config.add_oauth2_access_token_format`",
    ),
    (
        "a binding of tokens to a key",
        "ISenderConstraint",
        "`config.add_oauth2_sender_constraint`",
    ),
    (
        "members of token responses",
        "ITokenResponseExtension",
        "`config.add_oauth2_token_response`",
    ),
    ("a response type", "IResponseType", "`config.add_oauth2_response_type`"),
    (
        "parameters of authorization requests",
        "IAuthorizationRequestExtension",
        "`config.add_oauth2_request_extension`",
    ),
    (
        "authorization requests that come by another way",
        "IAuthorizationRequestSource",
        "`config.add_oauth2_request_source`",
    ),
    (
        "clients that are not in the store",
        "IClientResolver",
        "`config.add_oauth2_client_resolver`",
    ),
    (
        "which clients may come by themselves",
        "IClientPolicy",
        "`config.add_oauth2_client_policy`",
    ),
    ("an endpoint", "IEndpoint", "`config.add_oauth2_endpoint`"),
    (
        "members of the server metadata",
        "IServerMetadata",
        "`config.add_oauth2_server_metadata`",
    ),
    ("what signs JWTs, with keys elsewhere", "ISigner", "`config.set_oauth2_signer`"),
    ("the sessions of users", "ISessions", "`config.set_oauth2_sessions`"),
    ("how clients know users", "ISubjects", "`config.set_oauth2_subjects`"),
    ("a demand of views", "IViewDemand", "`config.add_oauth2_view_demand`"),
    (
        "a backend: the factory, called at start-up",
        "IBackendFactory",
        "`config.add_oauth2_backend`",
    ),
    ("a backend: its stores, by role", "IBackend", "the factory returns it"),
    ("a store of clients", "IClientStore", "`clients` of the backend"),
    ("a store of grants and tokens", "IGrantStore", "`grants` of the backend"),
    ("a store of remembered consent", "IConsentStore", "`consents` of the backend"),
    ("a store of small records", "IEntryStore", "`entries` of the backend"),
)

INTRODUCTION = """\
# Interfaces

The interfaces that an application or an extension may implement. All are in
`pyramid_oauth2.interfaces`. An object need not declare that it provides an interface; it only needs
the methods."""


def page() -> str:
    """The page."""
    found = (
        definitions(storage)
        | definitions(entries)
        | definitions(server)
        | definitions(extension)
        | definitions(access_token_format)
        | definitions(sender_constraint)
        | definitions(token_response)
        | definitions(authorization)
        | definitions(endpoints)
        | definitions(signer)
        | definitions(sessions)
        | definitions(subjects)
        | definitions(protection)
        | definitions(application)
    )
    wanted = [name for _, name, _ in TO_WRITE]
    parts = [INTRODUCTION, _table(), "## Application and extensions"]
    for name in wanted:
        if name == "IBackendFactory":
            parts += ["## Stores", _rules()]
        parts += _interface(found[name])
    parts += [
        "## Provided by the add-on",
        "For code that queries Pyramid's registry, or subscribes to events.",
    ]
    for name in found:
        if name not in wanted:
            parts += _interface(found[name])
    return "\n\n".join(parts) + "\n"


def _table() -> str:
    rows = [
        f"| {wanted} | [`{name}`](#{name.lower()}) | {place} |" for wanted, name, place in TO_WRITE
    ]
    return "\n".join(("| for | implement | and pass it to |", "| --- | --- | --- |", *rows))


def _rules() -> str:
    """The rules for all stores: the module's docstring without its title."""
    return markdown(inspect.cleandoc(storage.__doc__ or "").partition("\n\n")[2])


def _interface(node: ast.ClassDef | ast.FunctionDef) -> Iterator[str]:
    assert isinstance(node, ast.ClassDef)
    yield f"### `{node.name}`"
    yield markdown(docstring(node))
    if attributes := list(_attributes(node)):
        yield "\n".join(attributes)
    for method in members(node).values():
        yield f"**`{signature(method)}`**"
        yield markdown(docstring(method))


def _attributes(node: ast.ClassDef) -> Iterator[str]:
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            shown = ast.unparse(statement.targets[0])
        elif isinstance(statement, ast.AnnAssign):
            shown = f"{ast.unparse(statement.target)}: {ast.unparse(statement.annotation)}"
        else:
            continue
        if isinstance(statement.value, ast.Call):
            meaning = ast.literal_eval(statement.value.args[0])
            yield filled(f"- `{shown}`: {inline(meaning)}", "  ")

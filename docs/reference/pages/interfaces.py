"""``interfaces.md``: what an application or a third party may supply."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from pyramid_oauth2.interfaces import application, extension, storage

from .docstrings import inline, markdown
from .source import definitions, docstring, members, signature

# What to write for what, and how it becomes known; the rest the add-on gives itself.
TO_WRITE = (
    ("users of your own", "IResourceOwners", "`config.set_oauth2_resource_owners`"),
    ("a scope from code", "IScope", "`config.add_oauth2_scope`, which makes it"),
    ("a grant type", "IGrantType", "`config.add_oauth2_grant_type`"),
    (
        "another way for clients to prove who they are",
        "IClientAuthentication",
        "`config.add_oauth2_client_authentication`",
    ),
    ("a store: what makes it at start-up", "IBackendFactory", "`config.add_oauth2_backend`"),
    ("a store: its parts, by role", "IBackend", "the factory returns it"),
    ("a store of clients", "IClientStore", "`clients` of the backend"),
    ("a store of grants and tokens", "IGrantStore", "`grants` of the backend"),
    ("a store of remembered consent", "IConsentStore", "`consents` of the backend"),
)

INTRODUCTION = """\
# Interfaces

What an application or a third party may supply. All are in `pyramid_oauth2.interfaces`. An object
need not declare that it provides one: to have the methods is enough."""


def page() -> str:
    """The page."""
    found = definitions(storage) | definitions(extension) | definitions(application)
    wanted = [name for _, name, _ in TO_WRITE]
    parts = [INTRODUCTION, _table(), "## An application's own"]
    for name in wanted:
        if name == "IBackendFactory":
            parts += ["## Stores", _rules()]
        parts += _interface(found[name])
    parts += ["## Given by the add-on", "For code that asks Pyramid's registry, or subscribes."]
    for name in found:
        if name not in wanted:
            parts += _interface(found[name])
    return "\n\n".join(parts) + "\n"


def _table() -> str:
    rows = [
        f"| {wanted} | [`{name}`](#{name.lower()}) | {place} |" for wanted, name, place in TO_WRITE
    ]
    return "\n".join(("| for | write an | and give it to |", "| --- | --- | --- |", *rows))


def _rules() -> str:
    """What the module says of all stores, after its title."""
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
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
            meaning = ast.literal_eval(statement.value.args[0])
            yield f"- `{ast.unparse(statement.targets[0])}`: {inline(meaning)}"

"""Imports go one way, so that each part can be read, tested and replaced without the others."""

from __future__ import annotations

import ast
import graphlib
import sys
from collections.abc import Container, Iterator
from pathlib import Path

import pytest

import pyramid_oauth2

ROOT = Path(pyramid_oauth2.__file__).parent
PACKAGE = ROOT.name

WEB = ("pyramid", "webob", "transaction", "zope.sqlalchemy", "pyramid_tm", "pyramid_jinja2")
DATABASES = ("sqlalchemy", "alembic", "redis", "psycopg", "pymysql")
INNER = tuple(
    f"{PACKAGE}.{name}"
    for name in (
        "monitoring.audit",
        "monitoring.fetches",
        "monitoring.metrics",
        "monitoring.measured_grants",
        "read_only",
        "journal",
        "request_changes",
        "service",
        "assembly",
        "protection.request",
        "startup",
        "resource_owners",
        "fetching",
        "jose",
        "keys",
        "extensions",
        "openid",
        "resource_server",
        "protection.protected_resources",
        "resource_directory",
        "responses",
        "page_protection",
        "endpoint_urls",
        "extension",
        "plug_in_factories",
        "protection.http_request",
        "protection.challenges",
        "protection.cors",
        "protection.demands",
        "protection.view_options",
        "protection.wrapped_policy",
        "protection.security",
        "protection.guards",
        "debugtoolbar",
        "bounded_storage",
        "attempt_storage",
        "views",
        "directives",
        "backends",
        "migrations",
        "scripts",
        "simulation",
        "testing",
        "demo",
    )
)


def without(*allowed: str) -> tuple[str, ...]:
    return tuple(name for name in INNER if name.removeprefix(f"{PACKAGE}.") not in allowed)


def other_extensions(own: str) -> tuple[str, ...]:
    """An extension knows no other one: what two need is in the core."""
    folders = (path.name for path in (ROOT / "extensions").iterdir() if path.is_dir())
    return tuple(
        f"{PACKAGE}.extensions.{name}" for name in folders if name not in (own, "__pycache__")
    )


# What the modules below a name must never import; of two names the longer one counts.
# The layers, from the inside: per_process, deadlines, interfaces, protocol, settings, events
# <- backends | service <- assembly <- protection, views <- directives <- __init__ <- scripts, demo.
FORBIDDEN = {
    "per_process": (*WEB, *DATABASES, *without()),
    "deadlines": (*WEB, *DATABASES, *without()),
    "known_clients": (*WEB, *DATABASES, *without(), f"{PACKAGE}.protocol", f"{PACKAGE}.settings"),
    "single_flight": (*WEB, *DATABASES, *without()),
    "circuit_breaker": (*WEB, *DATABASES, *without()),
    "fetching": (*WEB, *DATABASES, *without("fetching")),
    "interfaces": (*DATABASES, *without()),
    "protocol": (*WEB, *DATABASES, *without(), f"{PACKAGE}.settings", f"{PACKAGE}.events"),
    "jose": (*WEB, *DATABASES, *without("jose"), f"{PACKAGE}.settings", f"{PACKAGE}.events"),
    "keys": (*WEB, *DATABASES, *without("jose", "keys")),
    "extensions": (*WEB, *DATABASES, *without("jose")),
    "extensions.client_registration": (
        *WEB,
        *DATABASES,
        *without("jose", "extensions"),
        *other_extensions("client_registration"),
    ),
    "extensions.jwt_access_tokens": (
        *WEB,
        *DATABASES,
        *without("jose", "extensions"),
        *other_extensions("jwt_access_tokens"),
    ),
    "extensions.jwt_access_tokens.startup_check": (
        *DATABASES,
        *without("extensions"),
        *other_extensions("jwt_access_tokens"),
    ),
    "extensions.client_registration.issuer_keys": (
        *WEB,
        *DATABASES,
        *without("jose", "fetching"),
    ),
    "extensions.client_id_metadata": (
        *WEB,
        *DATABASES,
        *without("jose", "extensions", "fetching"),
        *other_extensions("client_id_metadata"),
    ),
    "extensions.client_id_metadata.startup_check": (
        *DATABASES,
        *without("extensions"),
        *other_extensions("client_id_metadata"),
    ),
    "extensions.private_key_jwt": (
        *WEB,
        *DATABASES,
        *without("jose", "extensions", "fetching"),
        *other_extensions("private_key_jwt"),
    ),
    "openid": (*WEB, *DATABASES, *without("jose", "openid")),
    "openid.startup_checks": (*DATABASES, *without("openid")),
    "openid.delivery": (*WEB, *DATABASES, *without("jose", "openid", "fetching")),
    "openid.keeping": (*WEB, *DATABASES, *without("jose", "openid", "fetching")),
    "openid.operator_urls": (*WEB, *DATABASES, *without("fetching")),
    "openid.sector_documents": (*WEB, *DATABASES, *without("jose", "openid", "fetching")),
    "openid.views_end_session": (
        *DATABASES,
        *without(
            "endpoint_urls",
            "jose",
            "openid",
            "protection.http_request",
            "protection.request",
            "service",
            "views",
        ),
    ),
    "openid.views_logout_request": (
        *DATABASES,
        *without("endpoint_urls", "jose", "openid", "protection.request", "service", "views"),
    ),
    "openid.views_discovery": (*DATABASES, *without("views")),
    "settings": (*DATABASES, *without()),
    "events": (*DATABASES, *without("plug_in_factories")),
    "listeners": (*DATABASES, *without()),
    "request_classes": (*DATABASES, *without()),
    "plug_in_factories": (*WEB, *DATABASES, *without()),
    "extension": (*WEB, *DATABASES, *without()),
    "monitoring.log_lines": (*WEB, *DATABASES, *without()),
    "monitoring.fetches": (*DATABASES, *without()),
    "monitoring.audit": (*WEB, *DATABASES, *without()),
    "monitoring.metrics": (*DATABASES, *without()),
    "monitoring.measured_grants": (*WEB, *DATABASES, *without()),
    "read_only": (*WEB, *DATABASES, *without()),
    "resource_directory": (*DATABASES, *without()),
    "resource_owners": (*DATABASES, *without()),
    "responses": (*DATABASES, *without()),
    "page_protection": (*DATABASES, *without()),
    "protection.cors": (*DATABASES, *without()),
    "protection.demands": (*DATABASES, *without("plug_in_factories")),
    "backends": without("backends"),
    "migrations": without("migrations", "backends"),
    "resource_server": (
        *DATABASES,
        *without("fetching", "jose", "resource_owners", "resource_server"),
    ),
    "bounded_storage": (*WEB, *DATABASES, *without()),
    "attempt_storage": (*DATABASES, *without("bounded_storage")),
    "startup_error": (*DATABASES, *without()),
    "startup": (*DATABASES, *without("resource_owners")),
    "journal": (*DATABASES, *without()),
    "request_changes": (*DATABASES, *without("journal")),
    "service": (*DATABASES, *without("resource_owners", "journal", "request_changes")),
    "assembly": (
        *DATABASES,
        *without(
            "service",
            "startup",
            "resource_directory",
            "resource_owners",
            "resource_server",
            "endpoint_urls",
            "plug_in_factories",
            "monitoring.measured_grants",
            "read_only",
            "attempt_storage",
        ),
    ),
    "protection.view_options": (*DATABASES, *without("protection.demands")),
    "protection.protected_resources": (*DATABASES, *without("resource_directory")),
    "endpoint_urls": (*DATABASES, *without()),
    "protection.http_request": (*DATABASES, *without("protection.protected_resources")),
    "protection.challenges": (
        *DATABASES,
        *without("protection.cors", "protection.protected_resources", "responses"),
    ),
    "protection.request": (
        *DATABASES,
        *without(
            "service",
            "assembly",
            "resource_server",
            "protection.challenges",
            "protection.cors",
            "protection.http_request",
        ),
    ),
    "protection.permissions": (*DATABASES, *without("resource_owners", "protection.request")),
    "protection.wrapped_policy": (*DATABASES, *without("protection.request")),
    "protection.security": (
        *DATABASES,
        *without(
            "service", "protection.request", "protection.permissions", "protection.wrapped_policy"
        ),
    ),
    "protection.guards": (
        *DATABASES,
        *without(
            "service",
            "protection.request",
            "protection.security",
            "protection.permissions",
            "protection.challenges",
            "protection.cors",
            "protection.demands",
            "protection.view_options",
            "responses",
        ),
    ),
    "debugtoolbar": (
        *DATABASES,
        *without(
            "protection.request",
            "protection.challenges",
            "protection.security",
            "responses",
            "debugtoolbar",
        ),
    ),
    "views": (
        *DATABASES,
        *without(
            "service",
            "protection.request",
            "protection.security",
            "protection.protected_resources",
            "responses",
            "page_protection",
            "endpoint_urls",
            "protection.http_request",
            "protection.challenges",
            "protection.cors",
            "journal",
            "views",
        ),
    ),
    "simulation": (
        *DATABASES,
        *without(
            "service",
            "assembly",
            "resource_owners",
            "resource_directory",
            "protection.protected_resources",
            "responses",
            "fetching",
            "backends",
            "extensions",
            "jose",
            "simulation",
        ),
    ),
    "testing": (*DATABASES, *without("service", "assembly", "simulation", "testing")),
    "directives": (
        *DATABASES,
        *without("directives", "resource_owners", "plug_in_factories", "views"),
    ),
    "__init__": (*DATABASES, f"{PACKAGE}.backends", f"{PACKAGE}.scripts", f"{PACKAGE}.demo"),
    "scripts": (f"{PACKAGE}.demo", f"{PACKAGE}.views", f"{PACKAGE}.protection.guards"),
    "demo": (f"{PACKAGE}.",),
}

# What protocol code may import beside the standard library and itself.
PURE = (
    "cryptography",
    "zope.interface",
    "argon2",
    *(
        f"{PACKAGE}.{name}"
        for name in (
            "deadlines",
            "interfaces",
            "per_process",
            "protocol",
            "single_flight",
        )
    ),
)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def statements(parent: ast.AST, *, with_types: bool) -> Iterator[ast.AST]:
    """Every statement below *parent*; expressions, which are most of a tree, contain none.

    :param with_types: also those for the type checker alone.
    """
    for_types = isinstance(parent, ast.If) and getattr(parent.test, "id", "") == "TYPE_CHECKING"
    fields = ("body", "handlers", "cases", "orelse", "finalbody")
    for field in fields[for_types and not with_types :]:
        for child in getattr(parent, field, ()):
            yield child
            yield from statements(child, with_types=with_types)


def imports(
    source: str, module: str, is_package: bool, *, with_types: bool = False
) -> Iterator[str]:
    """The absolute names of what a module imports, also within functions.

    :param with_types: also what is imported for the type checker alone.
    """
    package = module if is_package else module.rpartition(".")[0]
    for node in statements(ast.parse(source), with_types=with_types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            # Either may be the module: "from .protocol import errors".
            yield from (f"{base}.{alias.name}" for alias in node.names)


def below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix.rstrip(".") + ".")


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """The imports that the module must not have."""
    layer = _layer(module)
    found = list(imports(source, module, is_package))
    wrong = [name for name in found if any(below(name, bad) for bad in FORBIDDEN[layer])]
    if layer in ("protocol", "jose"):
        wrong += [name for name in found if not _pure(name, layer)]
    if layer != "jose":
        wrong += [name for name in found if below(name, "joserfc")]
    if layer == "demo":
        wrong = [name for name in wrong if not _public(name)]
    return wrong


def _layer(module: str) -> str:
    own = module.removeprefix(PACKAGE).lstrip(".")
    if own in ("", *GROUPS):
        return "__init__"
    return max((name for name in FORBIDDEN if below(own, name)), key=len)


# Packages that only group layers.
GROUPS = ("monitoring", "protection")


@pytest.mark.parametrize("group", GROUPS)
def test_a_package_that_only_groups_layers_imports_nothing(group: str):
    assert (
        list(imports((ROOT / group / "__init__.py").read_text(), f"{PACKAGE}.{group}", True)) == []
    )


@pytest.mark.parametrize("module", ["newthing", "protection.newthing", "protocol_extra"])
def test_a_new_module_is_given_a_layer(module: str):
    with pytest.raises(ValueError):
        violations("import pyramid", f"{PACKAGE}.{module}")


def _pure(name: str, layer: str) -> bool:
    standard = name.split(".")[0] in sys.stdlib_module_names
    own = ("joserfc", f"{PACKAGE}.jose") if layer == "jose" else ()
    return standard or any(below(name, allowed) for allowed in (*PURE, *own))


def _public(name: str) -> bool:
    return below(name, f"{PACKAGE}.demo") or name.removeprefix(f"{PACKAGE}.") in (
        pyramid_oauth2.__all__
    )


MODULES = sorted(ROOT.rglob("*.py"))


def test_imports_go_one_way():
    found = {
        path: wrong
        for path in MODULES
        if (wrong := violations(path.read_text(), module_name(path), path.name == "__init__.py"))
    }
    assert found == {}


def circle(sources: dict[str, tuple[str, bool]]) -> list[str]:
    """Modules that depend on each other in a circle, types included; none if there is no circle.

    :param sources: of each module its source, and whether it is a package.
    """
    depends = {
        module: {
            found
            for name in imports(source, module, is_package, with_types=True)
            if (found := _module_of(name, sources)) not in (None, module)
        }
        for module, (source, is_package) in sources.items()
    }
    try:
        graphlib.TopologicalSorter(depends).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def _module_of(name: str, modules: Container[str]) -> str | None:
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def test_no_module_depends_on_itself_not_even_for_a_type():
    sources = {
        module_name(path): (path.read_text(), path.name == "__init__.py") for path in MODULES
    }
    assert circle(sources) == []


def test_a_circle_of_types_is_found():
    late = "if TYPE_CHECKING:\n    from .b import B"
    assert circle({"p": ("", True), "p.a": (late, False), "p.b": ("from . import a", False)})


@pytest.mark.parametrize("name", ["argon2", "metrics", "measured_grants"])
def test_an_extra_is_asked_for_only_where_it_is_used(name: str):
    """An application without it starts all the same."""
    for path in MODULES:
        top = ast.parse(path.read_text()).body
        lines = [ast.unparse(node) for node in top if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not [line for line in lines if name in line], path


def test_who_imports_prometheus_client():
    """The two modules that no other module imports at its top, so that it can be an extra."""
    found = {path.stem for path in MODULES if "prometheus_client import" in path.read_text()}
    assert found == {"metrics", "measured_grants"}


def test_who_imports_pyramid_debugtoolbar():
    """Only what the toolbar itself includes."""
    found = {path for path in MODULES if "import DebugPanel" in path.read_text()}
    assert found == {ROOT / "debugtoolbar" / "panel.py"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("protocol.token.issuance", "import pyramid"),
        ("protocol.token.issuance", "from pyramid.response import Response"),
        ("protocol.token.issuance", "import transaction"),
        ("protocol.token.issuance", "import requests"),
        ("protocol.token.issuance", "from ...settings import Settings"),
        ("protocol.token.issuance", "from ... import service"),
        ("protocol.token.issuance", "def late():\n    import sqlalchemy"),
        ("protocol.grant_types.password", "from ...backends import memory"),
        ("views.token", "from ..backends.memory import MemoryBackend"),
        ("views.token", "from pyramid_oauth2 import backends"),
        ("views.token", "import sqlalchemy.orm"),
        ("backends.memory", "from ..views import token"),
        ("backends.redis", "from ..assembly import get_service"),
        ("service", "import redis"),
        ("service", "from .protection.guards import REALM"),
        ("protection.guards", "from sqlalchemy import select"),
        ("events", "from .assembly import get_service"),
        ("demo.api", "from pyramid_oauth2.protocol.records import Client"),
        ("demo.api", "from ..assembly import get_service"),
        ("demo.api", "import pyramid_oauth2.service"),
        ("demo.api", "from pyramid_oauth2 import settings"),
    ],
)
def test_a_wrong_import_is_found(module: str, source: str):
    assert violations(source, f"{PACKAGE}.{module}") != []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("protocol.token.issuance", "import json, hmac\nfrom ..errors import InvalidGrant"),
        ("protocol.token.issuance", "from ...interfaces import IGrantStore"),
        ("protocol.token.issuance", "from cryptography.hazmat.primitives import hashes"),
        ("protocol.token.issuance", "if TYPE_CHECKING:\n    from pyramid.request import Request"),
        ("views.token", "from ..protocol.errors import OAuth2Error\nfrom . import urls"),
        ("backends.sqlalchemy", "import sqlalchemy\nfrom ..protocol.records import Client"),
        ("demo.api", "from pyramid_oauth2 import get_service\nfrom .users import Users"),
    ],
)
def test_a_right_import_is_none(module: str, source: str):
    assert violations(source, f"{PACKAGE}.{module}") == []

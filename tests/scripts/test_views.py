from __future__ import annotations

import json

import pytest


@pytest.fixture
def listing(poauth2):
    """The ini of an application with views of every kind."""
    poauth2.write(backend="memory")
    text = poauth2.path.read_text()
    poauth2.path.write_text(text.replace("tests.scripts.application", "tests.scripts.guarded"))
    return poauth2


def entries(listing):
    """The listed views, by path and first method."""
    status, out, err = listing("views", "--json")
    assert (status, err) == (0, "")
    return {(entry["where"], *entry["methods"][:1]): entry for entry in json.loads(out)}


def test_what_a_view_asks_for(listing):
    found = entries(listing)
    assert found["/notes/{id}", "DELETE"] == {
        "view": "tests.scripts.guarded.Notes.change",
        "where": "/notes/{id}",
        "route": "notes",
        "methods": ["DELETE", "PUT"],
        "permission": "edit",
        "scope": ["read", "write"],
        "cookies": False,
        "endpoint": False,
    }
    read = found["/notes/{id}", "GET"]
    assert (read["permission"], read["cookies"]) == ("view", True)


def test_a_view_for_preflights_needs_no_token(listing):
    """Also if it has the options of its resource."""
    found = entries(listing)["/notes/{id}", "OPTIONS"]
    assert (found["scope"], found["cookies"]) == ([], True)


def test_a_default_permission_and_a_routes_method_count(listing):
    ping = entries(listing)["/ping", "POST"]
    assert (ping["permission"], ping["scope"], ping["cookies"]) == ("see", [], True)


def test_a_view_of_the_resource_tree(listing):
    peek = entries(listing)["Folder peek",]
    assert (peek["route"], peek["methods"], peek["permission"]) == (None, [], "see")


def test_our_own_endpoints_are_marked(listing):
    ours = {where for (where, *_), entry in entries(listing).items() if entry["endpoint"]}
    assert {"/oauth2/token", "/oauth2/authorize", "/oauth2/static/*subpath"} <= ours
    assert {"/.well-known/oauth-protected-resource/*path"} <= ours
    # Our files below a path of the application belong to the application.
    assert all(where.startswith(("/oauth2/", "/.well-known/", "/pictures/")) for where in ours)


def test_the_table(listing):
    status, out, _ = listing("views")
    lines = out.splitlines()
    assert status == 0
    assert lines[0].split() == ["WHERE", "METHODS", "PERMISSION", "SCOPE", "COOKIES", "VIEW"]
    (change,) = [line for line in lines if "Notes.change" in line]
    assert change.split()[:7] == ["/notes/{id}", "DELETE", "PUT", "edit", "read", "write", "no"]
    token = next(line for line in lines if line.startswith("/oauth2/token "))
    assert token.split()[4] == "*"
    assert lines.index(change) < lines.index(token)
    # The columns are below their headings.
    assert change.index("edit") == lines[0].index("PERMISSION")
    assert change.index("tests.") == lines[0].index("VIEW")


def test_an_application_that_does_not_start_says_why(listing):
    listing.write(more="oauth2.scopez = x", backend="memory")
    status, out, err = listing("views")
    assert (status, out) == (1, "")
    assert "oauth2.scopes" in err


RESOURCE_SERVER = """
oauth2.mode = resource_server
oauth2.base_url = http://localhost:6544
oauth2.introspection.url = http://localhost:6543/oauth2/introspect
oauth2.introspection.client_id = api
oauth2.introspection.client_secret = hunter2
"""


def test_the_views_of_a_resource_server(listing):
    text = listing.path.read_text()
    listing.path.write_text(text + RESOURCE_SERVER)
    found = entries(listing)
    assert found["/notes/{id}", "DELETE"]["scope"] == ["read", "write"]
    ours = {where for (where, *_), entry in found.items() if entry["endpoint"]}
    assert "/oauth2/token" not in ours


def test_a_resource_server_has_no_clients_to_list(listing):
    listing.path.write_text(listing.path.read_text() + RESOURCE_SERVER)
    status, out, err = listing("client", "list")
    assert (status, out) == (1, "")
    assert "kept by the authorization server http://localhost:6543" in err

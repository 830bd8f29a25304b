"""The rules for registering a client."""

from __future__ import annotations

import re
from os import urandom

import pytest

from pyramid_oauth2.protocol.clients.private_schemes import PRIVATE_SCHEMES
from pyramid_oauth2.protocol.clients.rules import (
    InvalidClientMetadata,
    check_change,
    check_client,
    client_problems,
)
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.token_strings import new_client_id, new_client_secret

from .worlds import make_server

MACHINE = {"grant_types": ("client_credentials",)}
WEB = {"redirect_uris": ("https://client.example/back",)}


@pytest.fixture
def server():
    return make_server()


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param(MACHINE, id="machine"),
        pytest.param(WEB, id="web"),
        pytest.param({**WEB, "token_endpoint_auth_method": "none"}, id="public"),
        pytest.param({"grant_types": (), "resource_server": True}, id="resource server"),
        pytest.param({**MACHINE, "scope": frozenset({"read"})}, id="scope"),
        pytest.param(
            {**MACHINE, "scope": frozenset({"read"}), "optional_scope": frozenset({"read"})},
            id="optional scope",
        ),
        pytest.param({**MACHINE, "client_name": "Robot \u2764"}, id="name in any script"),
        pytest.param({**MACHINE, "client_name": "x" * 255}, id="long name"),
        pytest.param({**MACHINE, "consent": "skip"}, id="consent"),
        pytest.param({**MACHINE, "jwks": {"keys": [{"kty": "EC", "x": "x"}]}}, id="public keys"),
        pytest.param({**WEB, "grant_types": ("implicit", "refresh_token")}, id="not yet enabled"),
    ],
)
def test_good(server, metadata):
    assert dict(client_problems(server, Client("robot", **metadata))) == {}


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        pytest.param({**MACHINE, "client_id": "röbot"}, "client_id", id="id beyond ASCII"),
        pytest.param({**MACHINE, "client_id": "a\nb"}, "client_id", id="newline in the id"),
        pytest.param({**MACHINE, "jwks": {"keys": [{"kty": "oct"}]}}, "jwks", id="symmetric key"),
        pytest.param(
            {**MACHINE, "jwks": {"keys": [{"kty": "EC", "d": "x"}]}}, "jwks", id="private key"
        ),
        pytest.param(
            {**MACHINE, "jwks": {"keys": [{"n": "x" * 17_000}]}}, "jwks", id="large key set"
        ),
        pytest.param(
            {**MACHINE, "client_id": new_client_secret(lambda n: bytes(n))},
            "client_id",
            id="a secret as the id",
        ),
        pytest.param({**MACHINE, "client_name": "x" * 256}, "client_name", id="name too long"),
        pytest.param({**MACHINE, "created_at": 2**53}, "created_at", id="time after 9999"),
        pytest.param({**MACHINE, "epoch": 2**53}, "epoch", id="epoch that cannot be raised"),
        pytest.param({**MACHINE, "extra": {"a": float("inf")}}, "extra", id="no number of JSON"),
        pytest.param({**WEB, "redirect_uris": (5,)}, "redirect_uris", id="another type"),
        pytest.param({**MACHINE, "client_name": "a\nb"}, "client_name", id="newline in the name"),
        pytest.param({**MACHINE, "client_name": "a\u202eb"}, "client_name", id="bidi override"),
        pytest.param({**MACHINE, "consent": "never"}, "consent", id="unknown consent"),
        pytest.param(
            {**MACHINE, "token_endpoint_auth_method": "magic"},
            "token_endpoint_auth_method",
            id="unknown method",
        ),
        pytest.param({"grant_types": ()}, "grant_types", id="no grant type"),
        pytest.param({"grant_types": ("magic",)}, "grant_types", id="unknown grant type"),
        pytest.param(
            {**MACHINE, "token_endpoint_auth_method": "none"},
            "grant_types",
            id="public client that acts for itself",
        ),
        pytest.param({}, "redirect_uris", id="no redirect URI"),
        pytest.param({"grant_types": ("implicit",)}, "redirect_uris", id="implicit without one"),
        pytest.param(
            {"redirect_uris": ("https://good.example/", "http://evil.example/")},
            "redirect_uris",
            id="one of two is bad",
        ),
        pytest.param(
            {"redirect_uris": ("https://a.example/" + "x" * 2048,)}, "redirect_uris", id="long"
        ),
        pytest.param(
            {"redirect_uris": tuple(f"https://a.example/{n}" for n in range(51))},
            "redirect_uris",
            id="many redirect URIs",
        ),
        pytest.param(
            {**WEB, "resource_server": True, "token_endpoint_auth_method": "none"},
            "resource_server",
            id="public resource server",
        ),
        *(
            pytest.param({**MACHINE, name: uri}, name, id=f"{name} {uri[:20]}")
            for name in ("client_uri", "logo_uri", "tos_uri", "policy_uri")
            for uri in (
                *("javascript:alert(1)", "http://a.example/", "//a.example", "https://", ""),
                *("https://b.example@a.example/", "https://@a.example", "https://[a.example"),
                *("https://a.example\\.b.example/", "https://a.example:x/", "https://a.example:0/"),
            )
        ),
        *(
            pytest.param({**MACHINE, "logo_uri": uri}, "logo_uri", id=f"no page shows {uri}")
            for uri in ("https://[2001:db8::1]/logo.png", "https://*/logo.png")
        ),
        pytest.param(
            {**MACHINE, "logo_uri": "https://a.example/" + "x" * 2048}, "logo_uri", id="l"
        ),
        pytest.param({**MACHINE, "contacts": ("a\nb",)}, "contacts", id="newline in a contact"),
        pytest.param({**MACHINE, "contacts": ("",)}, "contacts", id="empty contact"),
        pytest.param({**MACHINE, "scope": frozenset({"admin"})}, "scope", id="unknown scope"),
        pytest.param({**MACHINE, "scope": frozenset({'a"b'})}, "scope", id="impossible scope"),
        pytest.param(
            {**MACHINE, "optional_scope": frozenset({"read"})},
            "optional_scope",
            id="optional but not its own",
        ),
    ],
)
def test_bad(server, metadata, field):
    with pytest.raises(InvalidClientMetadata) as caught:
        check_client(server, Client(**{"client_id": "robot", **metadata}))
    assert field in caught.value.problems
    assert field in str(caught.value)


def test_every_broken_rule_is_told_at_once(server):
    client = Client("röbot", client_name="\n", consent="x", grant_types=("y",))
    assert {field for field, _ in client_problems(server, client)} == {
        "client_id",
        "client_name",
        "consent",
        "grant_types",
    }


@pytest.mark.parametrize(
    "client_id", ["", "x" * 513, "a\0b", "\ud800"], ids=["empty", "long", "NUL", "surrogate"]
)
def test_an_identifier_that_no_store_could_keep(client_id):
    with pytest.raises(ValueError):
        Client(client_id)


def test_two_problems_of_one_field_are_both_told(server):
    with pytest.raises(InvalidClientMetadata) as caught:
        check_client(server, Client("robot", grant_types=("magic", "spell")))
    assert "'magic'" in caught.value.problems["grant_types"]
    assert "'spell'" in caught.value.problems["grant_types"]


class TestChange:
    def test_what_may_be_edited(self, server):
        client = Client("robot", **MACHINE)
        changed = check_change(server, client, {"client_name": "R2", "owner": "bob"})
        assert (changed.client_name, changed.owner) == ("R2", "bob")

    @pytest.mark.parametrize(
        "name",
        [
            "client_id",
            "client_secrets",
            "created_at",
            "updated_at",
            "disabled_at",
            "version",
            "epoch",
            "no_such_field",
        ],
    )
    def test_what_may_not(self, server, name):
        with pytest.raises(InvalidClientMetadata) as caught:
            check_change(server, Client("robot", **MACHINE), {name: "x"})
        assert caught.value.problems == {name: "this cannot be changed"}

    def test_the_rules_hold_as_for_a_new_one(self, server):
        with pytest.raises(InvalidClientMetadata) as caught:
            check_change(server, Client("web", **WEB), {"redirect_uris": ()})
        assert caught.value.problems.keys() == {"redirect_uris"}

    @pytest.mark.parametrize(
        ("old", "new"),
        [("none", "client_secret_basic"), ("client_secret_post", "none")],
    )
    def test_a_client_stays_public_or_confidential(self, server, old, new):
        """RFC 6749 section 2.1."""
        client = Client("web", token_endpoint_auth_method=old, **WEB)
        with pytest.raises(InvalidClientMetadata) as caught:
            check_change(server, client, {"token_endpoint_auth_method": new})
        assert "register another" in caught.value.problems["token_endpoint_auth_method"]

    def test_how_it_sends_its_secret_may_change(self, server):
        client = Client("web", **WEB)
        check_change(server, client, {"token_endpoint_auth_method": "client_secret_post"})


class TestAClientThatBreaksARuleAlready:
    """Since the server no longer knows a scope, a grant type or a method of it."""

    GONE = {"fly", "swim"}

    @pytest.fixture
    def client(self):
        return Client(
            "robot",
            grant_types=("client_credentials", "magic"),
            token_endpoint_auth_method="telepathy",
            scope=frozenset({"read"} | self.GONE),
            consent="never",
            contacts=("",),
        )

    def test_something_else_can_be_changed(self, server, client):
        assert check_change(server, client, {"client_name": "R2"}).client_name == "R2"
        assert check_change(server, client, {"scope": client.scope}) == client

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"scope": frozenset({"read", "fly"})}, id="one gone scope less"),
            pytest.param({"scope": frozenset({"read"})}, id="both less"),
            pytest.param({"scope": frozenset({"read", "write", "fly"})}, id="another scope"),
            pytest.param({"grant_types": ("magic",)}, id="one grant type less"),
            pytest.param({"grant_types": ("refresh_token", "magic")}, id="another grant type"),
            pytest.param({"token_endpoint_auth_method": "client_secret_post"}, id="a method"),
            pytest.param({"contacts": ("", "ops@a.example")}, id="another contact"),
        ],
    )
    def test_it_can_be_mended_in_steps(self, server, client, changes):
        changed = check_change(server, client, changes)
        assert all(getattr(changed, name) == value for name, value in changes.items())

    @pytest.mark.parametrize(
        "changes",
        [
            {"scope": frozenset({"read", "fly", "swim", "dive"})},
            {"scope": frozenset({"dive"})},
            {"grant_types": ("client_credentials", "magic", "spell")},
            {"token_endpoint_auth_method": "smoke"},
            {"consent": "ever"},
            {"contacts": ("", "a\nb")},
            {"client_name": "a\nb"},
            {"redirect_uris": ("http://evil.example/",)},
        ],
        ids=lambda changes: str(*changes),
    )
    def test_it_cannot_get_another_wrong_value(self, server, client, changes):
        with pytest.raises(InvalidClientMetadata) as caught:
            check_change(server, client, changes)
        assert caught.value.problems.keys() == changes.keys()

    def test_nor_more_values_than_are_allowed(self, server):
        uris = [f"https://a.example/{number}" for number in range(52)]
        client = Client("web", redirect_uris=tuple(uris[:51]))
        assert check_change(server, client, {"client_name": "W"}).client_name == "W"
        with pytest.raises(InvalidClientMetadata):
            check_change(server, client, {"redirect_uris": tuple(uris)})

    def test_a_new_client_cannot_have_them(self, server, client):
        with pytest.raises(InvalidClientMetadata) as caught:
            check_client(server, client)
        assert "'fly'" in caught.value.problems["scope"]
        assert "'swim'" in caught.value.problems["scope"]


def test_client_ids_are_drawn_after_a_prefix():
    """Of letters and digits, which every client library handles."""
    drawn = {new_client_id(urandom) for _ in range(100)}
    assert len(drawn) == 100
    assert all(re.fullmatch(r"oci_[0-9A-Za-z]{24}", value) for value in drawn)


CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"


class TestSchemesWithoutADot:
    """RFC 8252 section 7.1 wants a domain name; an operator may allow others by name."""

    def server(self, *schemes):
        fields = {**make_server().client_fields, PRIVATE_SCHEMES.name: PRIVATE_SCHEMES}
        return make_server(client_fields=fields, private_schemes=frozenset(schemes))

    def client(self, *own):
        extra = {"private_schemes": list(own)} if own else {}
        return Client("app", redirect_uris=(CURSOR,), extra=extra)

    def test_they_are_refused(self):
        found = dict(client_problems(self.server(), self.client()))
        assert found.keys() == {"redirect_uris"}
        assert CURSOR in found["redirect_uris"]

    def test_the_server_allows_them_to_all(self):
        assert dict(client_problems(self.server("cursor"), self.client())) == {}

    def test_an_operator_allows_them_to_one(self):
        assert dict(client_problems(self.server(), self.client("cursor"))) == {}
        assert dict(client_problems(self.server(), self.client("vscode"))).keys() == {
            "redirect_uris"
        }

    def test_no_one_can_allow_a_dangerous_one(self):
        client = self.client("javascript")
        assert "private_schemes" in dict(client_problems(self.server(), client))
        assert PRIVATE_SCHEMES.set_by == {"operator"}

    def test_a_client_that_has_one_from_before_does_not_get_another(self):
        """The setting was taken back: the client can still be changed in something else."""
        server, before = self.server(), self.client()
        assert check_change(server, before, {"client_name": "New"}).client_name == "New"
        changes = {"redirect_uris": (CURSOR, f"{CURSOR}2")}
        with pytest.raises(InvalidClientMetadata, match="callback2"):
            check_change(server, before, changes)

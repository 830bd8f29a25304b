"""Response types that are registered: what an approval produces, and where it goes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from pyramid_oauth2.extension import AuthorizationRequest, NewToken, Product, new_token
from pyramid_oauth2.protocol.authorization.flow import decide, resume
from pyramid_oauth2.protocol.authorization.interaction import begin_interaction
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.authorization.request import still_allowed
from pyramid_oauth2.protocol.authorization.results import Again, Ask, Done, Login, Refuse, Respond
from pyramid_oauth2.protocol.clients.rules import InvalidClientMetadata, check_client
from pyramid_oauth2.protocol.errors import InvalidRequest
from pyramid_oauth2.protocol.http import HTTPRequest, Parameters
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE
from pyramid_oauth2.protocol.token_strings import digest, parse_token

from .plugged import Plugged
from .test_flow import sent
from .test_request_extensions import Bound, Kept, Nonce, Tenants
from .worlds import make_client, make_request, make_server

GRANT_TYPE = "urn:example:device"


class Badge:
    """Like ``code``, but for another grant type and another parameter, and never in a query."""

    grant_type = "urn:example:badge"
    redeemed = True
    default_mode: str | None = "fragment"
    fragment_only = True
    pkce = False

    def product(self, request: AuthorizationRequest, family: str) -> Product | None:
        return Product(AUTHORIZATION_CODE, {"badge": request.client_id}, "badge", lifetime=7)


class Device:
    """The approval for another device, which finds it by a string that it derives itself."""

    grant_type = GRANT_TYPE
    redeemed = True
    default_mode = None
    fragment_only = False
    pkce = False

    def product(self, request: AuthorizationRequest, family: str) -> Product | None:
        return Product(AUTHORIZATION_CODE, {"device": True}, token=approval(family))


def approval(family: str) -> NewToken:
    random = BytesIO(hashlib.shake_256(family.encode()).digest(1000)).read
    return new_token(AUTHORIZATION_CODE, family, random)


class TestOfAStranger:
    @pytest.fixture
    def world(self) -> Plugged:
        changes = {
            "response_types": frozenset({"code", "badge"}),
            "grant_types": frozenset({Badge.grant_type, "authorization_code"}),
        }
        world = Plugged(
            changes,
            response_types={"badge": Badge()},
            request_extensions={"nonce": Nonce()},
        )
        client = world.server.clients.get("web")
        assert client is not None
        edited = {"response_types": ("badge",), "grant_types": (Badge.grant_type,)}
        world.server.clients.edit("web", client.version, edited)
        return world

    def begin(self, world: Plugged, **changes: Any) -> Any:
        plain = {"code_challenge": None, "code_challenge_method": None}
        return world.begin(response_type="badge", **{**plain, **changes})

    def test_what_it_produces_is_in_the_response(self, world: Plugged) -> None:
        allowed: Any = world.decide(self.begin(world, nonce="n"), decision="allow")
        assert sent(allowed).keys() == {"badge", "state", "iss"}
        assert allowed.response.response_mode == "fragment"
        ref = parse_token(sent(allowed)["badge"])
        assert ref is not None
        found = world.server.grants.find(ref)
        assert found is not None
        # The core adds the values of extensions, so that no response type forgets them.
        assert json.loads(found[0].data) == {"badge": "web", "extensions": {"nonce": "n"}}
        assert found[0].expires_at == found[0].issued_at + 7

    def test_the_same_decision_again_gets_another(self, world: Plugged) -> None:
        page = self.begin(world)
        badges = [sent(world.decide(page, decision="allow"))["badge"] for _ in range(2)]
        assert badges[0] != badges[1]
        assert len(world.grants()) == 1

    def test_the_same_decision_again_repeats_a_string_that_is_derived(self, world: Plugged) -> None:
        class Derived(Badge):
            def product(self, request: AuthorizationRequest, family: str) -> Product | None:
                return Product(AUTHORIZATION_CODE, parameter="badge", token=approval(family))

        world.plug(response_types={"badge": Derived()})
        page = self.begin(world)
        badges = {sent(world.decide(page, decision="allow"))["badge"] for _ in range(2)}
        assert len(badges) == 1
        assert len(world.grants()) == 1
        world.server.grants.revoke_grant(world.grants()[0].id, world.clock(), "test")
        assert isinstance(world.decide(page, decision="allow"), Refuse)

    def test_one_that_is_redeemed_has_a_product(self, world: Plugged) -> None:
        class Wrong(Badge):
            def product(self, request: AuthorizationRequest, family: str) -> Product | None:
                return None

        world.plug(response_types={"badge": Wrong()})
        with pytest.raises(ValueError, match="badge is redeemed, but has no product"):
            world.decide(self.begin(world), decision="allow")
        assert world.grants() == ()

    def test_its_response_is_never_in_a_query(self, world: Plugged) -> None:
        answer = sent(self.begin(world, response_mode="query"))
        expected = "With response_type=badge the response_mode cannot be query."
        assert answer["error_description"] == expected
        assert isinstance(self.begin(world, response_mode="form_post"), Ask)

    def test_a_client_needs_its_grant_type(self, world: Plugged) -> None:
        client = world.server.clients.get("web")
        assert client is not None
        world.server.clients.edit("web", client.version, {"grant_types": ("refresh_token",)})
        assert sent(self.begin(world))["error"] == "unauthorized_client"

    def test_it_is_not_enabled_where_no_grant_type_redeems_it(self, world: Plugged) -> None:
        assert world.server.response_types == {"code", "badge"}
        world.server = replace(world.server, grant_types=frozenset({"authorization_code"}))
        assert sent(self.begin(world))["error"] == "unsupported_response_type"

    def test_a_page_of_one_that_is_gone_belongs_to_another_version(self, world: Plugged) -> None:
        page = self.begin(world)
        world.server = replace(world.server, response_types=frozenset({"code"}))
        world.plug()
        for decision in ("allow", "deny"):
            result: Any = world.decide(page, decision=decision)
            assert "another version" in str(result.error)

    def test_a_page_of_one_that_was_switched_off(self, world: Plugged) -> None:
        page = self.begin(world)
        world.server = replace(world.server, response_types=frozenset({"code"}))
        answer = sent(world.decide(page, decision="allow"))
        assert answer["error"] == "unsupported_response_type"

    def test_a_client_may_be_registered_for_it(self, world: Plugged) -> None:
        registered = make_client(response_types=("badge",), client_secrets=())
        check_client(world.server, registered)
        with pytest.raises(InvalidClientMetadata, match="'badge' is not one of code, token"):
            check_client(make_server(), registered)


class TestWithoutARedirect:
    """The user decides here, and the client finds the decision in another way (RFC 8628)."""

    @pytest.fixture
    def world(self) -> Plugged:
        world = Plugged(response_types={"device": Device()})
        client = world.server.clients.get("web")
        assert client is not None
        edited = {"grant_types": (GRANT_TYPE,), "response_types": (), "redirect_uris": ()}
        world.server.clients.edit("web", client.version, edited)
        return world

    def stored(self, world: Plugged) -> str:
        request = make_request(
            redirect_uri=None, redirect_uri_named=False, response_type="device", state=None
        )
        return begin_interaction(world.server, Interaction(request))[0]

    def open(self, world: Plugged, handle: str, **user: Any) -> Any:
        http = HTTPRequest("GET", "")
        return resume(world.server, http, handle, world.user(**user), endpoint="device")

    def test_allowed(self, world: Plugged) -> None:
        page = self.open(world, self.stored(world))
        assert isinstance(page, Ask)
        assert page.endpoint == "device"
        done: Any = world.decide(page, decision="allow")
        assert (type(done), done.client.client_id, done.decision) == (Done, "web", "allow")
        (grant,) = world.grants()
        # The device finds its approval without having been sent anything.
        found = world.server.grants.find(approval(grant.id).ref)
        assert found is not None
        assert found[0].data == b'{"device":true}'

    @pytest.mark.parametrize("decision", ["allow", "deny"])
    def test_the_same_decision_again_has_the_same_page(self, world: Plugged, decision: str) -> None:
        page = self.open(world, self.stored(world))
        first, again = (world.decide(page, decision=decision) for _ in range(2))
        assert isinstance(again, Done)
        assert again.decision == decision
        assert isinstance(first, Done)
        assert again.client == first.client
        assert len(world.grants()) == (1 if decision == "allow" else 0)

    def test_of_allow_and_deny_one_counts(self, world: Plugged) -> None:
        page = self.open(world, self.stored(world))
        world.decide(page, decision="deny")
        assert isinstance(world.decide(page, decision="allow"), Refuse)
        assert world.grants() == ()

    def test_the_user_is_asked_each_time(self, world: Plugged) -> None:
        """RFC 8628 section 5.4: someone else may have begun at the device."""
        client = world.server.clients.get("web")
        assert client is not None
        world.server.clients.edit("web", client.version, {"consent": "skip"})
        for _ in range(2):
            page = self.open(world, self.stored(world))
            assert isinstance(page, Ask)
            world.decide(page, decision="allow")
        assert world.server.consents.get("bob", "web") is None

    def test_the_login_returns_to_its_endpoint(self, world: Plugged) -> None:
        handle = self.stored(world)
        login = self.open(world, handle, subject=None)
        assert login == Login(f"interaction={handle}", "device")

    def test_an_error_is_shown_since_it_cannot_be_sent(self, world: Plugged) -> None:
        page = self.open(world, self.stored(world))
        client = world.server.clients.get("web")
        assert client is not None
        world.server.clients.edit("web", client.version, {"grant_types": ()})
        result: Any = world.decide(page, decision="allow")
        assert isinstance(result, Refuse)
        assert result.error.code == "unauthorized_client"

    def test_no_request_can_name_it(self, world: Plugged) -> None:
        named = {"response_types": ("device",), "redirect_uris": ("https://client.example/back",)}
        client = world.server.clients.get("web")
        assert client is not None
        world.server.clients.edit("web", client.version, named)
        world.server = replace(world.server, response_types=frozenset({"code", "device"}))
        assert world.server.response_types == {"code"}
        assert sent(world.begin(response_type="device"))["error"] == "unsupported_response_type"

    def test_a_user_who_signed_out_comes_again_at_its_endpoint(self, world: Plugged) -> None:
        page = self.open(world, self.stored(world))
        form, user = Parameters({"decision": ("allow",)}), world.user(None)
        http = HTTPRequest("POST", "")
        result = decide(world.server, http, page.handle, user, form, "device")
        assert isinstance(result, Again)
        assert result.endpoint == "device"


def test_an_implicit_token_is_bound_to_the_key_that_the_request_names() -> None:
    world = Plugged({"response_types": frozenset({"token"})}, sender_constraints={"bound": Bound()})
    client = world.server.clients.get("web")
    assert client is not None
    edited = {"grant_types": ("implicit",), "response_types": ("token",)}
    world.server.clients.edit("web", client.version, edited)
    page = world.begin(response_type="token", proof_kt="k")
    allowed = world.decide(page, decision="allow")
    assert isinstance(allowed, Respond)
    ref = parse_token(sent(allowed)["access_token"])
    assert ref is not None
    found = world.server.grants.find(ref)
    assert found is not None
    assert json.loads(found[0].data)["cnf"] == {"kt": "k"}
    assert ref.digest == digest(sent(allowed)["access_token"])


def test_an_implicit_response_has_the_members_of_extensions_as_text() -> None:
    class Account:
        names = ("account", "roles")

        def members(self, issuing: Any) -> Any:
            assert (issuing.grant_type, issuing.subject) == ("implicit", "bob")
            return {"account": "a", "roles": ["x"]}

    changes = {"response_types": frozenset({"token"})}
    world = Plugged(changes, token_responses={"account": Account()})
    client = world.server.clients.get("web")
    assert client is not None
    edited = {"grant_types": ("implicit",), "response_types": ("token",)}
    world.server.clients.edit("web", client.version, edited)
    answer = sent(world.decide(world.begin(response_type="token"), decision="allow"))
    assert (answer["account"], answer["roles"], answer["expires_in"]) == ("a", '["x"]', "3600")


class TestImplicitValues:
    """The values of request extensions, where no code has them."""

    def world(self, place: str = "code", critical: bool = False) -> Plugged:
        tenants = Tenants(critical)
        tenants.place = place
        world = Plugged(
            {"response_types": frozenset({"token"})},
            request_extensions={"tenants": tenants},
            token_responses={"kept": Kept()},
        )
        client = world.server.clients.get("web")
        assert client is not None
        edited = {"grant_types": ("implicit",), "response_types": ("token",)}
        world.server.clients.edit("web", client.version, edited)
        return world

    @pytest.mark.parametrize("place", ["code", "grant"])
    def test_the_response_gets_them(self, place: str) -> None:
        world = self.world(place)
        page = world.begin(response_type="token", tenant="north")
        answer = sent(world.decide(page, decision="allow"))
        assert json.loads(answer["kept"]) == {"tenants": ["north"]}

    def test_a_critical_one_is_refused_where_nothing_is_redeemed(self) -> None:
        world = self.world(critical=True)
        answer = sent(world.begin(response_type="token", tenant="north"))
        assert answer["error"] == "invalid_request"
        assert "there is no code" in answer["error_description"]
        assert isinstance(world.begin(response_type="token"), Ask)
        world = self.world("grant", critical=True)
        assert isinstance(world.begin(response_type="token", tenant="north"), Ask)

    def test_a_page_of_one_that_became_critical(self) -> None:
        world = self.world()
        page: Any = world.begin(response_type="token", tenant="north")
        request = page.pending.interaction.request
        kept = replace(request.extensions, critical=frozenset({"tenants"}))
        client = world.server.clients.get("web")
        assert client is not None
        with pytest.raises(InvalidRequest, match="there is no code"):
            still_allowed(world.server, client, replace(request, extensions=kept))

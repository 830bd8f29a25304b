"""Request extensions: what they read, where it stays, and what the user sees of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.extension import Access, Client, InvalidRequest, Parameter, Parameters
from pyramid_oauth2.protocol.authorization.codes import CodeData
from pyramid_oauth2.protocol.authorization.consent_block import ConsentBlock
from pyramid_oauth2.protocol.authorization.extensions import consent_blocks
from pyramid_oauth2.protocol.authorization.results import Ask, Refuse, Respond
from pyramid_oauth2.protocol.envelope import NotUnderstood
from pyramid_oauth2.protocol.errors import InvalidGrant, InvalidToken
from pyramid_oauth2.protocol.grant_data import GrantData
from pyramid_oauth2.protocol.records import Token
from pyramid_oauth2.protocol.token.confirmation import Proof
from pyramid_oauth2.protocol.token.resolution import find_access_token
from pyramid_oauth2.protocol.token_strings import parse_token

from .plugged import Plugged, factories
from .test_flow import sent
from .worlds import make_server

TENANTS = frozenset({"north", "south"})


class Nonce:
    """A value that goes into the code, and that the user does not see."""

    parameters: tuple[Parameter, ...] = (Parameter("nonce", max_length=100),)
    place = "code"
    critical = False

    def read(self, parameters: Parameters, client: Client, access: Access) -> Any:
        return parameters.once("nonce")

    def demands(self, value: Any) -> None:
        """Nothing of the user."""

    def blocks(self, value: Any) -> Iterable[ConsentBlock]:
        return ()

    def covered_by(self, remembered: Any, value: Any) -> bool:
        return True

    def remember(self, value: Any, remembered: Any) -> Any:
        return None


class Tenants:
    """A limit that the user allows, which stays in the grant."""

    parameters = (Parameter("tenant", repeatable=True),)
    place = "grant"

    def __init__(self, critical: bool = False) -> None:
        self.critical = critical

    def read(self, parameters: Parameters, client: Client, access: Access) -> Any:
        tenants = parameters.values.get("tenant", ())
        assert parameters.values.keys() <= {"tenant"}
        if not TENANTS.issuperset(tenants):
            raise InvalidRequest("There is no such tenant.")
        return tenants or None

    def demands(self, value: Any) -> None:
        """Nothing of the user."""

    def blocks(self, value: Any) -> Iterable[ConsentBlock]:
        yield ConsentBlock("Tenants", tuple(f"It sees {name} only." for name in value))

    def covered_by(self, remembered: Any, value: Any) -> bool:
        return value is not None and set(value) <= set(remembered or ())

    def remember(self, value: Any, remembered: Any) -> Any:
        return sorted({*value, *(remembered or ())})


class Kept:
    """A token response extension that shows what it is given."""

    names = ("kept",)

    def members(self, issuing: Any) -> Mapping[str, Any]:
        return {"kept": dict(issuing.kept)}


BOTH: dict[str, Any] = {"request_extensions": {"nonce": Nonce(), "tenants": Tenants()}}


@pytest.fixture
def world() -> Plugged:
    return Plugged(**BOTH, token_responses={"kept": Kept()})


def restarted(world: Plugged, **plugs: Any) -> None:
    world.plug(**plugs, token_responses={"kept": Kept()})


def record(world: Plugged, code: str) -> Token:
    ref = parse_token(code)
    assert ref is not None
    found = world.server.grants.find(ref)
    assert found is not None
    return found[0]


class TestWhereAValueStays:
    def test_with_the_request_then_in_the_code_or_in_the_grant(self, world: Plugged) -> None:
        page: Any = world.begin(nonce="n", tenant="north")
        kept = page.pending.interaction.request.extensions
        assert kept.values == {"nonce": "n", "tenants": ["north"]}
        code = world.code(world.decide(page, decision="allow"))
        assert CodeData.decode(record(world, code).data).extensions.values == {"nonce": "n"}
        (grant,) = world.grants()
        assert GrantData.decode(grant.data).extensions.values == {"tenants": ["north"]}

    def test_a_token_response_gets_both_and_a_later_one_what_is_in_the_grant(
        self, world: Plugged
    ) -> None:
        code = world.code(world.decide(world.begin(nonce="n", tenant="north"), decision="allow"))
        assert world.redeem(code).others["kept"] == {"nonce": "n", "tenants": ["north"]}

    def test_a_request_without_them_stores_no_byte_more(self, world: Plugged) -> None:
        plain = Plugged()
        codes = [each.code(each.decide(each.begin(), decision="allow")) for each in (world, plain)]
        data = [record(each, code).data for each, code in zip((world, plain), codes, strict=True)]
        assert data[0] == data[1]
        assert [grant.data for each in (world, plain) for grant in each.grants()] == [b"", b""]

    def test_another_code_of_the_same_decision_has_it_too(self, world: Plugged) -> None:
        page = world.begin(nonce="n")
        first, second = (world.code(world.decide(page, decision="allow")) for _ in range(2))
        assert first != second
        assert CodeData.decode(record(world, second).data).extensions.values == {"nonce": "n"}

    def test_a_request_that_waits_for_the_login_is_read_again(self, world: Plugged) -> None:
        login: Any = world.begin(world.user(None), nonce="n")
        assert "nonce=n" in login.query


class TestRefusals:
    def test_what_an_extension_refuses_is_an_error_for_the_client(self, world: Plugged) -> None:
        answer = sent(world.begin(tenant="east"))
        assert (answer["error"], answer["error_description"]) == (
            "invalid_request",
            "There is no such tenant.",
        )

    def test_a_required_parameter(self, world: Plugged) -> None:
        class Required(Nonce):
            parameters = (Parameter("nonce", required=True),)

        world.plug(request_extensions={"nonce": Required()})
        assert "nonce" in sent(world.begin())["error_description"]
        assert isinstance(world.begin(nonce="n"), Ask)

    def test_a_value_that_is_no_json(self, world: Plugged) -> None:
        class Wrong(Nonce):
            def read(self, parameters: Parameters, client: Client, access: Access) -> Any:
                return {1, 2}

        world.plug(request_extensions={"nonce": Wrong()})
        with pytest.raises(TypeError):
            world.begin()

    def test_only_where_the_request_says_how_it_came(self, world: Plugged) -> None:
        class MustBePushed(Nonce):
            parameters = ()

            def read(self, parameters: Parameters, client: Client, access: Access) -> Any:
                if "pushed" not in parameters.provenance:
                    raise InvalidRequest("Push the request.")

        world.plug(request_extensions={"pushed": MustBePushed()})
        assert sent(world.begin())["error_description"] == "Push the request."


class TestConsent:
    def test_the_page_has_its_block(self, world: Plugged) -> None:
        page: Any = world.begin(nonce="n", tenant="north")
        request = page.pending.interaction.request
        assert list(consent_blocks(world.server, request)) == [
            ConsentBlock("Tenants", ("It sees north only.",))
        ]

    def test_what_was_allowed_is_not_asked_again(self, world: Plugged) -> None:
        world.decide(world.begin(tenant="north"), decision="allow")
        assert isinstance(world.begin(tenant="north"), Respond)
        assert isinstance(world.begin(tenant="south"), Ask)

    def test_a_limit_does_not_disappear_with_its_parameter(self, world: Plugged) -> None:
        """What was allowed with a limit was not allowed without it."""
        world.decide(world.begin(tenant="north"), decision="allow")
        assert isinstance(world.begin(), Ask)
        assert "error" in sent(world.begin(prompt="none"))

    def test_one_that_is_allowed_without_the_limit(self, world: Plugged) -> None:
        for changes in ({"tenant": "north"}, {}):
            world.decide(world.begin(**changes), decision="allow")
        assert isinstance(world.begin(), Respond)

    def test_the_scopes_of_equal_values_count_together(self, world: Plugged) -> None:
        for scope in ("read", "write"):
            page = world.begin(scope=scope, tenant="north")
            world.decide(page, decision="allow", scope=scope)
        assert isinstance(world.begin(scope="read write", tenant="north"), Respond)

    @pytest.mark.parametrize("later", [{"tenant": "south"}, {}])
    def test_scopes_and_values_do_not_multiply(self, world: Plugged, later: Any) -> None:
        world.decide(world.begin(scope="read", tenant="north"), decision="allow")
        world.decide(world.begin(scope="write", **later), decision="allow", scope="write")
        assert isinstance(world.begin(scope="write", **later), Respond)
        for scope in ("read", "write"):
            assert isinstance(world.begin(scope=scope, tenant="north"), Ask)
        assert isinstance(world.begin(scope="read", **later), Ask)

    def test_what_is_remembered_no_more(self, world: Plugged) -> None:
        class Forgetful(Tenants):
            def remember(self, value: Any, remembered: Any) -> Any:
                return None if value == ["south"] else value

        world.plug(request_extensions={"tenants": Forgetful()})
        for tenant in ("north", "south"):
            world.decide(world.begin(tenant=tenant), decision="allow")
        assert isinstance(world.begin(tenant="north"), Ask)

    def test_a_denial_remembers_nothing(self, world: Plugged) -> None:
        world.decide(world.begin(), decision="allow")
        world.decide(world.begin(tenant="north"), decision="deny")
        assert isinstance(world.begin(tenant="north"), Ask)

    @pytest.mark.parametrize("critical", [False, True])
    def test_a_consent_that_it_limits_where_it_is_gone(
        self, world: Plugged, critical: bool
    ) -> None:
        restarted(world, request_extensions={"tenants": Tenants(critical)})
        world.decide(world.begin(tenant="north"), decision="allow")
        world.plug()
        assert isinstance(world.begin(), Ask if critical else Respond)
        if critical:
            return
        world.decide(world.begin(prompt="consent"), decision="allow")
        restarted(world, **BOTH)
        assert isinstance(world.begin(tenant="north"), Respond)


class TestRollingUpdate:
    """A server with an extension, and one without it, read each other's records."""

    def test_a_page_without_it_keeps_the_value(self, world: Plugged) -> None:
        page = world.begin(nonce="n", tenant="north")
        world.plug()
        code = world.code(world.decide(page, decision="allow"))
        restarted(world, **BOTH)
        # Which of the two stays in the code is known where the decision is processed.
        assert world.redeem(code).others["kept"] == {}

    def test_a_code_and_a_grant_without_it(self, world: Plugged) -> None:
        code = world.code(world.decide(world.begin(nonce="n", tenant="north"), decision="allow"))
        restarted(world)
        issued = world.redeem(code)
        assert issued.others["kept"] == {}
        assert find_access_token(world.server, issued.access_token).subject == "bob"

    def test_records_of_a_server_without_it(self, world: Plugged) -> None:
        world.plug()
        page = world.begin(nonce="n")
        restarted(world, **BOTH)
        assert world.redeem(world.code(world.decide(page, decision="allow"))).others["kept"] == {}

    def test_a_page_of_a_version_before_extensions(self, world: Plugged) -> None:
        page: Any = world.begin()
        assert b"extensions" not in page.pending.token.data
        assert b"cnf" not in page.pending.token.data

    @pytest.mark.parametrize("place", ["code", "grant"])
    def test_a_critical_value_makes_the_code_unusable_without_it(
        self, world: Plugged, place: str
    ) -> None:
        tenants = Tenants(critical=True)
        tenants.place = place
        extensions = {"tenants": tenants}
        restarted(world, request_extensions=extensions)
        code = world.code(world.decide(world.begin(tenant="north"), decision="allow"))
        restarted(world)
        with pytest.raises(InvalidGrant, match="needs a plug-in"):
            world.redeem(code)
        restarted(world, request_extensions=extensions)
        assert world.redeem(code).others["kept"] == {"tenants": ["north"]}

    def test_a_critical_value_makes_a_token_invalid_without_it(self, world: Plugged) -> None:
        world.plug(request_extensions={"tenants": Tenants(critical=True)})
        code = world.code(world.decide(world.begin(tenant="north"), decision="allow"))
        value = world.redeem(code).access_token
        assert find_access_token(world.server, value).subject == "bob"
        world.plug()
        with pytest.raises(InvalidToken):
            find_access_token(world.server, value)

    def test_a_critical_value_makes_a_page_unusable_without_it(self, world: Plugged) -> None:
        world.plug(request_extensions={"tenants": Tenants(critical=True)})
        page = world.begin(tenant="north")
        world.plug()
        result = world.decide(page, decision="allow")
        assert isinstance(result, Refuse)
        assert "another version" in str(result.error)

    @pytest.mark.parametrize("value", [5, [], None])
    def test_values_that_cannot_be_read(self, value: Any) -> None:
        code = {"redirect_uri": "x", "redirect_uri_named": True, "extensions": value}
        for codec, members in ((CodeData, code), (GrantData, {"extensions": value})):
            with pytest.raises(NotUnderstood):
                codec.decode(json.dumps(members).encode())


class Bound:
    """A sender constraint whose key a request can name."""

    scheme, members = None, ("kt",)
    parameters = (Parameter("proof_kt"),)

    def required(self, client: Client) -> bool:
        return False

    def confirm(self, http: Any, client: Client) -> Proof | None:
        return None

    def requested(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        if parameters["proof_kt"] == "bad":
            raise InvalidRequest("That is no key.")
        return {"kt": parameters["proof_kt"]}

    def mismatch(self, presentation: Any) -> InvalidGrant:
        return InvalidGrant("Another key.")


class TestSenderConstraints:
    @pytest.fixture
    def world(self) -> Plugged:
        return Plugged(sender_constraints={"bound": Bound()})

    def test_the_code_is_bound_to_the_key_that_the_request_names(self, world: Plugged) -> None:
        code = world.code(world.decide(world.begin(proof_kt="k"), decision="allow"))
        assert CodeData.decode(record(world, code).data).cnf == {"kt": "k"}
        with pytest.raises(InvalidGrant, match="Another key"):
            world.redeem(code)
        assert world.redeem(code, Proof({"kt": "k"}))

    def test_what_it_refuses_is_an_error_for_the_client(self, world: Plugged) -> None:
        assert sent(world.begin(proof_kt="bad"))["error_description"] == "That is no key."

    def test_the_key_is_critical_also_where_the_constraint_is_gone(self, world: Plugged) -> None:
        page: Any = world.begin(proof_kt="k")
        assert json.loads(page.pending.token.data)["asked"]["critical"] == ["cnf"]
        world.plug()
        code = world.code(world.decide(page, decision="allow"))
        with pytest.raises(InvalidGrant, match="does not check"):
            world.redeem(code)

    def test_a_key_that_it_does_not_check(self, world: Plugged) -> None:
        class Wrong(Bound):
            members = ("other",)

        world.plug(sender_constraints={"bound": Wrong()})
        with pytest.raises(ValueError, match="kt"):
            world.begin(proof_kt="k")


class TestContradictions:
    class Scope(Nonce):
        parameters = (Parameter("scope", repeatable=True),)

    class Elsewhere(Nonce):
        place = "token"

    class Longer(Nonce):
        parameters = (Parameter("nonce", max_length=5),)

    class KeyReader(Nonce):
        parameters = (Parameter("proof_kt"),)

    class Secret(Nonce):
        parameters = (Parameter("word", secret=True),)

    @pytest.mark.parametrize(
        ("plugs", "message"),
        [
            ({"request_extensions": {"x": Secret()}}, "x reads a secret"),
            ({"request_extensions": {"x": Scope()}}, "the authorization parameter scope"),
            ({"request_extensions": {"x": Elsewhere()}}, "not code, grant or request"),
            (
                {"request_extensions": {"x": Nonce(), "y": Longer()}},
                "nonce is declared in two ways",
            ),
            (
                {"request_extensions": {"x": KeyReader()}, "sender_constraints": {"y": Bound()}},
                "the authorization parameter proof_kt",
            ),
        ],
    )
    def test_are_refused(self, plugs: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            make_server(factories=factories(**plugs))

    def test_two_may_read_one_parameter_in_the_same_way(self) -> None:
        world = Plugged(request_extensions={"x": Nonce(), "y": Nonce()})
        page: Any = world.begin(nonce="n")
        assert page.pending.interaction.request.extensions.values == {"x": "n", "y": "n"}


def test_a_changed_server_has_plug_ins_of_its_own() -> None:
    world = Plugged(**BOTH)
    assert replace(world.server, issuer="x").understood == world.server.understood

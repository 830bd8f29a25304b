"""Plug-ins are made once, by their factories; two that contradict each other stop the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.errors import InvalidRequest
from pyramid_oauth2.protocol.http import HTTPRequest, parse_body, parse_form
from pyramid_oauth2.protocol.parameters import CORE_RULES, MAX_VALUE, Parameter
from pyramid_oauth2.protocol.plug_ins import Factories
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE
from pyramid_oauth2.protocol.token.issuance import Issuance
from pyramid_oauth2.protocol.token.product import Product
from pyramid_oauth2.protocol.token.token_response import RESERVED_NAMES

from .worlds import FACTORIES, make_server


def made(**attributes: Any) -> Callable[..., Any]:
    """A factory of a plug-in with these attributes."""
    return lambda server: SimpleNamespace(**attributes)


def constraint(**changes: Any) -> Callable[..., Any]:
    return made(**{"scheme": None, "members": (), "parameters": (), **changes})


def response_type(**changes: Any) -> Callable[..., Any]:
    usual = {"redeemed": True, "fragment_only": False, "default_mode": "query"}
    return made(**{**usual, **changes})


def source(parameter: Parameter) -> Callable[..., Any]:
    return made(parameter=parameter)


def extension(*parameters: Parameter) -> Callable[..., Any]:
    return made(parameters=parameters, place="grant")


def server_with(**factories: Mapping[str, Any]) -> AuthorizationServer:
    """A server that has these plug-ins beside ours."""
    together = {name: {**getattr(FACTORIES, name), **more} for name, more in factories.items()}
    return make_server(factories=replace(FACTORIES, **together))


class TestContradictions:
    @pytest.mark.parametrize(
        ("factories", "message"),
        [
            pytest.param(
                {"sender_constraints": {n: constraint(members=("jkt",)) for n in "ab"}},
                "the confirmation member jkt is declared by two",
                id="confirmation member",
            ),
            pytest.param(
                {"sender_constraints": {n: constraint(scheme="DPoP") for n in "ab"}},
                "the scheme dpop is declared by two",
                id="scheme",
            ),
            pytest.param(
                {"sender_constraints": {"a": constraint(scheme="bearer")}},
                "the scheme bearer is declared by two",
                id="the scheme of plain tokens",
            ),
            pytest.param(
                {"token_responses": {n: made(names=("id_token",)) for n in "ab"}},
                "the member of the token response id_token is declared by two",
                id="member of the response",
            ),
            pytest.param(
                {"token_responses": {"a": made(names=("expires_in",))}},
                "the member of the token response expires_in is declared by two",
                id="standard member",
            ),
            pytest.param(
                {"token_responses": {"a": made(names=("critical",))}},
                "the member of the token response critical is declared by two",
                id="member of a sealed response",
            ),
            pytest.param(
                {"grant_types": {"a": made(parameters=(Parameter("scope", repeatable=True),))}},
                "the parameter scope is declared in two ways",
                id="a looser parameter of the core",
            ),
            pytest.param(
                {"client_authentications": {"a": made(confidential=False, parameters=())}},
                "a proves nothing",
                id="a second public method",
            ),
            pytest.param(
                {"grant_types": {"a": made(parameters=(Parameter("code", max_length=9),))}},
                "the parameter code is declared in two ways",
                id="parameter",
            ),
        ],
    )
    def test_two_of_one_name(self, factories: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            server_with(**factories)

    @pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
    def test_a_name_of_an_error_or_of_the_authorization_response(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"{name} is declared by two: pyramid_oauth2 and a"):
            server_with(token_responses={"a": made(names=(name,))})
        with pytest.raises(ValueError, match=name):
            Issuance(Access(frozenset()), members={name: "x"})
        with pytest.raises(ValueError, match=name):
            Product(AUTHORIZATION_CODE, parameter=name)

    @pytest.mark.parametrize(
        "plug_ins",
        [
            {"request_sources": {"a": source(Parameter("word", secret=True))}},
            {"request_sources": {"a": source(Parameter("token"))}},
            {"request_extensions": {"a": extension(Parameter("word", secret=True))}},
            {"request_extensions": {"a": extension(Parameter("n"), Parameter("code"))}},
        ],
    )
    def test_a_secret_in_an_authorization_request(self, plug_ins: Any) -> None:
        with pytest.raises(ValueError, match="a reads a secret"):
            server_with(**plug_ins)

    @pytest.mark.parametrize(
        ("name", "changes", "message"),
        [
            ("code x", {}, "'code x' is not one word"),
            ("", {}, "'' is not one word"),
            ("x", {"redeemed": False}, "x responds with an access token"),
            ("x", {"fragment_only": True}, "x is fragment_only, but its default_mode is query"),
        ],
    )
    def test_a_response_type(self, name: str, changes: Any, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            server_with(response_types={name: response_type(**changes)})
        server_with(response_types={"x": response_type()})

    def test_one_parameter_may_have_many_readers(self) -> None:
        """Whether it is required is the business of each."""
        server_with(grant_types={"a": made(parameters=(Parameter("code"), Parameter("scope")))})


def test_a_changed_copy_of_a_server_has_plug_ins_of_its_own() -> None:
    seen = []

    def factory(server: Any) -> Any:
        seen.append(server.clock())
        return SimpleNamespace(names=())

    server = server_with(token_responses={"a": factory})
    replace(server, clock=lambda: 7)
    assert seen == [server.clock(), 7]


def test_the_format_of_last_resort_is_asked_last() -> None:
    formats = {"zebra": made(name="z"), "aard": made(name="a")}
    plug_ins = server_with(access_token_formats=formats).plug_ins
    assert [getattr(each, "name", "ours") for each in plug_ins.access_token_formats][-1] == "ours"
    assert len(plug_ins.access_token_formats) == 3


def test_the_schemes_of_an_authorization_header() -> None:
    constraints = {"a": constraint(scheme="DPoP"), "b": constraint()}
    assert server_with(sender_constraints=constraints).plug_ins.schemes == {"bearer", "dpop"}


class TestParameterRules:
    def form(self, body: str, query: str = "") -> HTTPRequest:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        url = "https://auth.example.com/oauth2/token"
        return HTTPRequest("POST", url, query=query, headers=headers, body=body.encode())

    def test_a_declared_secret_is_refused_in_the_url(self) -> None:
        rules = CORE_RULES.including([Parameter("otp", secret=True)])
        assert parse_form(self.form("a=b", "otp=1")) == {"a": "b"}
        with pytest.raises(InvalidRequest, match="otp must not be in the URL"):
            parse_form(self.form("a=b", "otp=1"), rules)

    def test_one_that_may_be_repeated(self) -> None:
        rules = CORE_RULES.including([Parameter("audience", repeatable=True)])
        with pytest.raises(InvalidRequest, match="repeated"):
            parse_form(self.form("audience=a&audience=b"))
        assert parse_form(self.form("audience=a&audience=b"), rules) == {"audience": "b"}
        assert parse_body(self.form("audience=a&audience=b"), rules=rules).values == {
            "audience": ("a", "b")
        }

    @pytest.mark.parametrize("limit", [10, MAX_VALUE * 2])
    def test_a_length_of_its_own(self, limit: int) -> None:
        rules = CORE_RULES.including([Parameter("request", max_length=limit)])
        assert parse_form(self.form("request=" + "x" * limit), rules)
        with pytest.raises(InvalidRequest, match=f"longer than {limit} characters"):
            parse_form(self.form("request=" + "x" * (limit + 1)), rules)

    def test_ours_need_no_reader(self) -> None:
        """A client may send a secret of another server to this one."""
        bare = Factories({}, {}, FACTORIES.access_token_formats)
        server = make_server(factories=bare)
        assert CORE_RULES.secret <= server.plug_ins.rules.secret

"""Which user a request wants, and how they are to be authenticated: what extensions demand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.extension import Parameter, UserDemand
from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.results import AnotherAccount, Ask, Login
from pyramid_oauth2.protocol.http import Parameters

from .login_worlds import Known
from .test_flow import World, sent
from .test_request_extensions import Nonce
from .worlds import FACTORIES, NOW

UNMET = "unmet_authentication_requirements"


class Demanding(Nonce):
    """Demands what its parameter says."""

    place = "request"
    parameters = (Parameter("wanted"),)

    def read(self, parameters: Parameters, client: Any, access: Any) -> Any:
        wanted = parameters.once("wanted")
        return json.loads(wanted) if wanted else None

    def demands(self, value: Any) -> UserDemand:
        return UserDemand(**value)


def demanding(kind: type[World]) -> Any:
    """A world with two extensions that demand something of the user."""
    world = kind()
    extensions = {"one": lambda server: Demanding(), "two": lambda server: Second()}
    factories = replace(FACTORIES, request_extensions=extensions)
    world.server = replace(world.server, factories=factories)
    return world


class Second(Demanding):
    parameters = (Parameter("second"),)

    def read(self, parameters: Parameters, client: Any, access: Any) -> Any:
        second = parameters.once("second")
        return json.loads(second) if second else None


def wanted(**members: Any) -> str:
    return json.dumps(members)


@pytest.fixture
def known() -> Known:
    made: Known = demanding(Known)
    return made


class TestMaxAge:
    """A login of a minute ago."""

    def test_that_of_an_extension_counts(self, known: Known):
        assert isinstance(known.begin(wanted=wanted(max_age=60)), Ask)
        assert isinstance(known.begin(wanted=wanted(max_age=59)), Login)

    def test_the_shortest_counts(self, known: Known):
        """A client does not get round the demand of an extension by a longer one of its own."""
        assert isinstance(known.begin(wanted=wanted(max_age=59), max_age="60"), Login)
        assert isinstance(known.begin(wanted=wanted(max_age=60), max_age="59"), Login)
        assert isinstance(known.begin(wanted=wanted(max_age=60), max_age="60"), Ask)
        both = {"wanted": wanted(max_age=100), "second": wanted(max_age=59)}
        assert isinstance(known.begin(**both), Login)

    def test_but_a_default(self, known: Known):
        assert isinstance(known.begin(wanted=wanted(default_max_age=59)), Login)
        assert isinstance(known.begin(wanted=wanted(default_max_age=59), max_age="60"), Ask)
        assert isinstance(known.begin(wanted=wanted(default_max_age=60), max_age="59"), Login)


class TestEssentialAcr:
    """OpenID Connect Core section 5.5.1.1."""

    def test_a_user_without_it_is_sent_to_the_login(self, known: Known):
        login = known.begin(wanted=wanted(acr=["gold", "silver"]), acr_values="bronze gold")
        assert isinstance(login, Login)
        assert login.hints["acr_values"] == "gold silver bronze"
        known.authentication = Authentication(NOW, acr="silver")
        assert isinstance(known.follow(login.query), Ask)

    def test_one_who_has_it_is_not(self, known: Known):
        known.authentication = Authentication(NOW - 60, acr="gold")
        assert isinstance(known.begin(wanted=wanted(acr=["gold"])), Ask)

    def test_a_new_login_without_it_fails(self, known: Known):
        login = known.sent_to_login(prompt="", wanted=wanted(acr=["gold"]))
        known.log_in()
        error = sent(known.follow(login.query))["error"]
        assert error == "unmet_authentication_requirements"
        assert known.grants() == ()

    def test_without_a_page(self, known: Known):
        error = sent(known.begin(wanted=wanted(acr=["gold"]), prompt="none"))["error"]
        assert error == "unmet_authentication_requirements"

    @pytest.mark.parametrize("acr", ["gold", "silver", "tin"])
    def test_of_two_demands_both_count(self, known: Known, acr: str):
        """A client does not get round the demand of an extension by one of its own."""
        known.authentication = Authentication(NOW, acr=acr)
        both = {"wanted": wanted(acr=["silver", "gold"]), "second": wanted(acr=["gold", "tin"])}
        assert isinstance(known.begin(**both), Ask) is (acr == "gold")

    def test_two_that_no_user_meets_are_refused(self, known: Known):
        known.authentication = Authentication(NOW, acr="gold")
        both = {"wanted": wanted(acr=["gold"]), "second": wanted(acr=["tin"])}
        assert sent(known.begin(**both))["error"] == UNMET
        assert known.grants() == ()

    def test_one_that_no_user_can_have(self, known: Known):
        """No login would be of use."""
        known.server = replace(known.server, acr_values=("silver", "gold"))
        assert sent(known.begin(wanted=wanted(acr=["platinum"])))["error"] == UNMET
        assert isinstance(known.begin(wanted=wanted(acr=["platinum", "gold"])), Login)
        assert isinstance(known.begin(acr_values="platinum"), Ask)

    def test_the_login_page_gets_what_is_preferred(self, known: Known):
        preferring = wanted(preferred_acr=["silver", "bronze"])
        login = known.begin(known.user(None), wanted=preferring, acr_values="bronze gold")
        assert isinstance(login, Login)
        assert login.hints["acr_values"] == "bronze gold silver"
        assert isinstance(known.begin(wanted=preferring), Ask)

    def test_a_voluntary_one_refuses_nothing(self, known: Known):
        page = known.begin(acr_values="gold")
        assert isinstance(page, Ask)
        assert "code" in sent(known.decide(page, decision="allow"))


class TestRequiredUser:
    def test_another_one_changes_the_account(self, known: Known):
        page = known.begin(wanted=wanted(sub="alice"))
        assert isinstance(page, AnotherAccount)
        assert page.changed
        back = known.decide(page, decision="deny")
        assert sent(back)["error"] == "access_denied"

    def test_and_allows_nothing(self, known: Known):
        page = known.begin(wanted=wanted(sub="alice"))
        assert isinstance(known.decide(page, decision="allow"), AnotherAccount)
        assert known.grants() == ()

    def test_also_one_who_has_allowed_it_before(self, known: Known):
        known.decide(known.begin(), decision="allow")
        assert isinstance(known.begin(wanted=wanted(sub="alice")), AnotherAccount)

    def test_the_right_one(self, known: Known):
        assert isinstance(known.begin(wanted=wanted(sub="bob")), Ask)

    def test_one_who_is_not_signed_in(self, known: Known):
        login = known.begin(known.user(None), wanted=wanted(sub="alice"))
        assert isinstance(login, Login)
        assert isinstance(known.follow(login.query), AnotherAccount)
        assert isinstance(known.follow(login.query, known.user("alice")), Ask)

    def test_without_a_page(self, known: Known):
        error = sent(known.begin(wanted=wanted(sub="alice"), prompt="none"))["error"]
        assert error == "login_required"
        assert known.server.grants.export().items == ()

    def test_two(self, known: Known):
        both = {"wanted": wanted(sub="alice"), "second": wanted(sub="bob")}
        assert sent(known.begin(**both))["error"] == "login_required"

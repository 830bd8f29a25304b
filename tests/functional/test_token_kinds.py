"""A kind of token that an application adds, in a running server."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2.backends.contract.factories import new_attempt
from pyramid_oauth2.debugtoolbar.masking import MASK, masked
from pyramid_oauth2.protocol.records import Grant, Outcome, Token
from pyramid_oauth2.protocol.token_kinds import TokenKind, registered_kinds
from pyramid_oauth2.protocol.token_strings import new_family, new_token

from . import host
from .debugged import DEVELOPMENT, Debugged, more_views, stock_toolbar
from .errors import assert_error
from .server import Clock, Server, bearer

BADGE = TokenKind("functional_badge", "ofbdg", remembered=True)


def add_badge(config: Any) -> None:
    config.add_oauth2_token_kind(BADGE.name, BADGE.prefix, remembered=True)


def new_badge() -> str:
    return new_token(BADGE.name, new_family(os.urandom), os.urandom).value


class TestTheDirective:
    @pytest.fixture
    def config(self, settings: dict[str, Any]) -> Configurator:
        config = Configurator(settings=settings)
        config.include("pyramid_oauth2")
        return config

    def test_it_adds_the_kind_and_may_be_called_again(self, config: Configurator):
        config.include(add_badge)
        add_badge(config)
        add_badge(config)
        config.commit()
        assert registered_kinds().count(BADGE) == 1
        found = config.introspector.get("oauth2", ("oauth2", "token kind", BADGE.name))
        assert (found["value"], found.type_name) == (BADGE, "oauth2 token kind")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("functional_badge", "ofbdg"), r"functional_badge' \(prefix 'ofbdg'\) contradicts"),
            (("functional_other", "ofbdg", True), "functional_other.*functional_badge"),
            (("access_token", "ofacc"), r"'ofacc'\).*'access_token' \(prefix 'oat'\)"),
            (("functional_other", "ocs"), "that of a client secret"),
            (("functional_other", "oss"), "that of a server secret"),
            (("functional other", "ofo"), "'functional other' cannot be the name"),
            (("functional_other", "of_o"), "'of_o' cannot be the prefix"),
        ],
    )
    def test_what_is_wrong_is_a_configuration_error(
        self, config: Configurator, arguments: tuple[Any, ...], message: str
    ):
        add_badge(config)
        kinds = registered_kinds()
        with pytest.raises(ConfigurationError, match=message):
            config.add_oauth2_token_kind(*arguments)
        assert registered_kinds() == kinds


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    return build(host.pages, add_badge, changes={"oauth2.grant_types": "client_credentials"})


class TestAtOurEndpoints:
    """It is ours, and none of what they issue."""

    def test_it_is_no_access_token(self, server: Server):
        answer = server.get("/read", bearer(new_badge()))
        assert answer.status_int == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_nothing_is_revoked_by_it(self, server: Server):
        grant, badge, value = opened(server)
        answer = server.post({"token": value}, server.login(), "/oauth2/revoke")
        assert answer.status_int == 200
        assert server.service.server.grants.find(badge.ref) == (badge, grant)

    @pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
    def test_it_is_no_code_and_no_refresh_token(self, build: Any, grant_type: str):
        server = build(host.pages, add_badge, changes={"oauth2.grant_types": grant_type})
        server.register(
            "web",
            grant_types=("authorization_code", "refresh_token"),
            redirect_uris=("https://client.example/",),
        )
        _, _, value = opened(server, "web")
        form = {"code": value, "refresh_token": value, "redirect_uri": "https://client.example/"}
        verifier = {"code_verifier": "v" * 43}
        answer = server.post({"grant_type": grant_type, **form, **verifier}, server.login("web"))
        assert_error(answer, 400, "invalid_grant")


def opened(server: Server, client_id: str = "robot") -> tuple[Grant, Token, str]:
    """A grant of an hour and a badge of a minute, as an extension issues it."""
    protocol = server.service.server
    now = protocol.clock()
    value, ref = new_token(BADGE.name, new_family(os.urandom), os.urandom)
    times = {"created_at": now, "expires_at": now + 3600, "absolute_end": now + 7200}
    scope = frozenset({"read"})
    grant = Grant(ref.family, client_id, 0, "bob", scope, **times)
    badge = Token(*ref, issued_at=now, expires_at=now + 60, grant_id=grant.id)
    assert protocol.grants.open(grant, [badge], now)
    return grant, badge, value


def test_a_spent_one_is_remembered_as_long_as_its_grant(server: Server):
    clock = Clock(server)
    grant, badge, _ = opened(server)
    grants = server.service.server.grants
    assert grants.redeem(badge, clock.now, new_attempt(), []).outcome is Outcome.WON
    grants.purge(grant.expires_at - 1)
    replayed = grants.redeem(badge, grant.expires_at - 1, new_attempt(), [])
    assert replayed.outcome is Outcome.CONSUMED
    grants.purge(grant.expires_at)
    assert grants.find(badge.ref) is None


def test_the_toolbar_names_and_masks_it(build: Callable[..., Server]):
    debugged = Debugged(
        build(stock_toolbar, host.pages, more_views, add_badge, changes=DEVELOPMENT)
    )
    value = new_badge()
    panel = debugged.panel("/read", bearer(value))
    assert panel.facts["prefix"] == "ofbdg_ (functional_badge)"
    assert masked(f"<b>{value}</b>", []) == f"<b>ofbdg_{MASK}</b>"

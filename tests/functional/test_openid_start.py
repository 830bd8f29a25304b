"""What the start of an OpenID provider demands, and what its metadata say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from . import host
from .flow import Flow
from .openid_provider import PROVIDER, Users, provider

StartFlow = Callable[..., Flow]


def users(*methods: str) -> Any:
    """Configure users with these methods alone."""
    made = type("Some", (), {name: getattr(Users, name) for name in methods})

    def configure(config: Any) -> None:
        config.set_oauth2_resource_owners(made())

    return configure


@pytest.mark.usefixtures("anew")
class TestTheStartIsRefused:
    def test_without_a_secret(self, start_flow: StartFlow):
        with pytest.raises(Exception, match="poauth2 secret"):
            start_flow(provider, openid="true")

    def test_without_claims(self, start_flow: StartFlow):
        with pytest.raises(Exception, match=r"claims\(subject, names\)"):
            start_flow(users("authentication", "authenticate"), **PROVIDER)

    def test_without_the_time_of_the_login(self, start_flow: StartFlow):
        with pytest.raises(Exception, match=r"authentication\(request\)"):
            start_flow(users("claims", "authenticate"), **PROVIDER)

    def test_with_an_end_of_sessions_that_no_one_names(self, start_flow: StartFlow):
        class Ending(host.Users):
            def authenticated_at(self, request: Any) -> None:
                return None

            def claims(self, subject: str, names: Any) -> dict[str, Any]:
                return {}

            def end_session(self, subject: str, sid: str) -> None:
                raise AssertionError(sid)

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(Ending())

        with pytest.raises(Exception, match="end_session of the resource owners would never"):
            start_flow(configure, **PROVIDER)

    @pytest.mark.parametrize("name", ["sid", "email", "team#de"])
    def test_with_words_for_a_claim_of_the_server(self, start_flow: StartFlow, name: str):
        class Describing(Users):
            claim_descriptions = {name: "Words"}

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(Describing())

        with pytest.raises(Exception, match=f"have {name}, which this server describes itself"):
            start_flow(configure, **PROVIDER)

    @pytest.mark.parametrize("given", [["team"], None, {"team": ""}, {1: "Team"}])
    def test_with_descriptions_that_are_none(self, start_flow: StartFlow, given: Any):
        class Describing(Users):
            claim_descriptions = given

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(Describing())

        with pytest.raises(Exception, match="must be a dict of texts, by the names of claims"):
            start_flow(configure, **PROVIDER)

    @pytest.mark.parametrize("given", ["gold", None, ["gold silver"], [""], [1]])
    def test_with_acr_values_that_are_none(self, start_flow: StartFlow, given: Any):
        class Saying(Users):
            acr_values = given

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(Saying())

        with pytest.raises(Exception, match="must be a list of texts without spaces"):
            start_flow(configure, **PROVIDER)

    @pytest.mark.parametrize(
        "changes", [{"grant_types": "client_credentials"}, {"response_types": "token"}]
    )
    def test_without_the_code_flow(self, start_flow: StartFlow, changes: dict[str, str]):
        with pytest.raises(Exception, match="needs the code flow"):
            start_flow(provider, **PROVIDER, **changes)

    @pytest.mark.parametrize("name", ["refresh_token_lifetime", "access_token_lifetime"])
    def test_if_a_sign_out_would_not_reach_every_grant(self, start_flow: StartFlow, name: str):
        said = f"session_lifetime is shorter than oauth2.{name}: who signs out"
        with pytest.raises(Exception, match=said):
            start_flow(provider, **PROVIDER, **{name: "61d"})

    def test_if_an_id_token_would_outlive_its_key(self, start_flow: StartFlow):
        with pytest.raises(Exception, match="choose a day at most"):
            start_flow(provider, **PROVIDER, **{"openid.id_token_lifetime": "25h"})


def test_what_has_no_effect_is_said(build: Any, caplog: pytest.LogCaptureFixture):
    build(host.pages, changes={"oauth2.openid.claims_in_id_token": "true"})
    assert "oauth2.openid.claims_in_id_token has no effect" in caplog.text


def test_a_signer_elsewhere_needs_no_secret(start_flow: StartFlow):
    from tests.scripts.with_signer import Signer

    def signer(config: Any) -> None:
        config.set_oauth2_signer(Signer)

    flow = start_flow(provider, signer, openid="true")
    assert flow.server.service.server.can_sign


class TestScopes:
    def test_are_known_with_descriptions(self, start_flow: StartFlow):
        flow = start_flow(provider, **PROVIDER)
        names = {"openid", "profile", "email", "address", "phone", "offline_access"}
        assert names <= flow.server.service.server.known_scopes
        metadata = flow.server.get("/.well-known/oauth-authorization-server").json
        assert names <= set(metadata["scopes_supported"])

    def test_an_operators_own_words_come_first(self, start_flow: StartFlow):
        scopes = "read = Read\nwrite = Write\nemail = Send you our letters"
        flow = start_flow(provider, scopes=scopes, **PROVIDER)
        descriptions = flow.server.service.server.scopes
        assert descriptions["email"].description == "Send you our letters"
        assert descriptions["phone"].description == "See your phone number"

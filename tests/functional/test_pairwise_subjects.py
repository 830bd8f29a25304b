"""Clients that know their users by own identifiers (OpenID Connect Core section 8)."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2 import InvalidClientMetadata
from pyramid_oauth2.backends.memory.entries import MemoryEntryStore
from pyramid_oauth2.openid.subjects import pairwise_subject
from pyramid_oauth2.protocol.records import StoreUnavailable

from .flow import BACK, Flow
from .openid_provider import PROVIDER, Users, give_scopes, parts, provider
from .sector_document import serving
from .server import bearer
from .test_userinfo import ask

StartFlow = Callable[..., Flow]
SALT = "salt of this server"
SALTED = {**PROVIDER, "openid.pairwise_salt": SALT}
PAIRWISE = {"subject_type": "pairwise"}
BOB = pairwise_subject(SALT, "client.example", "bob")


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    return give_scopes(start_flow(provider, **SALTED), **PAIRWISE)


def introspected(flow: Flow, token: str, client_id: str | None = None) -> Any:
    return flow.exchange(client_id, path="/oauth2/introspect", token=token).json


class TestTheSameEverywhere:
    def test_in_the_id_token_at_userinfo_and_in_introspection(self, flow: Flow):
        issued = flow.tokens(scope="openid")
        _, claims = parts(issued["id_token"])
        assert claims["sub"] == BOB
        assert ask(flow, issued["access_token"]).json["sub"] == BOB
        assert introspected(flow, issued["access_token"])["sub"] == BOB

    def test_a_resource_server_sees_that_of_the_client(self, flow: Flow):
        flow.server.register("api", resource_server=True, grant_types=())
        issued = flow.tokens(scope="openid")
        assert introspected(flow, issued["access_token"], "api")["sub"] == BOB

    @pytest.mark.parametrize(("subject_type", "sub"), [("public", "bob"), (None, BOB)])
    def test_an_api_may_know_a_user_by_one_identifier(
        self, start_flow: StartFlow, subject_type: str | None, sub: str
    ):
        """And the client by its own, also if it introspects that token."""
        api = "https://api.example"

        def configure(config: Any) -> None:
            provider(config)
            config.add_oauth2_resource(api, subject_type=subject_type)

        flow = give_scopes(start_flow(configure, **SALTED), **PAIRWISE)
        flow.server.register("api", resource_server=True, grant_types=())
        flow.server.service.clients.edit("api", resources=(api,))
        issued = flow.tokens(scope="openid", resource=api)
        assert introspected(flow, issued["access_token"], "api")["sub"] == sub
        assert introspected(flow, issued["access_token"])["sub"] == BOB
        assert ask(flow, issued["access_token"]).json["sub"] == BOB
        assert parts(issued["id_token"])[1]["sub"] == BOB

    def test_in_a_jwt_access_token(self, flow: Flow):
        give_scopes(flow, access_token_format="jwt")
        _, claims = parts(flow.tokens(scope="openid")["access_token"])
        assert claims["sub"] == BOB

    def test_in_signed_responses(self, flow: Flow):
        give_scopes(
            flow,
            userinfo_signed_response_alg="ES256",
            introspection_signed_response_alg="ES256",
        )
        token = flow.tokens(scope="openid")["access_token"]
        _, userinfo = parts(ask(flow, token).text)
        answer = flow.exchange(path="/oauth2/introspect", token=token)
        _, introspection = parts(answer.text)
        assert userinfo["sub"] == introspection["token_introspection"]["sub"] == BOB

    def test_a_refresh_keeps_it(self, flow: Flow):
        issued = flow.tokens(scope="openid")
        _, claims = parts(flow.refresh(issued["refresh_token"]).json["id_token"])
        assert claims["sub"] == BOB

    def test_a_request_names_it(self, flow: Flow):
        """Core section 5.5.1: the sub that a client demands is the one that it knows."""
        for sub, page in ((BOB, "Allow"), ("bob", "Another account")):
            claims = json.dumps({"id_token": {"sub": {"value": sub}}})
            said = flow.ask(scope="openid", claims=claims, prompt="none").location
            assert ("consent_required" in said) is (page == "Allow")

    def test_the_application_knows_its_own_name(self, flow: Flow):
        issued = flow.tokens(scope="openid read")
        assert flow.server.get("/read", bearer(issued["access_token"])).text == "bob"
        assert flow.server.service.users.revoke("bob").grants == 1


def test_a_public_client_knows_the_user_as_before(flow: Flow):
    give_scopes(flow, subject_type="public")
    assert parts(flow.tokens(scope="openid")["id_token"])[1]["sub"] == "bob"


def test_clients_of_other_sites_know_another(flow: Flow):
    flow.server.register(
        "other",
        redirect_uris=("https://other.example/back",),
        grant_types=("authorization_code",),
        scope=frozenset({"openid"}),
        extra=PAIRWISE,
    )
    other = Flow(flow.server, "other").log_in()
    uri = "https://other.example/back"
    issued = other.redeem(other.code(scope="openid", redirect_uri=uri), redirect_uri=uri).json
    sub = parts(issued["id_token"])[1]["sub"]
    assert sub == pairwise_subject(SALT, "other.example", "bob") != BOB


def test_the_metadata(flow: Flow):
    members = flow.server.get("/.well-known/openid-configuration").json
    assert members["subject_types_supported"] == ["public", "pairwise"]


class TestRegistration:
    def test_needs_a_salt(self, start_flow: StartFlow):
        flow = start_flow(provider, **PROVIDER)
        with pytest.raises(InvalidClientMetadata, match=r"oauth2\.openid\.pairwise_salt"):
            give_scopes(flow, **PAIRWISE)

    def test_needs_one_host(self, flow: Flow):
        with pytest.raises(InvalidClientMetadata, match="name a sector_identifier_uri"):
            give_scopes(flow, redirect_uris=(BACK, "https://other.example/back"))

    def test_needs_a_host_that_is_a_site(self, flow: Flow):
        """RFC 8252 section 7.1: the app of another party has a scheme, and writes any host."""
        app = ("com.mallory.app://client.example/back",)
        with pytest.raises(InvalidClientMetadata, match="name a sector_identifier_uri"):
            flow.server.register(
                "other", redirect_uris=app, grant_types=("authorization_code",), extra=PAIRWISE
            )

    def test_of_an_unknown_type_is_refused(self, flow: Flow):
        with pytest.raises(InvalidClientMetadata, match="choose one of public, pairwise"):
            give_scopes(flow, subject_type="both")

    @pytest.mark.parametrize(
        "uri",
        [
            *("http://sector.example/list", "ftp://sector.example/list", "sector.example", ""),
            *(
                "https://",
                "https://user@sector.example/",
                "https://sector.example/#x",
                "https://a b/",
            ),
        ],
    )
    def test_of_another_url_is_refused(self, flow: Flow, uri: str):
        with pytest.raises(InvalidClientMetadata, match="write a whole https URL"):
            give_scopes(flow, sector_identifier_uri=uri)


class TestChanges:
    """A sub identifies a user for ever (Core section 2), also within a grant (section 12.2)."""

    def test_another_host_is_refused(self, flow: Flow):
        issued = flow.tokens(scope="openid")
        said = r"no longer client\.example: name a sector_identifier_uri at client\.example"
        with pytest.raises(InvalidClientMetadata, match=said):
            give_scopes(flow, redirect_uris=("https://victim.example/back",))
        _, claims = parts(flow.refresh(issued["refresh_token"]).json["id_token"])
        assert claims["sub"] == BOB

    def test_so_is_another_document(self, flow: Flow):
        with (
            serving(200, json.dumps([BACK]).encode()) as uri,
            pytest.raises(InvalidClientMetadata, match=r"would be 127\.0\.0\.1"),
        ):
            give_scopes(flow, sector_identifier_uri=uri)

    def test_another_path_of_the_host_is_not(self, flow: Flow):
        give_scopes(flow, redirect_uris=(BACK, "https://client.example/other"))
        assert parts(flow.tokens(scope="openid", redirect_uri=BACK)["id_token"])[1]["sub"] == BOB

    def test_an_operator_can_begin_anew(self, flow: Flow):
        """Who makes the client public, and pairwise again, has chosen other identifiers twice."""
        moved = ("https://moved.example/back",)
        give_scopes(flow, subject_type="public", redirect_uris=moved)
        give_scopes(flow, **PAIRWISE)
        assert flow.server.service.clients.get("web").redirect_uris == moved


@pytest.mark.usefixtures("anew")
class TestTheSalt:
    """It is fixed for life."""

    @pytest.mark.stores("sqlite", reason="the store outlives an application")
    @pytest.mark.parametrize("changes", [{**SALTED, "openid.pairwise_salt": "x" * 16}, PROVIDER])
    def test_another_one_stops_the_start(self, start_flow: StartFlow, changes: Any, store: str):
        start_flow(provider, **SALTED)
        with pytest.raises(Exception, match="Write the salt with which this store was used first"):
            start_flow(provider, **changes)

    def test_is_checked_once_a_process(
        self, start_flow: StartFlow, monkeypatch: pytest.MonkeyPatch
    ):
        read: list[str] = []
        get = MemoryEntryStore.get

        def counted(store: Any, namespace: str, key: str) -> Any:
            read.append(namespace)
            return get(store, namespace, key)

        monkeypatch.setattr(MemoryEntryStore, "get", counted)
        flow = give_scopes(start_flow(provider, **SALTED), **PAIRWISE)
        at_start = read.count("pairwise_salt")
        issued = flow.refresh(flow.tokens(scope="openid")["refresh_token"]).json
        assert ask(flow, issued["access_token"]).json["sub"] == BOB
        assert at_start == read.count("pairwise_salt") == 2  # Before it is stored, and after.

    @pytest.mark.parametrize("salt", ["short", "x" * 15, "ümlaut" * 5])
    def test_is_long_enough(self, start_flow: StartFlow, salt: str):
        with pytest.raises(Exception, match="a salt has") as error:
            start_flow(provider, **{**SALTED, "openid.pairwise_salt": salt})
        assert salt not in str(error.value)

    def test_may_be_in_a_file(self, start_flow: StartFlow, tmp_path: Any):
        (tmp_path / "salt").write_text(f"{SALT}\n")
        changes = {**SALTED, "openid.pairwise_salt": f"file:{tmp_path}/salt"}
        flow = give_scopes(start_flow(provider, **changes), **PAIRWISE)
        assert parts(flow.tokens(scope="openid")["id_token"])[1]["sub"] == BOB

    def test_a_store_that_is_away_stops_no_start(
        self, start_flow: StartFlow, monkeypatch: Any, caplog: pytest.LogCaptureFixture
    ):
        def away(*given: Any) -> None:
            raise StoreUnavailable("The store is away.")

        monkeypatch.setattr(MemoryEntryStore, "get", away)
        with caplog.at_level(logging.WARNING):
            start_flow(provider, **SALTED)
        assert (
            "Whether oauth2.openid.pairwise_salt is the right one is not known yet" in caplog.text
        )


def test_a_record_past_the_rules_shows_no_public_subject(flow: Flow):
    """503, and not the name by which other clients know the user."""
    code = flow.code(scope="openid")
    client = flow.server.service.server.clients.get("web")
    uris = {"redirect_uris": (BACK, "https://other.example/back")}
    assert flow.server.service.server.clients.edit("web", client.version, uris)
    answer = flow.redeem(code)
    assert answer.status_int == 503
    assert "bob" not in answer.text


class TestSubjectsThatAreNotASCII:
    """Core section 2: a sub is "a maximum of 255 ASCII characters in length"."""

    @pytest.fixture
    def flow(self, start_flow: StartFlow) -> Flow:
        class Named(Users):
            def subject(self, request: Any) -> str | None:
                return "j\u00fcrgen" if request.authenticated_userid else None

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(Named())

        return give_scopes(start_flow(configure, **SALTED))

    def test_are_in_no_id_token(self, flow: Flow, caplog: pytest.LogCaptureFixture):
        code = flow.code(scope="openid")
        assert flow.redeem(code).status_int == 503
        assert "A subject of the resource owners is not ASCII" in caplog.text

    def test_without_openid_they_are_as_before(self, flow: Flow):
        token = flow.tokens(scope="read")["access_token"]
        assert introspected(flow, token)["sub"] == "j\u00fcrgen"

    def test_a_pairwise_client_does_not_see_them(self, flow: Flow):
        give_scopes(flow, **PAIRWISE)
        issued = flow.tokens(scope="openid")
        sub = pairwise_subject(SALT, "client.example", "j\u00fcrgen")
        assert parts(issued["id_token"])[1]["sub"] == sub
        assert ask(flow, issued["access_token"]).json["sub"] == sub
        give_scopes(flow, subject_type="public")
        answer = ask(flow, issued["access_token"])
        assert answer.status_int == 503
        assert "rgen" not in answer.text

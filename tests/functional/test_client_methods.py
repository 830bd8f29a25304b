"""Clients that may authenticate by none and by a signed JWT: a grant keeps what it was got by.

OpenID Connect Relying Party Metadata Choices 1.0; RFC 6749 sections 5.2 and 10.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.events import ClientChanged, GrantRevoked, TokenRefused
from pyramid_oauth2.protocol.clients.authentication_methods import methods_of
from pyramid_oauth2.protocol.envelope import Members, NotUnderstood
from pyramid_oauth2.protocol.token.confirmation import authenticated_by
from pyramid_oauth2.protocol.token_strings import parse_token

from .documents import ALLOWED, SCOPES, URL, Documents, document
from .errors import assert_error
from .flow import Flow
from .server import Clock, bearer
from .signing import JWKS, METHOD, Signing, assertion, signed
from .test_client_documents import HOUR, forget

KEYS = "https://app.example/keys"
BOTH = {
    # As ChatGPT's document has it (November 2026).
    "token_endpoint_auth_method": METHOD,
    "token_endpoint_auth_methods_supported": ["none", METHOD],
    "token_endpoint_auth_signing_alg": "ES256",
    "jwks_uri": KEYS,
}
ONLY = {"token_endpoint_auth_method": METHOD, "jwks_uri": KEYS}


@pytest.fixture
def documents() -> Documents:
    return Documents(**{KEYS: JWKS})


@pytest.fixture
def start(start_flow: Callable[..., Flow], documents: Documents) -> Callable[..., Signing]:
    def start(**members: Any) -> Signing:
        documents.found[URL] = document(**members)
        flow = start_flow(documents.configure(), client_id=URL, **{**SCOPES, **ALLOWED})
        flow.server.secrets[URL] = ""
        return Signing(flow.server, URL, flow.browser)

    return start


class TestBothMethods:
    @pytest.mark.parametrize("proven", [True, False])
    def test_either_is_taken(self, start: Callable[..., Signing], proven: bool) -> None:
        flow = start(**BOTH)
        tokens = flow.got(proven)
        assert flow.server.get("/read", bearer(tokens["access_token"])).text == "bob"
        assert flow.refreshed(proven, tokens["refresh_token"]).status_int == 200
        stored = flow.server.service.server.clients.get(URL)
        assert methods_of(stored) == {"none", METHOD}
        assert stored.public

    def test_what_was_got_by_a_proof_is_not_refreshed_without(
        self, start: Callable[..., Signing]
    ) -> None:
        """RFC 6749 section 5.2: invalid_grant, and nothing is revoked: anyone knows a client_id."""
        flow, heard = start(**BOTH), []
        flow.server.hear(heard.append, GrantRevoked)
        flow.server.hear(heard.append, TokenRefused)
        first = flow.got(True)["refresh_token"]
        refused = flow.refreshed(False, first)
        assert_error(refused, 400, "invalid_grant")
        assert "private_key_jwt" in refused.json["error_description"]
        second = flow.refreshed(True, first).json["refresh_token"]
        assert_error(flow.refreshed(False, second), 400, "invalid_grant")
        assert flow.refreshed(True, second).status_int == 200
        assert [type(each) for each in heard] == [TokenRefused, TokenRefused]
        assert {each.refusal.check for each in heard} == {"client_proof_of_grant"}

    def test_a_repeated_refresh_neither(self, start: Callable[..., Signing]) -> None:
        """The response that is repeated for a while is for who proves the same."""
        flow = start(**BOTH)
        first = flow.got(True)["refresh_token"]
        answer = flow.refreshed(True, first)
        assert_error(flow.refreshed(False, first), 400, "invalid_grant")
        assert flow.refreshed(True, first).body == answer.body

    def test_more_than_before_is_not_refused(self, start: Callable[..., Signing]) -> None:
        """From then on it is bound to that."""
        flow = start(**BOTH)
        first = flow.got(False)["refresh_token"]
        second = flow.refreshed(True, first).json["refresh_token"]
        assert_error(flow.refreshed(False, second), 400, "invalid_grant")

    @pytest.mark.parametrize("name", ["access_token", "refresh_token"])
    def test_nor_is_it_revoked_without(self, start: Callable[..., Signing], name: str) -> None:
        flow = start(**BOTH)
        tokens, path = flow.got(True), "/oauth2/revoke"
        assert_error(flow.send(False, path, token=tokens[name]), 400, "invalid_grant")
        assert flow.server.get("/read", bearer(tokens["access_token"])).text == "bob"
        assert flow.send(True, path, token=tokens[name]).status_int == 200
        assert flow.server.get("/read", bearer(tokens["access_token"])).status_int == 401

    def test_an_assertion_that_is_sent_must_be_right(self, start: Callable[..., Signing]) -> None:
        """It never counts as none: a client that signs relies on it."""
        flow = start(**BOTH)
        form = flow.code_form(flow.code())
        for value in ("x", assertion(URL, aud="https://other.example"), assertion(URL, jti=None)):
            answer = flow.server.post(signed(value, **form, client_id=URL))
            assert_error(answer, 401, "invalid_client")
        assert flow.send(True, **form).status_int == 200

    def test_it_is_public_everywhere_else(self, start: Callable[..., Signing]) -> None:
        """RFC 7662 section 2.1, RFC 7636 section 4.4.1."""
        flow = start(**BOTH)
        token = flow.got(True)["access_token"]
        answer = flow.send(True, "/oauth2/introspect", token=token)
        assert_error(answer, 401, "invalid_client")
        assert "invalid_request" in flow.ask(code_challenge=None).location

    def test_nothing_is_fetched_between_page_and_token_but_its_keys(
        self, start: Callable[..., Signing], documents: Documents
    ) -> None:
        flow = start(**BOTH)
        code = flow.code()
        assert documents.fetched == [URL]
        flow.send(True, **flow.code_form(code))
        assert documents.fetched == [URL, KEYS]


class TestOneMethod:
    def test_a_document_with_a_signature_alone(self, start: Callable[..., Signing]) -> None:
        flow = start(**ONLY)
        code = flow.code()
        assert_error(flow.send(False, **flow.code_form(code)), 401, "invalid_client")
        assert flow.send(True, **flow.code_form(code)).status_int == 200

    @pytest.mark.parametrize(
        "changes",
        [
            {"jwks_uri": None},
            {"token_endpoint_auth_signing_alg": "ES512"},
            {"token_endpoint_auth_signing_alg": ["ES256"]},
            {"token_endpoint_auth_methods_supported": ["none", "tls_client_auth"]},
        ],
    )
    def test_that_cannot_be_verified_leaves_none(
        self, start: Callable[..., Signing], changes: dict[str, Any]
    ) -> None:
        flow = start(**{**BOTH, **changes})
        assert flow.got(False)
        assert methods_of(flow.server.service.server.clients.get(URL)) == {"none"}

    def test_which_methods_an_operator_has_set_stays(
        self, start: Callable[..., Signing], documents: Documents
    ) -> None:
        """With the one that the others are beside: without it the document could not be used."""
        flow = start(**{**BOTH, "token_endpoint_auth_methods_supported": ["none"]})
        flow.code()
        edit = flow.server.service.clients.edit
        edit(URL, token_endpoint_auth_methods_supported=("none", METHOD))
        documents.found[URL] = document(**ONLY)
        forget(flow)
        Clock(flow.server).now += HOUR
        flow.code()
        stored = flow.server.service.server.clients.get(URL)
        assert (stored.jwks_uri, methods_of(stored)) == (KEYS, {"none", METHOD})

    def test_a_signature_that_cannot_be_verified_is_refused(
        self, start: Callable[..., Signing]
    ) -> None:
        assert start(token_endpoint_auth_method=METHOD).ask().status_int == 400

    def test_a_key_set_on_another_host(self, start: Callable[..., Signing]) -> None:
        assert start(**{**ONLY, "jwks_uri": "https://other.example/keys"}).ask().status_int == 400


class TestADocumentThatTurnsToNone:
    """Someone else may have got hold of it: a client that signed does not stop in silence."""

    @pytest.mark.parametrize("later", [{}, BOTH], ids=["none alone", "both"])
    def test_its_users_are_asked_and_the_operator_sees_it(
        self, start: Callable[..., Signing], documents: Documents, later: dict[str, Any]
    ) -> None:
        flow, heard = start(**ONLY), []
        flow.server.hear(heard.append, ClientChanged)
        clock = Clock(flow.server)
        before = flow.got(True)
        documents.found[URL] = document(**later)
        clock.now += 90_000
        forget(flow)
        # The record in the store is still that of the last consent.
        assert_error(flow.refreshed(False, before["refresh_token"]), 401, "invalid_client")
        page = flow.page()
        assert "It identifies itself in another way than before." in page.text
        flow.decide(page)
        changes = [each.change for each in heard]
        assert changes == ["resolved", "resolved again", "authenticates by none"]
        # What other users allowed is still for who signs alone.
        refused = flow.refreshed(False, before["refresh_token"])
        assert_error(refused, 400, "invalid_grant")


class TestRecords:
    """While a new version is rolled out, both read what the other has written."""

    def test_of_an_earlier_version(self, start: Callable[..., Signing]) -> None:
        """Without the member, a refresh token is used as before."""
        flow = start(**BOTH)
        token = flow.got(False)["refresh_token"]
        record = flow.server.service.server.grants.find(parse_token(token))[0]
        assert (record.data, authenticated_by(record.data)) == (b"", None)

    def test_for_an_earlier_version(self, start: Callable[..., Signing]) -> None:
        """It refuses what it would accept without the proof; the access token stays as it was."""
        flow = start(**BOTH)
        tokens = flow.got(True)
        find = flow.server.service.server.grants.find
        refresh, access = (
            find(parse_token(tokens[name]))[0].data for name in ("refresh_token", "access_token")
        )
        with pytest.raises(NotUnderstood):
            Members({"cnf": dict}).read(refresh)
        assert Members({"scope": str}).read(access)[0] == {"scope": "read"}

    def test_a_code_that_is_redeemed_in_both_ways(self, start: Callable[..., Signing]) -> None:
        """RFC 6749 section 4.1.2: the second is a replay, and ends what the first has got."""
        flow = start(**BOTH)
        form = flow.code_form(flow.code())
        tokens = flow.send(True, **form).json
        assert_error(flow.send(False, **form), 400, "invalid_grant")
        assert flow.server.get("/read", bearer(tokens["access_token"])).status_int == 401

"""Clients that name a ``sector_identifier_uri`` (OpenID Connect Core section 8.1)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pyramid_oauth2 import InvalidClientMetadata
from pyramid_oauth2.events import DocumentFetched
from pyramid_oauth2.openid.subjects import pairwise_subject

from .flow import BACK, Flow
from .openid_provider import give_scopes, parts, provider
from .sector_document import serving
from .test_pairwise_subjects import PAIRWISE, SALT, SALTED

StartFlow = Callable[..., Flow]


class TestSectorDocuments:
    """Core section 8.1: the list has every redirect URI of the client."""

    OTHER = "https://other.example/back"

    @pytest.fixture
    def flow(self, start_flow: StartFlow) -> Flow:
        """That of a client that is not pairwise yet."""
        return give_scopes(start_flow(provider, **SALTED))

    def test_its_host_is_the_sector(self, flow: Flow):
        uris = {"redirect_uris": (BACK, self.OTHER)}
        with serving(200, json.dumps([BACK, self.OTHER, "https://more.example/"]).encode()) as uri:
            give_scopes(flow, **uris, sector_identifier_uri=uri, **PAIRWISE)
        code = flow.code(scope="openid", redirect_uri=BACK)
        _, claims = parts(flow.redeem(code).json["id_token"])
        assert claims["sub"] == pairwise_subject(SALT, "127.0.0.1", "bob")

    @pytest.mark.parametrize(
        ("status", "body", "problem"),
        [
            (200, b"[]", f"{BACK} is not in http.*, which does not list it"),
            (200, json.dumps([f"{BACK}/"]).encode(), "which does not list it"),
            (200, json.dumps({"redirect_uris": [BACK]}).encode(), "is not a list of texts"),
            (200, b"[1]", "is not a list of texts"),
            (200, b"<html>", "is not JSON"),
            (200, b"\xff", "is not JSON"),
            (200, b"[" * 60_000, "is not JSON"),
            (200, b" " * 70_000, "more than 65536 bytes"),
            (404, b"[]", "answers with the status 404"),
            (302, b"[]", "answers with the status 302"),
        ],
    )
    def test_another_one_is_refused(self, flow: Flow, status: int, body: bytes, problem: str):
        with serving(status, body) as uri, pytest.raises(InvalidClientMetadata, match=problem):
            give_scopes(flow, sector_identifier_uri=uri)

    def test_reading_it_is_an_event(self, flow: Flow):
        heard: list[DocumentFetched] = []
        flow.server.hear(heard.append, DocumentFetched)
        with serving(404, b"") as uri, pytest.raises(InvalidClientMetadata):
            give_scopes(flow, sector_identifier_uri=uri)
        (event,) = heard
        assert (event.url, event.purpose) == (uri, "sector_identifier_uri")
        assert event.error == "answers with the status 404"

    def test_one_that_cannot_be_read_is_refused(self, flow: Flow):
        with pytest.raises(InvalidClientMetadata, match="does not answer"):
            give_scopes(flow, sector_identifier_uri="http://127.0.0.1:1/sector.json")

    def test_while_it_cannot_be_read_other_changes_are_possible(self, flow: Flow):
        with serving(200, json.dumps([BACK]).encode()) as uri:
            give_scopes(flow, sector_identifier_uri=uri)
        give_scopes(flow, client_name="Another name")
        for changes in ({"redirect_uris": (self.OTHER,)}, {"sector_identifier_uri": f"{uri}2"}):
            with pytest.raises(InvalidClientMetadata, match="does not answer"):
                give_scopes(flow, **changes)

    def test_it_is_read_once_and_only_for_what_it_lists(self, flow: Flow):
        asked: list[str] = []
        with serving(200, json.dumps([BACK, self.OTHER]).encode(), asked) as uri:
            give_scopes(flow, sector_identifier_uri=uri, **PAIRWISE)
            assert len(asked) == 1
            give_scopes(flow, client_name="Another name")
            assert len(asked) == 1
            give_scopes(flow, redirect_uris=(BACK, self.OTHER))
            assert len(asked) == 2
            give_scopes(flow, redirect_uris=(self.OTHER,))
            assert len(asked) == 2

    def test_an_app_has_the_sector_of_its_document(self, flow: Flow):
        app = "com.example.app:/back"
        with serving(200, json.dumps([app]).encode()) as uri:
            give_scopes(flow, redirect_uris=(app,), sector_identifier_uri=uri, **PAIRWISE)
        code = flow.code(scope="openid", redirect_uri=app)
        _, claims = parts(flow.redeem(code, redirect_uri=app).json["id_token"])
        assert claims["sub"] == pairwise_subject(SALT, "127.0.0.1", "bob")

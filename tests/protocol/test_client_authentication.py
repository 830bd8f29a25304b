"""Exactly one authentication method, the registered one (RFC 6749 section 2.3)."""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.protocol.client_authentication import authenticate_client
from pyramid_oauth2.protocol.client_authentication.basic import ClientSecretBasic
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.clients.secrets import keep_secret
from pyramid_oauth2.protocol.errors import InvalidClient, InvalidRequest
from pyramid_oauth2.protocol.events import emit_nothing
from pyramid_oauth2.protocol.http import HTTPRequest
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.token_strings import new_client_secret

from .worlds import NOW, make_server

SECRET = new_client_secret(os.urandom)
SECRETS = (keep_secret(SECRET, NOW),)
METHODS = {
    "basic": "client_secret_basic",
    "post": "client_secret_post",
    "public": "none",
    "assertion": "private_key_jwt",
}


def header(value: str | None) -> HTTPRequest:
    headers = {} if value is None else {"authorization": value}
    return HTTPRequest("POST", "https://auth.example.com/oauth2/token", headers=headers)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


@pytest.fixture(scope="module")
def server():
    server = make_server()
    for name, method in METHODS.items():
        secrets = () if method == "none" else SECRETS
        for disabled_at, prefix in ((None, ""), (NOW, "disabled-")):
            server.clients.add(
                Client(
                    prefix + name,
                    client_secrets=secrets,
                    token_endpoint_auth_method=method,
                    disabled_at=disabled_at,
                )
            )
    return server


POST = {"client_id": "post", "client_secret": SECRET}


@pytest.mark.parametrize(
    ("authorization", "form", "client_id"),
    [
        pytest.param(basic("basic", SECRET), {}, "basic", id="basic"),
        pytest.param(basic("basic", SECRET), {"client_id": "basic"}, "basic", id="basic and id"),
        pytest.param(basic("%62asic", SECRET), {}, "basic", id="encoded id"),
        pytest.param("  " + basic("basic", SECRET) + " ", {}, "basic", id="blanks"),
        pytest.param(None, POST, "post", id="post"),
        pytest.param(basic("post", SECRET), {}, "post", id="basic where post is registered"),
        pytest.param(basic("public", ""), {}, "public", id="public, by basic without a secret"),
        pytest.param(None, {"client_id": "public"}, "public", id="public"),
    ],
)
def test_authenticated(server, authorization, form, client_id):
    assert (
        authenticate_client(server, header(authorization), form, emit_nothing)[0].client_id
        == client_id
    )


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        pytest.param(None, {}, id="nothing"),
        pytest.param(None, {"client_id": "nobody"}, id="unknown"),
        pytest.param(None, {"client_id": "basic"}, id="confidential without a secret"),
        pytest.param(None, {"client_secret": SECRET}, id="secret without id"),
        pytest.param(None, {**POST, "client_secret": "wrong"}, id="wrong secret by post"),
        pytest.param(None, {**POST, "client_id": "basic"}, id="post where basic is registered"),
        pytest.param(None, {**POST, "client_id": "public"}, id="secret of a public client"),
        pytest.param(basic("post", "wrong"), {}, id="wrong secret where post is registered"),
        pytest.param(basic("post", ""), {}, id="empty secret where post is registered"),
        pytest.param(basic("public", SECRET), {}, id="secret of a public client by basic"),
        pytest.param(basic("assertion", SECRET), {}, id="basic where neither is registered"),
        pytest.param(basic("assertion", ""), {}, id="empty where neither is registered"),
        pytest.param(
            None, {**POST, "client_id": "assertion"}, id="post where neither is registered"
        ),
        pytest.param(basic("disabled-public", ""), {}, id="disabled, public, by basic"),
        pytest.param(basic("basic", "wrong"), {}, id="wrong secret"),
        pytest.param(basic("basic", ""), {}, id="empty secret"),
        pytest.param(basic("basic", SECRET + "\0"), {}, id="NUL"),
        pytest.param(basic("nobody", SECRET), {}, id="unknown by basic"),
        pytest.param(basic("x" * 513, SECRET), {}, id="id longer than any"),
        pytest.param(basic("basic\0", SECRET), {}, id="NUL in the id"),
        pytest.param(basic("disabled-basic", SECRET), {}, id="disabled"),
        pytest.param(None, {**POST, "client_id": "disabled-post"}, id="disabled, by post"),
        pytest.param(None, {"client_id": "disabled-public"}, id="disabled, public"),
        pytest.param(None, {"client_id": "public", "client_assertion": "x"}, id="assertion"),
        pytest.param("", {}, id="empty header"),
        pytest.param("Basic", {}, id="no value"),
        pytest.param("Basic %%%", {}, id="no base64"),
        pytest.param("Basic YmFzaWM=", {}, id="no colon"),
        pytest.param("Basic //8=", {}, id="no UTF-8"),
        pytest.param("Basic \xe9", {}, id="no ASCII"),
        pytest.param("Bearer oat_x", {}, id="another scheme"),
        pytest.param("Digest x", {"client_id": "public"}, id="another scheme beside an id"),
    ],
)
def test_refused(server, authorization, form):
    with pytest.raises(InvalidClient):
        authenticate_client(server, header(authorization), form, emit_nothing)


@pytest.mark.parametrize(
    ("authorization", "form"),
    [
        pytest.param(basic("basic", SECRET), POST, id="basic and post"),
        pytest.param(basic("basic", SECRET), {"client_secret": SECRET}, id="and only a secret"),
        pytest.param(basic("basic", SECRET), {"client_id": "post"}, id="two clients"),
        pytest.param(basic("basic", SECRET), {"client_assertion": "x"}, id="and an assertion"),
        pytest.param(None, {**POST, "client_assertion": "x"}, id="post and an assertion"),
        pytest.param(
            basic("public", ""), {"client_id": "public", "client_secret": "x"}, id="empty and post"
        ),
    ],
)
def test_more_than_one_method(server, authorization, form):
    """RFC 6749 section 2.3: MUST NOT use more than one."""
    with pytest.raises(InvalidRequest):
        authenticate_client(server, header(authorization), form, emit_nothing)


def test_every_refusal_says_the_same(server):
    """Unknown, disabled, wrong secret, wrong method: the error does not reveal which."""
    texts = set()
    for name in ("nobody", "basic", "disabled-basic", "post", "public"):
        with pytest.raises(InvalidClient) as caught:
            authenticate_client(server, header(basic(name, "wrong")), {}, emit_nothing)
        texts.add(caught.value.description)
    assert len(texts) == 1


class TestAChangeByAnotherProcess:
    """An outdated cached client is not a reason to refuse a valid secret."""

    NEW = new_client_secret(os.urandom)
    ROTATED = {"client_secrets": (keep_secret(NEW, NOW),)}

    def server_and_others(self):
        server, others = make_server(), MemoryBackend().clients
        others.add(Client("robot", client_secrets=SECRETS))
        return replace(server, clients=ClientCache(others, 2, server.clock)), others

    def ask(self, server, secret):
        form = header(basic("robot", secret))
        return authenticate_client(server, form, {}, emit_nothing)[0].client_secrets

    def test_the_new_secret_is_good_at_once(self):
        server, others = self.server_and_others()
        assert self.ask(server, SECRET) == SECRETS
        assert others.edit("robot", 0, self.ROTATED)
        assert self.ask(server, self.NEW) == self.ROTATED["client_secrets"]
        with pytest.raises(InvalidClient):
            self.ask(server, SECRET)

    def test_a_client_that_is_proven_is_not_read_again(self):
        """The second reading is one of the store, which every request would pay for."""
        server, others = self.server_and_others()
        self.ask(server, SECRET)
        reads = []

        class Counting:
            def get(self, client_id):
                reads.append(client_id)
                return others.get(client_id)

        server.clients._store = Counting()
        self.ask(server, SECRET)
        assert reads == []

    def test_a_client_that_was_enabled_again(self):
        server, others = self.server_and_others()
        others.raise_epoch("robot", NOW, disabled_at=NOW)
        with pytest.raises(InvalidClient):
            self.ask(server, SECRET)
        assert others.edit("robot", 1, {"disabled_at": None})
        assert self.ask(server, SECRET) == SECRETS

    def test_what_cannot_succeed_is_not_tried(self):
        """The time of a refusal reveals nothing about a client that is gone."""
        checks = []

        class Counting(ClientSecretBasic):
            def authenticate(self, credentials, client):
                checks.append(client)
                return super().authenticate(credentials, client)

        server, others = self.server_and_others()
        counting = {"client_secret_basic": Counting}
        server = replace(
            server, factories=replace(server.factories, client_authentications=counting)
        )
        self.ask(server, SECRET)
        others.delete("robot", NOW)
        checks.clear()
        with pytest.raises(InvalidClient):
            self.ask(server, "wrong")
        assert len(checks) == 1

    def test_a_client_that_was_deleted(self):
        server, others = self.server_and_others()
        self.ask(server, SECRET)
        others.delete("robot", NOW)
        with pytest.raises(InvalidClient):
            self.ask(server, "wrong")
        with pytest.raises(InvalidClient):
            self.ask(server, SECRET)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        pytest.param("a%3Ab", "a:b", id="colon"),
        pytest.param("a+b", "a b", id="plus is a space"),
        pytest.param("a%2Bb", "a+b", id="encoded plus"),
        pytest.param("%C3%A9", "é", id="UTF-8"),
        pytest.param("100%", "100%", id="cannot be an encoding: as it is"),
        pytest.param("%zz+", "%zz+", id="nor this"),
        pytest.param("%ff", "%ff", id="nor what decodes to no text"),
        pytest.param("a:b", "a:b", id="a raw colon in the secret"),
    ],
)
def test_form_decoding(sent, meant):
    """RFC 6749 section 2.3.1, appendix B."""
    credentials = ClientSecretBasic(make_server()).credentials(header(basic("id", sent)), {})
    assert credentials.secret == meant


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))
def test_what_a_client_encodes_is_what_it_meant(client_id, secret):
    value = basic(quote_plus(client_id), quote_plus(secret))
    credentials = ClientSecretBasic(make_server()).credentials(header(value), {})
    assert (credentials.client_id, credentials.secret) == (client_id, secret)


@given(
    st.text(max_size=60)
    | st.binary(max_size=40).map(lambda raw: "Basic " + base64.b64encode(raw).decode())
)
def test_no_header_breaks_it(value):
    """Credentials, invalid_client or another scheme; any other exception fails the test."""
    with suppress(InvalidClient):
        credentials = ClientSecretBasic(make_server()).credentials(header(value), {})
        assert credentials is None or credentials.method == "client_secret_basic"

"""What leaves the server names a user as the client knows them (``set_oauth2_subjects``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.extension import Client

from . import host
from .server import Server, bearer
from .test_jwt_access_tokens import SIGNING, parts


class Pseudonyms:
    def __init__(self, server: Any, settings: Any) -> None:
        pass

    def subject_for(self, client: Client, subject: str) -> str:
        return f"{subject}-of-{client.client_id}"


def pseudonyms(config: Any) -> None:
    config.set_oauth2_subjects(Pseudonyms)


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    server = build(host.pages, pseudonyms, changes=SIGNING)
    server.register("signed", extra={"access_token_format": "jwt"})
    server.register("api", resource_server=True, grant_types=())
    return server


@pytest.mark.parametrize("asks", ["robot", "api"])
def test_introspection_has_the_name_that_the_client_of_the_token_knows(server: Server, asks: str):
    form = {"token": server.token("read", user="bob")}
    answer = server.post(form, server.login(asks), path="/oauth2/introspect")
    assert answer.json["sub"] == "bob-of-robot"


def test_a_jwt_access_token_has_it(server: Server):
    _, claims = parts(server.token("read", user="bob", client="signed"))
    assert claims["sub"] == "bob-of-signed"


def test_the_application_knows_its_own_name_alone(server: Server):
    for client in ("robot", "signed"):
        token = server.token("read", user="bob", client=client)
        assert server.get("/read", bearer(token)).text == "bob"
    assert server.service.users.revoke("bob").grants == 2


def test_a_client_that_acts_for_itself_has_none(server: Server):
    """RFC 9068 section 2.2: the subject of its JWT is its own client_id."""
    _, claims = parts(server.token("read", client="signed"))
    assert claims["sub"] == "signed"


def test_without_the_plug_in_it_is_the_subject(build: Callable[..., Server]):
    server = build(host.pages)
    form = {"token": server.token("read", user="bob")}
    answer = server.post(form, server.login(), path="/oauth2/introspect")
    assert answer.json["sub"] == "bob"

"""What follows the issuance of a code or token cannot fail it, with any error of a store."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.factories import new_grant
from pyramid_oauth2.backends.memory.consents import MemoryConsentStore
from pyramid_oauth2.backends.memory.grants import MemoryGrantStore
from pyramid_oauth2.protocol.authorization.conclusion import conclude
from pyramid_oauth2.protocol.authorization.interaction import begin_interaction
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.events import ConsentGiven, emit_nothing
from pyramid_oauth2.protocol.grants import end_earlier_grants
from pyramid_oauth2.protocol.records import StoreUnavailable

from .worlds import make_client, make_request, make_server

ERRORS = [StoreUnavailable("the server is away"), RuntimeError("an error of a driver")]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("store", ["consents", "grants"])
def test_a_consent_that_cannot_be_remembered(caplog: Any, error: Exception, store: str):
    class Consents(MemoryConsentStore):
        def put(self, *change: Any) -> bool:
            raise error

    class Grants(MemoryGrantStore):
        def reserve(self, *what: Any) -> bool:
            raise error

    failing = Consents() if store == "consents" else Grants()
    server = make_server(**{store: failing})
    requested, heard = make_request(), []
    _, opened = begin_interaction(server, Interaction(requested))
    with caplog.at_level(logging.WARNING):
        conclude(server, make_client(), "bob", requested, requested, opened.token, heard.append)
    assert [type(event) for event in heard] == [ConsentGiven]
    assert str(error) in caplog.text


@pytest.mark.parametrize("error", ERRORS)
def test_earlier_grants_that_cannot_be_ended(caplog: Any, error: Exception):
    class Grants(MemoryGrantStore):
        def grants(self, *which: Any) -> Any:
            raise error

    server = make_server(grants=Grants(), single_access_token=True)
    with caplog.at_level(logging.WARNING):
        end_earlier_grants(server, replace(new_grant(), subject="bob"), emit_nothing)
    assert str(error) in caplog.text

"""Loops of compare and swap end on a store whose swap never succeeds, and on a busy one."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.backends.memory.consents import MemoryConsentStore
from pyramid_oauth2.backends.memory.grants import MemoryGrantStore
from pyramid_oauth2.protocol.authorization.codes import burn_after_wrong_verifiers
from pyramid_oauth2.protocol.authorization.consent import remember_consent
from pyramid_oauth2.protocol.authorization.interaction import begin_interaction, open_interaction
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.authorization.response import approval
from pyramid_oauth2.protocol.contention import TRIES, Contention
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.protocol.token_strings import parse_token

from .worlds import make_client, make_request, make_server


class Grants(MemoryGrantStore):
    """Loses the first swaps to others.

    :ivar lost: how many are left to lose.
    """

    lost = TRIES

    def amend(self, *change: Any) -> bool:
        self.lost -= 1
        return self.lost < 0 and super().amend(*change)


class Consents(MemoryConsentStore):
    lost = TRIES

    def put(self, *change: Any) -> bool:
        self.lost -= 1
        return self.lost < 0 and super().put(*change)


@pytest.fixture
def server():
    server = make_server(grants=Grants(), consents=Consents())
    server.clients.add(make_client())
    return server


def count_a_wrong_verifier(server):
    made = approval(server, make_client(), "bob", make_request())
    ref = parse_token(made.parameters["code"])
    return lambda: burn_after_wrong_verifiers(server, ref)


def open_a_page(server):
    handle, _ = begin_interaction(server, Interaction(make_request()))
    return lambda: open_interaction(server, handle, "browser", "bob")


def remember(server):
    asked = make_request()
    return lambda: remember_consent(server, asked, asked, make_client(), "bob")


@pytest.mark.parametrize("prepare", [count_a_wrong_verifier, open_a_page, remember])
def test_it_ends_when_each_swap_is_lost(server, prepare):
    act = prepare(server)
    with pytest.raises(StoreUnavailable, match=f"{TRIES} tries"):
        act()
    server.grants.lost = server.consents.lost = TRIES - 1
    act()


def test_the_last_turn_that_is_lost_ends_it():
    contention = Contention("the record")
    for _ in range(TRIES - 1):
        contention.lost()
    with pytest.raises(StoreUnavailable, match="the record could not be changed"):
        contention.lost()

"""How a client came to the server, and what follows from that for its users."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.protocol.authorization.results import Ask, Respond
from pyramid_oauth2.protocol.clients.rules import InvalidClientMetadata, check_change
from pyramid_oauth2.protocol.clients.source import (
    APPROVED,
    DOCUMENT,
    OPERATOR,
    OWNER,
    REGISTERED,
    SOURCE,
    approved,
    from_source,
    is_a_stranger,
    is_unchecked,
    source_of,
)
from pyramid_oauth2.protocol.records import Client

from .plugged import Plugged
from .worlds import make_client, make_server

FIELDS = {field.name: field for field in (SOURCE, APPROVED)}


@pytest.mark.parametrize(
    ("record", "source"),
    [
        pytest.param({}, OPERATOR, id="operator"),
        pytest.param({"owner": "eve"}, OWNER, id="owner"),
        pytest.param({"extra": {"source": "registered"}}, REGISTERED, id="registered"),
        pytest.param({"extra": {"source": "document"}}, DOCUMENT, id="document"),
        pytest.param(
            {"owner": "eve", "extra": {"source": "registered"}}, REGISTERED, id="for a user"
        ),
        pytest.param({"extra": {"self_registered": True}}, REGISTERED, id="earlier version"),
        pytest.param({"extra": {"source": 1}}, OPERATOR, id="unreadable"),
    ],
)
def test_the_source_of_a_record(record: dict[str, Any], source: str) -> None:
    client = Client("c", **record)
    assert source_of(client) == source
    assert is_unchecked(client) is (source != OPERATOR)
    assert is_a_stranger(client) is (source in (REGISTERED, DOCUMENT))
    assert not is_unchecked(approved(client))
    assert approved(approved(client), False) == client


def test_an_approval_is_ended_like_it_was_never_there() -> None:
    client = from_source(Client("c"), REGISTERED)
    assert client.extra == {"source": "registered"}
    assert approved(client).extra == {"source": "registered", "approved": True}


def test_no_other_source_can_be_named() -> None:
    server = make_server(client_fields={**make_server().client_fields, **FIELDS})
    with pytest.raises(InvalidClientMetadata, match="choose one of operator, registered"):
        check_change(server, make_client(), {"source": "owner"})


@pytest.mark.parametrize("source", [REGISTERED, DOCUMENT])
class TestConsent:
    """Users are asked each time, until an operator approves it; and never not at all."""

    def begin(self, source: str, *, is_approved: bool, consent: str = "remember") -> Any:
        world = Plugged()
        client = from_source(make_client(client_id="hobby", consent=consent), source)
        world.server.clients.add(approved(client, is_approved))
        world.decide(world.begin(client_id="hobby"), decision="allow")
        return world.begin(client_id="hobby")

    def test_is_not_remembered(self, source: str) -> None:
        assert isinstance(self.begin(source, is_approved=False), Ask)

    def test_is_remembered_once_it_is_approved(self, source: str) -> None:
        assert isinstance(self.begin(source, is_approved=True), Respond)

    @pytest.mark.parametrize("is_approved", [False, True])
    def test_is_never_skipped(self, source: str, is_approved: bool) -> None:
        assert isinstance(self.begin(source, is_approved=is_approved, consent="skip"), Ask)


def test_what_a_user_allowed_a_stranger_is_not_remembered() -> None:
    """So that an approval later does not bring back what was allowed before."""
    world = Plugged()
    client = from_source(make_client(client_id="hobby"), REGISTERED)
    world.server.clients.add(client)
    world.decide(world.begin(client_id="hobby"), decision="allow")
    assert world.server.consents.get("bob", "hobby") is None

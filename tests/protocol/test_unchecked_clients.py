"""Errors of clients that anyone can register (RFC 9700 section 4.11.2)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from pyramid_oauth2.protocol.authorization.results import Again, Ask, Login, Refuse, Respond
from pyramid_oauth2.protocol.authorization.return_query import LONGEST

from .plugged import Plugged
from .test_client_resolvers import URL, Resolver
from .test_request_sources import SOURCES, bare
from .worlds import make_client

UNCHECKED = {"owner": "eve"}, {"extra": {"source": "registered"}}
FAULTS: tuple[dict[str, str | None], ...] = (
    {"scope": "fly"},
    {"scope": 'a"b'},
    {"response_type": "magic"},
    {"response_type": None},
    {"code_challenge": None},
    {"prompt": "sometimes"},
    {"scope": "fly", "prompt": "none"},
    {"request": "x"},
)


def world_of(**metadata: Any) -> Plugged:
    world = Plugged(request_sources=SOURCES)
    world.server.clients.add(make_client(client_id="hobby", **metadata))
    return world


def begin(world: Plugged, subject: str | None, **changes: str | None) -> Any:
    return world.begin(world.user(subject), **{"client_id": "hobby", **changes})


@pytest.mark.parametrize("changes", FAULTS, ids=str)
@pytest.mark.parametrize("metadata", UNCHECKED, ids=str)
def test_a_stranger_is_not_redirected_until_they_sign_in(
    metadata: dict[str, Any], changes: dict[str, str | None]
) -> None:
    world = world_of(**metadata)
    result = begin(world, None, **changes)
    assert isinstance(result, Respond)
    assert result.by_link
    assert begin(world, "bob", **changes).by_link is False


@pytest.mark.parametrize("changes", FAULTS, ids=str)
def test_a_client_of_an_operator(changes: dict[str, str | None]) -> None:
    for subject in (None, "bob"):
        assert begin(world_of(), subject, **changes).by_link is False


@pytest.mark.parametrize("metadata", UNCHECKED, ids=str)
def test_silent_authentication_is_excepted(metadata: dict[str, Any]) -> None:
    result = begin(world_of(**metadata), None, prompt="none")
    assert (result.response.parameters["error"], result.by_link) == ("login_required", False)


@pytest.mark.parametrize("metadata", UNCHECKED, ids=str)
def test_what_is_right_goes_on_as_usual(metadata: dict[str, Any]) -> None:
    world = world_of(**metadata)
    assert isinstance(begin(world, None), Login)
    page = begin(world, "bob")
    assert isinstance(page, Ask)
    allowed: Any = world.decide(page, decision="allow")
    assert ("code" in allowed.response.parameters, allowed.by_link) == (True, False)


def test_a_stored_request_that_the_client_may_not_make_any_more() -> None:
    world = world_of(owner="eve")
    begun = begin(world, None, state="%" * LONGEST)
    assert isinstance(begun, Again)
    assert world.server.clients.edit("hobby", 0, {"scope": frozenset({"write"})})
    for subject, by_link in ((None, True), ("bob", False)):
        result: Any = world.resume(begun.query, world.user(subject))
        assert (result.response.parameters["error"], result.by_link) == ("invalid_scope", by_link)


def test_a_request_object_that_is_faulty_within() -> None:
    world = world_of(extra={"source": "registered"})
    wanted = {"client_id": "hobby", "redirect_uri": "https://client.example/back", "scope": "fly"}
    request = bare(client_id="hobby", request=json.dumps(wanted))
    for subject, by_link in ((None, True), ("bob", False)):
        assert begin(world, subject, **request).by_link is by_link


def test_a_client_that_a_resolver_found() -> None:
    """It stays one that no operator has checked, also in the store."""
    resolver = Resolver()
    resolver.found = make_client(client_id=URL)
    world = Plugged(client_resolvers={"urls": resolver})
    faulty = {"client_id": URL, "scope": "fly"}
    login = world.begin(world.user(None), **faulty)
    assert isinstance(login, Login), "its document is not fetched, so its URI is not known"
    silent = world.begin(world.user(None), **faulty, prompt="none")
    assert isinstance(silent, Refuse)
    world.decide(world.begin(client_id=URL), decision="allow")
    stored: Any = world.begin(world.user(None), **faulty)
    assert stored.by_link
    world.plug()
    without: Any = world.begin(world.user(None), **faulty)
    assert without.by_link
    returned: Any = world.begin(
        world.user(), **{name: value for name, value in parse_qsl(login.query) if value}
    )
    assert returned.by_link is False

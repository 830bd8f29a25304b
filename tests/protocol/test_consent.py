"""When the user need not be asked again, and what is remembered (RFC 6749 section 10.2)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.authorization.consent import allowed_before, remember_consent
from pyramid_oauth2.protocol.resources import ProtectedResource, Resources

from .worlds import BACK, NOW, Clock, make_client, make_request, make_server

READ, BOTH = frozenset({"read"}), frozenset({"read", "write"})
PUBLIC = {"token_endpoint_auth_method": "none"}
APP = "com.example.app:/back"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    return make_server(clock)


def needs_consent(server, requested, client, subject):
    return allowed_before(server, requested, client, subject) is None


def remember(server, requested, granted=None, **record):
    remember_consent(server, requested, granted or requested, make_client(**record), "bob")


@pytest.mark.parametrize(
    ("record", "asked", "ask"),
    [
        pytest.param({}, {}, False, id="the same"),
        pytest.param({}, {"scope": BOTH}, True, id="more"),
        pytest.param({}, {"redirect_uri": f"{BACK}2"}, True, id="elsewhere"),
        pytest.param({}, {"prompt": frozenset({"consent"})}, True, id="prompt"),
        pytest.param({}, {"prompt": frozenset({"login"})}, False, id="prompt=login"),
        pytest.param({"consent": "ask"}, {}, True, id="ask each time"),
        pytest.param({"consent": "skip"}, {"scope": BOTH}, False, id="skip"),
        pytest.param(
            {"consent": "skip"}, {"prompt": frozenset({"consent"})}, True, id="skip, but prompt"
        ),
        pytest.param(PUBLIC, {}, False, id="public with a claimed https redirect"),
        pytest.param(PUBLIC, {"redirect_uri": APP}, True, id="public, private-use scheme"),
        pytest.param(
            {**PUBLIC, "consent": "skip"}, {"redirect_uri": APP}, True, id="public and skip"
        ),
        pytest.param(PUBLIC, {"redirect_uri": "http://127.0.0.1/"}, True, id="public, loopback"),
    ],
)
def test_needs_consent(server, record, asked, ask):
    kept = (
        {"redirect_uri": asked["redirect_uri"]} if record.keys() & PUBLIC.keys() and asked else {}
    )
    remember(server, make_request(**kept))
    assert needs_consent(server, make_request(**asked), make_client(**record), "bob") is ask


def test_nobody_else_is_meant(server):
    remember(server, make_request())
    assert needs_consent(server, make_request(), make_client(), "alice")
    assert needs_consent(server, make_request(), make_client(client_id="other"), "bob")


def test_a_consent_to_some_resources_covers_no_request_without_them(server):
    server.clients.add(make_client())
    allowed = make_request()
    remember_consent(server, allowed, allowed, make_client(), "bob")
    assert not needs_consent(server, allowed, make_client(), "bob")
    consent = server.consents.get("bob", "web")
    limited = replace(consent, resources=("https://api.example",))
    assert server.consents.put(limited, consent.version)
    assert needs_consent(server, allowed, make_client(), "bob")
    # Nor is it united with one without a limit.
    other = make_request(scope=frozenset({"write"}))
    remember_consent(server, other, other, make_client(), "bob")
    kept = server.consents.get("bob", "web")
    assert (kept.scope, kept.resources) == ({"write"}, ())


def test_scopes_are_united(server, clock):
    remember(server, make_request())
    clock.now += 5
    remember(server, make_request(scope=frozenset({"write"})))
    consent = server.consents.get("bob", "web")
    assert consent.scope == BOTH
    assert (consent.created_at, consent.expires_at) == (NOW, NOW + 5 + 100_000)


def test_what_was_allowed_elsewhere_is_not_allowed_here(server):
    remember(server, make_request(scope=frozenset({"write"})))
    remember(server, make_request(redirect_uri=f"{BACK}2"))
    consent = server.consents.get("bob", "web")
    assert (consent.scope, consent.redirect_uri) == (READ, f"{BACK}2")


def test_what_was_unticked_is_not_remembered_from_before(server):
    both = make_request(scope=BOTH)
    remember(server, both)
    remember(server, both, granted=make_request())
    assert server.consents.get("bob", "web").scope == READ


class TestDeclined:
    """What the user unticked is decided as well."""

    def asks(self, **changes):
        optional = frozenset({"write", "more"})
        return make_request(**{"scope": BOTH, "optional_scope": optional, **changes})

    def granted(self, server, requested, **record):
        found = allowed_before(server, requested, make_client(**record), "bob")
        return None if found is None else found.scope

    @pytest.fixture(autouse=True)
    def decided(self, server):
        remember(server, self.asks(), granted=self.asks(scope=READ))

    def test_it_is_not_granted_and_not_asked_again(self, server):
        assert self.granted(server, self.asks()) == READ
        assert server.consents.get("bob", "web").scope == READ

    def test_it_is_asked_where_the_client_demands(self, server):
        assert self.granted(server, self.asks(prompt=frozenset({"consent"}))) is None
        assert self.granted(server, self.asks(), consent="ask") is None

    def test_it_is_asked_where_it_is_not_optional_any_more(self, server):
        assert self.granted(server, self.asks(optional_scope=frozenset())) is None

    def test_it_is_asked_where_nothing_else_is_requested(self, server):
        assert self.granted(server, self.asks(scope=frozenset({"write"}))) is None

    def test_it_is_asked_for_another_redirect_uri(self, server):
        assert self.granted(server, self.asks(redirect_uri=f"{BACK}2")) is None

    def test_a_scope_that_was_never_on_a_page_is_asked(self, server):
        assert self.granted(server, self.asks(scope=BOTH | {"more"})) is None

    def test_it_is_forgotten_where_it_is_allowed_later(self, server):
        remember(server, self.asks())
        assert self.granted(server, self.asks()) == BOTH
        remember(server, self.asks(), granted=self.asks(scope=READ))
        assert self.granted(server, self.asks()) == READ

    def test_it_stays_when_something_else_is_decided(self, server):
        remember(server, self.asks(scope=READ | {"more"}))
        assert self.granted(server, self.asks(scope=BOTH | {"more"})) == READ | {"more"}

    def test_an_earlier_version_merely_asks(self, server):
        """It preserves the member, and counts as allowed what the user allows with it."""
        consent = server.consents.get("bob", "web")
        members = json.loads(consent.data)
        assert members == {"declined": ["write"]}, "not critical"
        assert server.consents.put(replace(consent, scope=BOTH), consent.version)
        assert self.granted(server, self.asks()) == BOTH

    @pytest.mark.parametrize("data", [b'{"declined": "write"}', b'{"declined": [1]}'])
    def test_what_cannot_be_read_is_asked(self, server, data):
        consent = server.consents.get("bob", "web")
        assert server.consents.put(replace(consent, data=data), consent.version)
        assert self.granted(server, self.asks()) is None


class TestEpoch:
    """A client that was disabled, or whose tokens were all revoked, asks anew."""

    def test_what_was_allowed_before_does_not_count(self, server):
        remember(server, make_request())
        assert not needs_consent(server, make_request(), make_client(), "bob")
        assert needs_consent(server, make_request(), make_client(epoch=1), "bob")

    def test_nor_is_it_merged(self, server, clock):
        remember(server, make_request(scope=BOTH))
        clock.now += 5
        remember(server, make_request(), epoch=1)
        consent = server.consents.get("bob", "web")
        assert (consent.scope, consent.created_at) == (READ, clock.now)
        assert not needs_consent(server, make_request(), make_client(epoch=1), "bob")

    def test_a_process_that_knows_an_older_epoch(self, server):
        """As for tokens: a higher epoch than one's own is valid."""
        remember(server, make_request(), epoch=2)
        assert not needs_consent(server, make_request(), make_client(epoch=1), "bob")
        remember(server, make_request(), epoch=1)
        assert needs_consent(server, make_request(), make_client(epoch=2), "bob")


def test_an_expired_one_adds_nothing(server, clock):
    remember(server, make_request(scope=BOTH))
    clock.now += 100_000
    assert needs_consent(server, make_request(), make_client(), "bob")
    remember(server, make_request())
    consent = server.consents.get("bob", "web")
    assert (consent.scope, consent.created_at) == (READ, clock.now)


@pytest.mark.parametrize("consent", ["ask", "skip"])
def test_nothing_is_remembered_of_other_clients(server, consent):
    remember(server, make_request(), consent=consent)
    assert server.consents.get("bob", "web") is None


@pytest.mark.parametrize(
    "data",
    [b'{"claims": ["email"], "critical": ["claims"]}', b'{"critical": 1}', b"[]", b"\xff", b"x"],
)
def test_one_that_this_version_does_not_understand_is_not_remembered(server, data):
    """A later version limited it; a user who decides again replaces it."""
    remember(server, make_request(scope=BOTH))
    consent = server.consents.get("bob", "web")
    assert server.consents.put(replace(consent, data=data), consent.version)
    assert needs_consent(server, make_request(), make_client(), "bob")
    assert server.consents.get("bob", "web").data == data
    remember(server, make_request())
    consent = server.consents.get("bob", "web")
    assert (consent.scope, consent.data) == (READ, b"")
    assert not needs_consent(server, make_request(), make_client(), "bob")


def test_what_a_later_version_added_without_a_limit_stays(server):
    data = b'{"later":1}'
    remember(server, make_request())
    consent = server.consents.get("bob", "web")
    assert server.consents.put(replace(consent, data=data), consent.version)
    assert not needs_consent(server, make_request(), make_client(), "bob")
    remember(server, make_request(scope=frozenset({"write"})))
    consent = server.consents.get("bob", "web")
    assert (consent.scope, consent.data) == (BOTH, data)
    # Not for another redirect URI, which may be another party.
    remember(server, make_request(redirect_uri=f"{BACK}2"))
    assert server.consents.get("bob", "web").data == b""


class TestResources:
    """RFC 8707: what is allowed for one API is not allowed for another."""

    NOTES, BILLS, AREA = "https://n.example", "https://b.example", "https://auth.example.com"
    WRITE = frozenset({"write"})

    @pytest.fixture
    def server(self, clock):
        known = {each: ProtectedResource(each, BOTH) for each in (self.NOTES, self.BILLS)}
        return make_server(clock, resources=Resources(self.AREA, self.AREA, known))

    def asks(self, *resources, scope=READ, **changes):
        return make_request(scope=scope, resources=resources, **changes)

    def granted(self, server, requested):
        found = allowed_before(server, requested, make_client(), "bob")
        return None if found is None else found.scope

    def test_each_is_asked_once(self, server):
        for resources in ((self.NOTES,), (self.BILLS,), ()):
            assert self.granted(server, self.asks(*resources)) is None
            remember(server, self.asks(*resources))
        for resources in ((self.NOTES,), (self.BILLS,), (), (self.BILLS, self.NOTES)):
            assert self.granted(server, self.asks(*resources)) == READ

    def test_a_scope_for_one_and_another_for_another_are_no_more(self, server):
        remember(server, self.asks(self.NOTES, scope=READ))
        remember(server, self.asks(self.BILLS, scope=self.WRITE))
        assert self.granted(server, self.asks(self.NOTES, scope=READ)) == READ
        assert self.granted(server, self.asks(self.BILLS, scope=self.WRITE)) == self.WRITE
        for resources in ((self.NOTES,), (self.NOTES, self.BILLS)):
            assert self.granted(server, self.asks(*resources, scope=self.WRITE)) is None
        for resources in ((self.BILLS,), (self.NOTES, self.BILLS)):
            assert self.granted(server, self.asks(*resources, scope=READ)) is None
        assert self.granted(server, self.asks(self.NOTES, self.BILLS, scope=BOTH)) is None

    @pytest.mark.parametrize("now", [("NOTES", "BILLS"), ("BILLS",)])
    def test_nor_is_what_was_allowed_before_for_one_of_several(self, server, now):
        remember(server, self.asks(self.NOTES, scope=self.WRITE))
        remember(server, self.asks(*(getattr(self, each) for each in now), scope=READ))
        assert self.granted(server, self.asks(self.BILLS, scope=self.WRITE)) is None
        assert self.granted(server, self.asks(self.BILLS, scope=READ)) == READ

    def test_more_of_one_is_united_with_what_it_had(self, server):
        remember(server, self.asks(self.NOTES, scope=READ))
        remember(server, self.asks(self.BILLS, scope=READ))
        remember(server, self.asks(self.NOTES, scope=self.WRITE))
        assert self.granted(server, self.asks(self.NOTES, scope=BOTH)) == BOTH
        assert self.granted(server, self.asks(self.BILLS, scope=BOTH)) is None

    def test_what_is_unticked_for_one_was_not_unticked_for_another(self, server):
        optional = {"scope": BOTH, "optional_scope": self.WRITE}
        remember(server, self.asks(self.NOTES, **optional))
        remember(server, self.asks(self.BILLS, **optional), self.asks(self.BILLS))
        assert self.granted(server, self.asks(self.NOTES, **optional)) == BOTH
        assert self.granted(server, self.asks(self.BILLS, **optional)) == READ
        remember(server, self.asks(self.NOTES, **optional), self.asks(self.NOTES))
        assert self.granted(server, self.asks(self.NOTES, **optional)) == READ
        assert self.granted(server, self.asks(**optional)) is None

    def test_each_ends_at_its_own_time(self, server, clock):
        remember(server, self.asks(self.NOTES))
        clock.now += 60_000
        remember(server, self.asks(self.BILLS))
        clock.now += 60_000
        assert self.granted(server, self.asks(self.BILLS)) == READ
        assert self.granted(server, self.asks(self.NOTES)) is None

    def test_one_that_is_gone_is_forgotten(self, server):
        remember(server, self.asks(self.NOTES))
        server.resources.known.pop(self.NOTES)
        remember(server, self.asks(self.BILLS))
        assert b"elsewhere" not in server.consents.get("bob", "web").data

    def test_another_redirect_uri_or_epoch_replaces_all_of_them(self, server):
        for changes in ({"redirect_uri": f"{BACK}2"}, {}):
            remember(server, self.asks(self.NOTES))
            remember(server, self.asks(self.BILLS, **changes), epoch=0 if changes else 1)
            assert self.granted(server, self.asks(self.NOTES)) is None

    def test_an_earlier_version_finds_the_latest_decision_alone(self, server):
        remember(server, self.asks(self.NOTES, scope=BOTH))
        remember(server, self.asks(self.BILLS))
        consent = server.consents.get("bob", "web")
        assert (consent.scope, consent.resources) == (READ, (self.BILLS,))
        assert json.loads(consent.data).keys() == {"elsewhere"}, "not critical"

    @pytest.mark.parametrize(
        "decision", ["x", {}, {"scope": ["read"], "declined": [1], "expires_at": 1}]
    )
    def test_what_cannot_be_read_is_asked(self, server, decision):
        remember(server, self.asks(self.BILLS))
        consent = server.consents.get("bob", "web")
        data = json.dumps({"elsewhere": {self.NOTES: decision}}).encode()
        assert server.consents.put(replace(consent, data=data), consent.version)
        assert self.granted(server, self.asks(self.BILLS)) is None

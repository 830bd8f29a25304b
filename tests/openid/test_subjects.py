"""Pairwise subjects and their sectors (OpenID Connect Core sections 8 and 8.1)."""

from __future__ import annotations

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.openid.pairwise_salt import PairwiseSalt, WrongSalt
from pyramid_oauth2.openid.sectors import sector_of
from pyramid_oauth2.openid.subjects import pairwise_subject
from pyramid_oauth2.protocol.records import Client, StoreUnavailable
from tests.protocol.worlds import make_server

SALT, OTHER_SALT = "s" * 16, "t" * 16


def sector(*redirect_uris: str, named: str | None = None) -> str | None:
    extra = {} if named is None else {"sector_identifier_uri": named}
    return sector_of(Client("c", redirect_uris=redirect_uris, extra=extra))


class TestSectors:
    @pytest.mark.parametrize(
        ("redirect_uris", "host"),
        [
            (("https://app.example/back",), "app.example"),
            (("https://app.example/a", "https://APP.example:8443/b"), "app.example"),
            (("https://a.example/back", "https://b.example/back"), None),
            (("https://app.example/back", "com.example.app:/back"), None),
            (("com.example.app:/back",), None),
            (("com.example.app://app.example/back",), None),
            (("https://app.example/back", "com.example.app://app.example/back"), None),
            (("http://127.0.0.1/back",), None),
            (("http://localhost/back", "http://localhost:1/back"), None),
            ((), None),
        ],
    )
    def test_is_the_one_host_of_all_redirect_uris(self, redirect_uris: tuple[str, ...], host: str):
        assert sector(*redirect_uris) == host

    def test_or_that_of_the_list(self):
        uris = ("https://a.example/back", "https://b.example/back")
        assert sector(*uris, named="https://Sector.example/list.json") == "sector.example"


class TestIdentifiers:
    def test_are_fixed_for_ever(self):
        """A change of the formula would make every user unknown to every pairwise client."""
        found = pairwise_subject(SALT, "app.example", "bob")
        assert found == "UvCkENi3VhNoyG-BHPIOtk55nMijKrjG9adtVAGcrHg"

    def test_differ_by_salt_sector_and_user(self):
        made = {
            pairwise_subject(salt, host, user)
            for salt in (SALT, OTHER_SALT)
            for host in ("a.example", "b.example")
            for user in ("alice", "bob")
        }
        assert len(made) == 8
        assert all(len(each) == 43 and each.isascii() for each in made)

    def test_where_sector_and_user_meet_is_no_matter(self):
        assert pairwise_subject(SALT, "a.example", "1bob") != pairwise_subject(
            SALT, "a.example1", "bob"
        )


class TestTheSalt:
    """A digest of it is stored once."""

    def test_is_remembered(self):
        server = make_server()
        PairwiseSalt(SALT).check(server)
        (entry,) = server.entries.list("pairwise_salt").items
        assert SALT.encode() not in entry.data
        PairwiseSalt(SALT).check(server)
        for other in (OTHER_SALT, None):
            with pytest.raises(WrongSalt, match="Write the salt with which"):
                PairwiseSalt(other).check(server)

    def test_without_one_nothing_is_stored(self):
        server = make_server()
        PairwiseSalt(None).check(server)
        assert not server.entries.list("pairwise_salt").items
        with pytest.raises(StoreUnavailable, match=r"oauth2\.openid\.pairwise_salt is missing"):
            PairwiseSalt(None).checked(server)

    def test_is_checked_before_it_is_used(self):
        """Also if the store was away when the application started."""
        server = make_server()
        PairwiseSalt(SALT).check(server)
        with pytest.raises(StoreUnavailable, match="another one than before"):
            PairwiseSalt(OTHER_SALT).checked(server)

    def test_is_checked_once(self):
        backend, reads = MemoryBackend(), []

        def entries():
            reads.append(1)
            return backend.entries

        server, salt = make_server(entry_store=entries), PairwiseSalt(SALT)
        assert salt.checked(server) == salt.checked(server) == SALT
        assert len(reads) == 1

    def test_of_two_processes_with_two_salts_one_stops(self):
        """The second one finds what the first one has stored in between."""
        backend = MemoryBackend()

        class Between:
            def __init__(self, entries):
                self.entries = entries

            def get(self, namespace, key):
                return self.entries.get(namespace, key)

            def put(self, entry, version):
                other = make_server(entry_store=lambda: backend.entries)
                PairwiseSalt(OTHER_SALT).check(other)
                return self.entries.put(entry, version)

        server = make_server(entry_store=lambda: Between(backend.entries))
        with pytest.raises(WrongSalt):
            PairwiseSalt(SALT).check(server)

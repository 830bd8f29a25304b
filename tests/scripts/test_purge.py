from __future__ import annotations

from contextlib import suppress

from pyramid_oauth2.backends.contract.factories import new_grant, new_token
from pyramid_oauth2.protocol.records import Entry
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.scripts.purge import BATCH, purge_all


def fill(poauth2, count, end):
    """Put grants with that end into the store, each with a token."""
    with Ini(str(poauth2.path)).service() as service:
        for _ in range(count):
            grant = new_grant(created_at=1, expires_at=end, absolute_end=end)
            service.server.grants.open(grant, [new_token(grant=grant)], 1)


def test_expired_records_go_and_living_ones_stay(with_tables):
    fill(with_tables, 5, end=100)
    fill(with_tables, 2, end=4_000_000_000)
    status, out, err = with_tables("purge")
    assert (status, out) == (0, "10 expired records removed\n")
    assert err == ""
    assert with_tables("purge")[1] == "0 expired records removed\n"


def test_it_may_be_stopped_and_goes_on(with_tables):
    fill(with_tables, BATCH, end=100)

    class StopError(Exception):
        pass

    def stop(removed: int) -> None:
        raise StopError

    with Ini(str(with_tables.path)).service() as service, suppress(StopError):
        purge_all([service.server.grants, service.server.consents], 1000, stop)
    status, out, _ = with_tables("purge")
    assert (status, out) == (0, f"{BATCH} expired records removed\n")


def test_entries_are_purged_too(with_tables):
    with Ini(str(with_tables.path)).service() as service:
        assert service.entries.put(Entry("feature", "ended", expires_at=100), None)
        assert service.entries.put(Entry("feature", "endless"), None)
    assert with_tables("purge")[1] == "1 expired record removed\n"
    with Ini(str(with_tables.path)).service() as service:
        assert [entry.key for entry in service.entries.export().items] == ["endless"]

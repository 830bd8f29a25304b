"""``make bench SIZE=...``, with a small size: what the store is filled with, and the tables."""

from __future__ import annotations

import re

import pytest

from benchmarks import addon
from benchmarks.sizes.__main__ import main
from benchmarks.sizes.filling import fill
from pyramid_oauth2.protocol.records import ACCESS_TOKEN, REFRESH_TOKEN, Grant, Token
from tests.benchmark_workers import uncollected, workers_here  # noqa: F401

NUMBER = 7

pytestmark = pytest.mark.usefixtures("uncollected", "workers_here")


@pytest.fixture
def site(tmp_path):
    site = addon.make_site("sqlite", f"sqlite:///{tmp_path}/bench.sqlite")
    yield site
    site.close()


def exported(site):
    return site.service.server.grants.export().items


@pytest.mark.parametrize("expired", [False, True])
def test_a_store_is_filled_with_grants_as_requests_leave_them(site, expired):
    assert fill(site, NUMBER, expired) == 3 * NUMBER
    now = site.service.server.clock()
    grants = [each for each in exported(site) if isinstance(each, Grant)]
    ended = [grant for grant in grants if grant.absolute_end <= now]
    # One more, which a request has left.
    assert (len(grants), len(ended)) == (NUMBER + 1, NUMBER if expired else 0)
    for grant in grants:
        tokens = [
            each for each in exported(site) if isinstance(each, Token) and each.family == grant.id
        ]
        assert {token.kind for token in tokens} == {ACCESS_TOKEN, REFRESH_TOKEN}
        assert all((token.expires_at <= now) == (grant in ended) for token in tokens)
        assert all(token.expires_at <= grant.expires_at for token in tokens)


def test_what_has_expired_is_purged_whole(site):
    fill(site, NUMBER, expired=True)
    purged = site.service.server.grants.purge(site.service.server.clock())
    assert purged.removed == 3 * NUMBER
    assert len(exported(site)) == 3


def test_tables(capsys):
    quick = ["--store=sqlite", "--workload=W5", "--batches=1", "--size=2", "--counted=2"]
    main([str(NUMBER), *quick])
    filled, _, heading, row, _, purges, purge = capsys.readouterr().out.strip().split("\n")
    assert filled.startswith(f"sqlite: {3 * NUMBER} records in")
    assert re.search(rf" 0 +{NUMBER} +{NUMBER}/0 +latency +0 stmts +{NUMBER} stmts$", heading)
    assert re.fullmatch(r"W5 protected view( +\d+){2}( +\d+\.\d+){2} +1 +1", row)
    assert purges.startswith("W1: ms beside a purge")
    # Of three grants with two tokens; the requests for tokens may remove some as well.
    assert re.fullmatch(r"sqlite( +\d+\.\d+){5} +[0-9] +\d+", purge)

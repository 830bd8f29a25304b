"""Pushed authorization requests as a feature for ``make bench``: what a feature's workload takes.

``python -m benchmarks --feature tests.spikes.pushed_requests_measured``
"""

from __future__ import annotations

from benchmarks.site import Environ, Site
from benchmarks.workloads import AUTHORIZATION_REQUEST, workload

from .pushed_requests import includeme as includeme


@workload("P1", beside="W1")
def pushed_request(site: Site) -> Environ:
    """An authorization request that the client pushes (RFC 9126 section 2)."""
    return site.form("/oauth2/par", **AUTHORIZATION_REQUEST)

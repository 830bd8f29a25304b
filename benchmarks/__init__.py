"""What a request costs: CPU time, and what is sent to the store, by workload and store.

``make bench`` measures the add-on beside a *floor*, a bare Pyramid application
that does the same work on the store with the raw driver. ``make bench
AGAINST=REVISION`` measures another commit alternately with this one, in one run.
``SIZE=``, ``PEERS=1`` and ``SERVERS=1`` measure what :mod:`benchmarks.sizes`,
:mod:`benchmarks.peers` and :mod:`benchmarks.servers` say. ``BENCH="..."`` passes options on,
such as ``--markdown``, by which the tables of ``docs/performance.md`` are made.

``python -m benchmarks.start`` measures what a start costs, by configuration.

A new workload is a function in :mod:`benchmarks.workloads`. The workloads of a feature are in a
module with its ``includeme``, a few lines each::

    @workload("P1", beside="W1")
    def pushed_request(site: Site) -> Environ:
        return site.form("/oauth2/par", **AUTHORIZATION_REQUEST)

``--feature MODULE`` measures the add-on with and without the feature in turn: its own workloads
beside the opaque ones that they name, and what the opaque ones pay for it.
"""

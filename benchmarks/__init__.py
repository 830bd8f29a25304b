"""What a request costs: the CPU time of one WSGI call, by workload and store.

``make bench`` measures the add-on beside a *floor*, a bare Pyramid application
that does the same work on the store with the raw driver. ``make bench
AGAINST=REVISION`` measures another commit alternately with this one, in one run.

``python -m benchmarks.start`` measures what a start costs, by configuration.

A new workload is a function in :mod:`benchmarks.workloads`.
"""

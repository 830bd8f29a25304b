"""What a request costs: the CPU time of one WSGI call, by workload and store.

``make bench`` measures the add-on beside a *floor*, a bare Pyramid application
that does the same store work with the raw driver. ``make bench
AGAINST=REVISION`` measures another commit in turn with this one, in one run.

A new workload is a function in :mod:`benchmarks.workloads`.
"""

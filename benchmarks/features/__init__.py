"""What can be measured beside the rest: ``make bench BENCH="--feature benchmarks.features.NAME"``.

A feature is a module with ``includeme``, and with its own workloads, if it has any.
"""

"""The last lines of a test run: the stores that the contract was run on, and what was not run."""

from __future__ import annotations

from collections import Counter, defaultdict

CONTRACT = "pyramid_oauth2.backends.contract"


def pytest_collection_modifyitems(items):
    """Store in the reports the store and the group of each test of the contract suite.

    In the reports, since another process prints them.
    """
    for item in items:
        function = getattr(item, "function", None)
        # A property test is wrapped; its name and module are those of the inner function.
        function = getattr(getattr(function, "hypothesis", None), "inner_test", function)
        if function is not None and function.__module__.startswith(CONTRACT):
            group = function.__qualname__.partition(".")[0]
            store = item.cls.__name__.removeprefix("Test")
            item.user_properties.append(("contract", (store, group)))


def pytest_terminal_summary(terminalreporter):
    """Print the table of stores and groups, then the skipped tests."""
    reports = [
        report
        for outcome in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.stats.get(outcome, ())
    ]
    _print_contract(terminalreporter, reports)
    _print_left_out(terminalreporter, reports)


def _print_contract(terminal, reports):
    counts, seconds = defaultdict(Counter), Counter()
    for report in reports:
        # The report of a module that could not be collected has no properties.
        place = dict(getattr(report, "user_properties", ())).get("contract")
        if place is None:
            continue
        store, group = place
        counts[group][store] += report.passed
        seconds[store] += report.duration
    if not counts:
        return
    stores = sorted(seconds)
    width = max(map(len, counts))
    terminal.section("storage contract: tests passed, by group and store", sep="-")
    terminal.line(" " * width + "".join(f"{store:>18}" for store in stores))
    for group, row in sorted(counts.items()):
        terminal.line(f"{group:<{width}}" + "".join(f"{row[store]:>18}" for store in stores))
    terminal.line(f"{'seconds':<{width}}" + "".join(f"{seconds[store]:>18.1f}" for store in stores))


def _print_left_out(terminal, reports):
    reasons = Counter(
        report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for report in reports
        if report.skipped
    )
    terminal.section("not run", sep="-")
    if not reasons:
        terminal.line("nothing: everything was run")
    for reason, count in sorted(reasons.items()):
        terminal.line(f"{count} x {reason.removeprefix('Skipped: ')}")

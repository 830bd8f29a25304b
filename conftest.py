"""The plugins for all tests of the project."""

pytest_plugins = [
    "tests.closing_lines",
    "tests.log_watch",
    "tests.quick_keys",
    "tests.quick_starts",
    "tests.quick_statements",
]

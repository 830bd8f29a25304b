"""What every test of the project has at hand."""

pytest_plugins = ["tests.closing_lines", "tests.log_watch", "tests.quick_templates"]

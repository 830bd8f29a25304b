"""Pictures of every page, as a browser shows it: ``make screenshots``."""

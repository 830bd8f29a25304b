"""OAuth as plain Python: no web framework, no database, no clock of its own."""

"""The command line: ``poauth2 INI [name=value ...] COMMAND``, one file for each command group."""

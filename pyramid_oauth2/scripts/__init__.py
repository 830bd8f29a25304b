"""The command line: ``poauth2 INI [name=value ...] COMMAND``, one file a group of commands."""

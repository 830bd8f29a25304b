"""The protection of an application's views by bearer tokens and their scopes."""

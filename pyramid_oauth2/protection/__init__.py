"""Protecting an application's views: who is calling, by which token, and what it may do."""

"""Clients: the rules for their metadata, their secrets, and how they are registered."""

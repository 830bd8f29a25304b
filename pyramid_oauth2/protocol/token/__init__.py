"""Tokens: how they are issued, what their records say, and whether they are valid."""

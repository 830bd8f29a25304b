"""Plays what known MCP clients send, from the first request to the revocation.

In process, on the application of an ini, or against a server that runs. The clients are data
(:mod:`pyramid_oauth2.known_clients`).
"""

from __future__ import annotations

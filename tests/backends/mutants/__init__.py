"""Backends with one fault each, on the stores that can have it.

Each class passes for a backend, and its docstring says what is wrong with it. ``caught_by`` has
words of the names of the tests that must detect it. ``test_contract.py`` runs them.
"""

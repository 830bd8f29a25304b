"""What an earlier version wrote: a folder for each, with a dump of every store.

``python -m tests.old_data NAME`` writes the dumps of the version that is
checked out, before a change of what records say.
"""

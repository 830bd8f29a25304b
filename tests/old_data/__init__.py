"""Data written by earlier versions: a folder for each, with a dump of every store.

``python -m tests.old_data NAME`` writes the dumps of the checked-out version,
before a change of the records.
"""

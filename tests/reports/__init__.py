"""What public bug reports of other projects taught: a test for each, which names the report.

The server did it wrong once, or could have. The words are ours.
"""

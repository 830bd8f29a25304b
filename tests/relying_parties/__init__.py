"""Libraries that sign users in with OpenID Connect, end to end against a running server.

They are real applications, each in a process of its own, with the current release of its library:
``make clients`` installs them, in an environment of their own. Without it the tests are skipped.
"""

"""JSON Web Tokens (RFC 7519): the rules for those that come in, and the signatures of our own.

Nothing else imports joserfc, and it is imported when the first JWT is signed or verified: a
server that uses none does not pay for it.

:mod:`.uses` has what the JWTs of each use must look like, :mod:`.verification` the order of
the checks. :mod:`.signing` has our own keys, :mod:`.published_keys` those of other parties.
"""

"""OpenID Connect, without HTTP."""

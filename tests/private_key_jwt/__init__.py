"""Client authentication by a signed JWT, without HTTP."""

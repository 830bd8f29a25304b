"""Client ID metadata documents, without HTTP."""

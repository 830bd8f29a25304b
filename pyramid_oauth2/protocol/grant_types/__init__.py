"""One file a grant type. They are registered exactly as an application's own would be."""

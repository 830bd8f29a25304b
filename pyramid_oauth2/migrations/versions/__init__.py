"""One file a revision, each making what it made when it was released."""

"""One file for each revision; it always creates what it created when it was released."""

"""Optional standards, a folder each. None imports another, and the core imports none."""

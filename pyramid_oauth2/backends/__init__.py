"""Storage backends: one module or package for each, and the suite that all must pass."""

"""Where state lives: one module or package per backend, and the suite that all must pass."""

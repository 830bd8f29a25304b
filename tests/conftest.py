"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A slow machine is no failure of the code: pytest-timeout ends what hangs.
settings.register_profile("default", deadline=None)
settings.load_profile("default")

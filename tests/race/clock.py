"""The demo with a clock that a test can move forward, in every process at once."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyramid_oauth2 import get_service
from pyramid_oauth2.demo import main as demo
from pyramid_oauth2.interfaces import IService

FILE = "ahead"


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """The application, whose server takes the time from the file beside the ini."""
    application = demo(global_config, **settings)
    ahead = Path(global_config["here"], FILE)
    service = get_service(application.registry)

    def clock() -> int:
        return int(time.time()) + (int(ahead.read_text()) if ahead.exists() else 0)

    moved = replace(service, server=replace(service.server, clock=clock))
    application.registry.registerUtility(moved, IService)
    return application

"""The tweens of the add-on, and which of them the application's own list leaves out.

Pyramid calls only the tweens of ``pyramid.tweens``, if that is set, and says nothing of others.
"""

from __future__ import annotations

import logging
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.tweens import EXCVIEW

from ..interfaces import ISettings

log = logging.getLogger(__name__)

PYRAMID_TM = "pyramid_tm.tm_tween_factory"
WAITING = "pyramid_oauth2.views.waiting.waiting_tween"
UNDECODABLE = "pyramid_oauth2.views.undecodable.undecodable_tween"
CROSS_ORIGIN = "pyramid_oauth2.views.cross_origin.cross_origin_tween"


def includeme(config: Any) -> None:
    """Add the tweens, and look at the list when it is complete."""
    # pyramid_tm reads the user. The order in which both are included does not matter.
    config.add_tween(UNDECODABLE, over=(PYRAMID_TM, EXCVIEW))
    config.add_tween(WAITING, over=(UNDECODABLE, PYRAMID_TM))
    if config.registry.getUtility(ISettings).cors_paths:
        config.add_tween(CROSS_ORIGIN, over=(WAITING, UNDECODABLE, PYRAMID_TM, EXCVIEW))
    config.add_subscriber(_warn_of_unlisted, ApplicationCreated)


def _warn_of_unlisted(event: Any) -> None:
    if unlisted := _unlisted(event.app.registry):
        log.warning(
            "pyramid.tweens does not list all tweens of pyramid_oauth2, so they are not called. "
            "Add this line to it, above %s and %s: %s",
            PYRAMID_TM,
            EXCVIEW,
            " ".join(unlisted),
        )


def _unlisted(registry: Any) -> list[str]:
    """The tweens of this package, the optional ones as well, that an explicit list lacks."""
    category = registry.introspector.get_category("tweens", ())
    tweens = [item["introspectable"] for item in category]
    # By factory: a dotted name can be written in two ways.
    listed = [tween["factory"] for tween in tweens if tween["type"] == "explicit"]
    if not listed:
        return []
    added = (tween for tween in tweens if tween["type"] == "implicit")
    ours = (tween for tween in added if tween["name"].startswith("pyramid_oauth2."))
    unlisted = [tween["name"] for tween in ours if tween["factory"] not in listed]
    # A list begins with the outermost tween, which is added last.
    return unlisted[::-1]

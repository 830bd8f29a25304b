"""One class for all requests of an application, where Pyramid makes one for each of them.

``config.add_request_method`` with ``reify`` or ``property`` gives each request a class of its own,
which has the properties: 15 to 35 microseconds, more than all that this add-on does with a request
to another view. The class is the same each time, so it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.request import Request, apply_request_extensions
from pyramid.util import InstancePropertyHelper

from .interfaces.request import PyramidRequest

MOST = 8  # classes that are kept


def includeme(config: Any) -> None:
    """Keep the classes of requests once the application is complete."""
    config.add_subscriber(_keep_classes, ApplicationCreated)


class KeptClasses:
    """Stands in for the request extensions of a Pyramid router, with the same effect.

    Pyramid sets what the ``methods`` have, by ``__get__``, and then makes a class of the
    ``descriptors``. Here the methods begin with the class, and no descriptors are left.

    :param extensions: those of the application.
    """

    descriptors: Mapping[str, Any] = {}

    def __init__(self, extensions: Any) -> None:
        self._extensions = extensions
        self._known: Mapping[str, Any] = {}
        self._classes: dict[type[Any], type[Any]] = {}

    @property
    def methods(self) -> KeptClasses:
        """What is set on a request: see :meth:`items`."""
        return self

    def items(self) -> list[tuple[str, Any]]:
        """The class, and the methods of the application."""
        descriptors = self._extensions.descriptors
        if descriptors != self._known:
            # At the start, or after more were added.
            self._known, self._classes = dict(descriptors), {}
        return [("__class__", self), *self._extensions.methods.items()]

    def __get__(self, request: PyramidRequest, its_class: type[Any]) -> type[Any]:
        """The class of a request that Pyramid makes of *its_class*."""
        made = self._classes.get(its_class)
        if made is None:
            InstancePropertyHelper.apply_properties(request, self._known)
            made = request.__class__
            # Few: a request factory, or a copy of a request, may have a class of its own each time.
            if len(self._classes) < MOST:
                self._classes[its_class] = made
        return made


def _keep_classes(event: Any) -> None:
    router = event.app
    extensions = getattr(router, "request_extensions", None)
    if extensions is None:
        return
    kept, request = KeptClasses(extensions), Request.blank("/")
    apply_request_extensions(request, extensions=kept)
    # Otherwise this is a version of Pyramid that does it in another way.
    if extensions.descriptors.keys() <= vars(type(request)).keys():
        router.request_extensions = kept

"""The applications that can be measured, by name."""

from __future__ import annotations

from importlib import import_module

from . import addon
from .site import Site


def start(name: str, store: str, url: str) -> Site:
    """Start an application on an empty store.

    :param name: ``floor``, ``addon``, or ``addon+MODULE``: the add-on with a feature, which
        is a module with ``includeme``. Importing it registers the feature's workloads.
    :param store: ``sqlite``, ``postgresql`` or ``redis``.
    """
    application, _, feature = name.partition("+")
    if feature:
        return addon.make_site(store, url, import_module(feature).includeme)
    site: Site = import_module(f".{application}", __package__).make_site(store, url)
    return site

"""The applications that can be measured, by name."""

from __future__ import annotations

from importlib import import_module

from . import addon
from .site import Site


def start(name: str, store: str, url: str) -> Site:
    """Start an application on an empty store.

    :param name: ``floor``, ``addon``, or ``addon+MODULE``: the add-on with a feature, which
        is a module with ``includeme``. Importing it registers the feature's workloads. If they
        need more than the site of the add-on, ``beside`` in the module makes theirs from it;
        ``SETTINGS`` and ``USERS`` are its settings and resource owners.
    :param store: ``sqlite``, ``postgresql`` or ``redis``.
    """
    application, _, feature = name.partition("+")
    if feature:
        module = import_module(feature)
        more, users = getattr(module, "SETTINGS", None), getattr(module, "USERS", None)
        with_feature = addon.make_site(store, url, module.includeme, more, users)
        return module.beside(with_feature) if hasattr(module, "beside") else with_feature
    site: Site = import_module(f".{application}", __package__).make_site(store, url)
    return site

"""The factories of plug-ins in the registry of an application, by interface and name."""

from __future__ import annotations

from typing import Any

from .interfaces.extension import IPlugInFactory


def plug_in_name(interface: type[object], name: str) -> str:
    """The name of the utility that is the factory of a plug-in."""
    return f"{interface.__name__} {name}"


def registered_factories(registry: Any, interface: type[object]) -> dict[str, IPlugInFactory]:
    """The factories of the plug-ins of one kind, by the names under which they are registered."""
    prefix = plug_in_name(interface, "")
    return {
        name.removeprefix(prefix): factory
        for name, factory in sorted(registry.getUtilitiesFor(IPlugInFactory))
        if name.startswith(prefix)
    }

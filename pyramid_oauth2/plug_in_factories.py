"""The factories of plug-ins in the registry of an application, by interface and name."""

from __future__ import annotations

from typing import Any, cast

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


# What a plug-in declares. A text is a collection as well, of its letters.
TUPLES = ("members", "methods", "names", "options", "parameters")


def check_provides(interface: type[object], name: str, plug_in: object) -> None:
    """Check that a plug-in has what its interface names.

    :param name: under which it is registered.
    :raises ValueError: something is missing, or a text is where a tuple must be.
    """
    for member in sorted(cast(Any, interface).names(all=True)):
        if not hasattr(plug_in, member):
            raise ValueError(f"{name} has no {member}, which an {interface.__name__} needs")
        if member in TUPLES and isinstance(getattr(plug_in, member), str):
            raise ValueError(f"{member} of {name} is a text; write a tuple of texts")

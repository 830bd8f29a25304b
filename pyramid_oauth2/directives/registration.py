"""How a directive registers what it is given."""

from __future__ import annotations

import inspect
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import PHASE1_CONFIG

from ..interfaces import IPlugInFactory
from ..plug_in_factories import plug_in_name


def register_plug_in(config: Any, interface: Any, noun: str, name: str, factory: Any) -> None:
    """Register the factory of a plug-in, or its dotted name.

    :raises pyramid.exceptions.ConfigurationError: it is no factory.
    """
    factory = config.maybe_dotted(factory)
    if not callable(factory):
        raise ConfigurationError(
            f"The {noun} {name!r} must be a factory: a class or a function that is called with the "
            f"server and the settings, and returns an {interface.__name__}. It is {factory!r}."
        )
    _check_signature(noun, name, factory)
    register(config, IPlugInFactory, noun, factory, name, plug_in_name(interface, name))


def _check_signature(noun: str, name: str, factory: Any) -> None:
    try:
        inspect.signature(factory).bind("the server", "the settings")
    except TypeError as error:
        raise ConfigurationError(
            f"The factory of the {noun} {name!r} cannot be called with the server and the "
            f"settings: {error}."
        ) from None
    except ValueError:  # A factory in C may have no signature.
        return


def register(
    config: Any,
    interface: Any,
    noun: str,
    value: Any,
    name: str = "",
    registered_as: str | None = None,
) -> None:
    """Register a value as a utility, by an action of its own.

    :param noun: what it is, in the messages of conflicts and in the introspection.
    :param registered_as: the name of the utility, if that is not *name*.
    """
    discriminator = ("oauth2", noun, name)
    introspectable = config.introspectable("oauth2", discriminator, name or noun, f"oauth2 {noun}")
    introspectable["value"] = value

    def add() -> None:
        registered = name if registered_as is None else registered_as
        config.registry.registerUtility(value, interface, name=registered)

    config.action(discriminator, add, order=PHASE1_CONFIG, introspectables=(introspectable,))

"""What views demand of an access token beside its scope, as plug-ins define it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.exceptions import ConfigurationError

from ..interfaces import IService, ISettings, IViewDemand
from ..plug_in_factories import check_provides, registered_factories
from ..protocol.errors import OAuth2Error
from ..protocol.token.access_token import AccessToken
from ..startup_error import StartupError

PREFIX = "oauth2_"
# The options of the guard itself. ``oauth2_endpoint`` marks the add-on's own endpoints, which
# handle an invalid token themselves. ``oauth2_refused`` marks the pages that are for people
# only, which refuse every token.
INTERNAL_OPTIONS = ("oauth2_endpoint", "oauth2_refused")
OWN_OPTIONS = ("oauth2_scope", "oauth2_only", *INTERNAL_OPTIONS)


class LateServer:
    """The server of an application that is still being configured, for a later use.

    Views are derived before the application is complete, and the server is made after
    that. It has the attributes of :class:`~pyramid_oauth2.interfaces.IServer`; in a resource
    server those of :class:`~pyramid_oauth2.interfaces.IResourceServer`.
    """

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def __getattr__(self, name: str) -> Any:
        """The attribute of the server.

        :raises pyramid.exceptions.ConfigurationError: the application is not complete.
        """
        if name.startswith("_"):  # Asked for by copy, or by zope.interface; not by a demand.
            raise AttributeError(name)
        service = self._registry.queryUtility(IService)
        if service is None:
            raise ConfigurationError(
                f"A view demand uses server.{name} before the application is complete: keep the "
                "server, and use it in check()."
            )
        return getattr(service.server, name)


@dataclass(frozen=True, slots=True)
class DeclaredDemand:
    """What one view demands.

    :param demand: as the plug-in parsed it from the options of the view.
    """

    plug_in: IViewDemand
    demand: Any

    def check(self, token: AccessToken) -> OAuth2Error | None:
        """Why the token does not meet the demand; None if it does.

        :raises StoreUnavailable: the store cannot answer.
        """
        try:
            found: object = self.plug_in.check(self.demand, token)
        except OAuth2Error as error:
            return error
        if found is None or isinstance(found, OAuth2Error):
            return found
        # Fail closed: True may have meant that the token meets the demand, or that it does not.
        raise TypeError(f"check() of {self.plug_in!r} returned {found!r}, not None or an error")


class ViewDemands:
    """The registered view demands of an application."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        self._made: dict[str, IViewDemand] = {}

    @property
    def options(self) -> tuple[str, ...]:
        """The names of all their options of a view.

        :raises StartupError: two have the same option.
        """
        return tuple(option for each in self._plug_ins().values() for option in each.options)

    def declared_by(self, options: Mapping[str, Any]) -> tuple[DeclaredDemand, ...]:
        """What a view demands.

        :param options: of the view.
        :raises StartupError: a value is wrong, or the view has no
            ``oauth2_scope``.
        """
        found = []
        for plug_in in self._plug_ins().values():
            given = {name: options[name] for name in plug_in.options if _is_given(options, name)}
            if not given:
                continue
            if options.get("oauth2_scope") is None:
                raise StartupError(f"{min(given)} closes nothing without an oauth2_scope.")
            demand = _parsed(plug_in, given)
            if demand is not None:
                found.append(DeclaredDemand(plug_in, demand))
        return tuple(found)

    def _plug_ins(self) -> Mapping[str, IViewDemand]:
        # Each time, since under autocommit=True a directive may follow the first view.
        for name, factory in registered_factories(self._registry, IViewDemand).items():
            if name not in self._made:
                settings = self._registry.getUtility(ISettings)
                late: Any = LateServer(self._registry)
                made: Any = factory(late, settings)
                self._check_options(name, made)
                self._made[name] = made
        return self._made

    def _check_options(self, name: str, plug_in: IViewDemand) -> None:
        try:
            check_provides(IViewDemand, f"the view demand {name}", plug_in)
        except ValueError as error:
            raise StartupError(f"A plug-in cannot be used: {error}.") from None
        if not plug_in.options:
            raise StartupError(f"The view demand {name} names no options.")
        owners = dict.fromkeys(OWN_OPTIONS, "pyramid_oauth2")
        owners |= {each: owner for owner, made in self._made.items() for each in made.options}
        for option in plug_in.options:
            if option in owners:
                raise StartupError(
                    f"The view option {option} is declared by {owners[option]} and by {name}."
                )
            if not option.startswith(PREFIX):
                # Pyramid, its predicates, and other derivers have options too.
                raise StartupError(f"The view option {option} of {name} must begin with {PREFIX}.")


def _is_given(options: Mapping[str, Any], name: str) -> bool:
    return options.get(name) is not None


def _parsed(plug_in: IViewDemand, given: Mapping[str, Any]) -> object | None:
    try:
        return plug_in.parse(given)
    except ValueError as error:
        shown = ", ".join(f"{name}={value!r}" for name, value in given.items())
        raise StartupError(f"{shown}: {error}") from error

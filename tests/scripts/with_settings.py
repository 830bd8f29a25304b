"""An application with a feature that has settings of its own."""

from dataclasses import dataclass

from pyramid.config import Configurator

from pyramid_oauth2.extension import boolean, lifetime, plain_text, setting


@dataclass(frozen=True)
class BadgeSettings:
    """Badges."""

    enabled: bool = setting(boolean, False, "Whether there are badges.", key="")
    lifetime: int = setting(lifetime, 3600, "How long a badge is valid.")
    pepper: str = setting(plain_text, "", "What is mixed in.", secret=True)


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_oauth2_settings("badges", BadgeSettings)
    return config.make_wsgi_app()

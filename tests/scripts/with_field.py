"""An application that adds a field to the metadata of clients."""

from pyramid.config import Configurator

from pyramid_oauth2 import ClientField
from pyramid_oauth2.protocol.clients.codecs import Codec
from pyramid_oauth2.protocol.clients.field import Option


def even(server, number):
    if number is not None and int(number) % 2:
        yield "a customer number is even"


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_oauth2_client_field(
        ClientField(
            "customer_number",
            Codec.OPTIONAL_TEXT,
            "the customer that it belongs to, 100% of it",
            rule=even,
            option=Option("--customer-number"),
        )
    )
    # Called as another argument of the command is.
    config.add_oauth2_client_field(
        ClientField("json", Codec.BOOLEAN, "whether it likes JSON", option=Option("--likes-json"))
    )
    config.add_oauth2_client_field(
        ClientField("teams", Codec.TEXTS, "who works on it", (), option=Option("--team"))
    )
    likes = Option("--likes", words=True)
    config.add_oauth2_client_field(
        ClientField("likes", Codec.SCOPE, "what it likes", frozenset(), option=likes)
    )
    return config.make_wsgi_app()

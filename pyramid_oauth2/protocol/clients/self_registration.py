"""Clients that anyone can register, so that no operator has checked them."""

from __future__ import annotations

from dataclasses import replace

from ..records import Client
from .codecs import Codec
from .extra import into_extra, value_of
from .field import ClientField, Option

SELF_REGISTERED = ClientField(
    "self_registered",
    Codec.BOOLEAN,
    "Whether anyone can register it. A client with an owner counts as such a one anyway.",
    False,
    option=Option("--self-registered"),
)


def is_self_registered(client: Client) -> bool:
    """Whether the client came without an operator: by its owner, or in another way."""
    return client.owner is not None or value_of(SELF_REGISTERED, client)


def self_registered(client: Client) -> Client:
    """The client, marked as one that no operator has checked."""
    name = SELF_REGISTERED.name
    return replace(client, **into_extra({name: SELF_REGISTERED}, {name: True}, client.extra))

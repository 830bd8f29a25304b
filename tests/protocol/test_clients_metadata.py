"""The table of a client's fields agrees with the record, and each entry can be used."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from pyramid_oauth2.protocol.clients.codecs import Codec
from pyramid_oauth2.protocol.clients.field import (
    ClientField,
    Control,
    Option,
    on_a_form,
    with_an_option,
)
from pyramid_oauth2.protocol.clients.metadata import BY_NAME, FIELDS
from pyramid_oauth2.protocol.records import Client

MAINTAINED = {
    *("client_id", "client_secrets", "created_at", "updated_at", "disabled_at"),
    *("version", "epoch"),
}


def test_the_table_has_what_the_record_has():
    assert {field.name for field in fields(Client)} == BY_NAME.keys() | MAINTAINED
    assert len(BY_NAME) == len(FIELDS)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_default(field: ClientField):
    assert field.default == getattr(Client("x"), field.name)
    assert field.codec.read(field.codec.write(field.default)) == field.default


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_what_a_field_means_is_a_sentence(field: ClientField):
    assert field.help.endswith(".")


def test_no_two_are_in_the_same_place():
    for found in (on_a_form(FIELDS), with_an_option(FIELDS)):
        places = [shown.place for _, shown in found]
        assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    ("declaration", "problem"),
    [
        ({"name": "Partner"}, "lower-case"),
        ({"name": ""}, "lower-case"),
        ({"control": Control("switch", "Partner")}, "controls for text: choice, line"),
        ({"codec": Codec.MAPPING, "control": Control("line", "P")}, "object: none"),
        ({"option": Option("partner")}, "no option"),
    ],
)
def test_a_declaration_that_cannot_be_used(declaration: dict[str, Any], problem: str):
    usual: dict[str, Any] = {"name": "partner", "codec": Codec.TEXT, "help": "A partner."}
    with pytest.raises(ValueError, match=problem):
        ClientField(**usual | declaration)

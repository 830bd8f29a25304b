"""The table of a client's fields agrees with the record, and each entry can be used."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from pyramid_oauth2.protocol.clients.codecs import Codec
from pyramid_oauth2.protocol.clients.field import (
    KINDS,
    ClientField,
    Control,
    Option,
    on_a_form,
    with_an_option,
)
from pyramid_oauth2.protocol.clients.metadata import BY_NAME, FIELDS
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.scripts.client.metadata import FORMS

LINE = Control("line", "Partner")
CHOICE = Control("choice", "Partner", choices=(("a", "A"), ("b", "B")))
FLAG = Option("--partner")
NO_LISTS = {codec: codec.description for codec in Codec if codec not in (Codec.TEXTS, Codec.SCOPE)}
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
        ({"control": LINE}, "partner: the default None is no value that Codec.TEXT has"),
        ({"codec": Codec.TEXTS, "control": Control("lines", "P")}, "the default None"),
        ({"codec": Codec.SCOPE, "control": Control("ticks", "P")}, "the default None"),
        ({"codec": Codec.INTEGER, "control": LINE}, "the default None"),
        ({"codec": Codec.LIFETIMES, "control": LINE}, "the default None"),
        ({"codec": Codec.TEXTS, "default": "abc"}, "the default 'abc' is no value"),
        ({"codec": Codec.INTEGER, "default": True}, "the default True is no value"),
        ({"control": CHOICE}, "the default None is none of the choices"),
        ({"control": CHOICE, "default": "c"}, "the default 'c' is none of the choices"),
        (
            {"codec": Codec.BOOLEAN, "control": Control("switch", "P", longest=9)},
            "switch has no longest",
        ),
        *(
            ({"codec": codec, part: value}, f"{part} is for lists, and the field is {words}")
            for codec, words in NO_LISTS.items()
            for part, value in (("widens", True), ("most", 3))
        ),
        ({"codec": Codec.MAPPING, "option": FLAG}, "partner: the command line has no option for"),
        ({"codec": Codec.MAPPING, "option": FLAG}, "no option for object"),
        ({"option": Option("--partner", words=True)}, "words of the option are for lists"),
        *(
            ({"codec": codec, "option": Option("--partner", choices=("1",))}, "choices of the opt")
            for codec in (Codec.INTEGER, Codec.LIFETIMES, Codec.BOOLEAN)
        ),
    ],
)
def test_a_declaration_that_cannot_be_used(declaration: dict[str, Any], problem: str):
    usual: dict[str, Any] = {"name": "partner", "codec": Codec.TEXT, "help": "A partner."}
    with pytest.raises(ValueError, match=problem) as caught:
        ClientField(**usual | declaration)
    assert usual["name"] in str(caught.value) or "name" in declaration


@pytest.mark.parametrize("codec", Codec, ids=lambda codec: codec.name)
def test_a_field_that_is_neither_on_a_form_nor_an_option_needs_no_default(codec: Codec):
    assert ClientField("partner", codec, "A partner.").default is None


@pytest.mark.parametrize("codec", KINDS, ids=lambda codec: codec.name)
def test_every_form_of_which_a_form_has_a_control_has_an_option(codec: Codec):
    """And the command line knows how to convert it."""
    assert codec in FORMS
    assert ClientField("partner", codec, "A partner.", option=FLAG).option is FLAG

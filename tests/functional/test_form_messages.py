"""Every word of the forms for clients is in the language of the page."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import read_mo
from pyramid.i18n import TranslationStringFactory

import pyramid_oauth2
from pyramid_oauth2 import Client, ClientField, InvalidClientMetadata
from pyramid_oauth2.protocol.clients.application_types import APPLICATION_TYPES
from pyramid_oauth2.protocol.clients.codecs import Codec
from pyramid_oauth2.protocol.clients.field import ALL, Control, on_a_form
from pyramid_oauth2.protocol.clients.metadata import FIELDS
from pyramid_oauth2.protocol.clients.rules import check_client
from pyramid_oauth2.protocol.messages import Message, about, joined, message, message_of

from .client_pages import ClientPages, words
from .test_times import write_catalogue

PACKAGE = Path(pyramid_oauth2.__file__).parent
LANGUAGES = ("de", "fr")
# Words that no sentence in German or French has.
ENGLISH = re.compile(
    r"\b(the|is|are|use|only|write|choose|has|have|that|which|with|not|needs?|needed|needs|"
    r"leave|name at|least|most|there|cannot|this|of|or|unknown|empty|select|know)\b"
)
# For each field of a form: what its own rule refuses, and the rules across fields.
WRONG: dict[str, list[Any]] = {
    "client_name": ["\u3164", "x" * 256, "a\u0007b", " "],
    "lifetimes": ["soon", "0", "2y", "400d"],
    "consent": ["never"],
    "token_endpoint_auth_method": ["telepathy", "private_key_jwt"],
    "grant_types": [["magic"], []],
    "resource_server": [],
    "require_pkce": [],
    "owner": ["x" * 256],
    "scope": [["fly"], []],
    "optional_scope": [["fly"]],
    "redirect_uris": [
        "",
        "https://a.example/" + "x" * 2048,
        "https://a b/",
        "https://a.example/#x",
        "https://[::1/",
        "https://a.example/?code=1",
        "https:///x",
        "https://u:p@a.example/",
        "https://*.example/",
        "https://a.example:0/",
        "http://a.example/",
        "/relative",
        "javascript:alert(1)",
        "\n".join(f"https://a.example/{number}" for number in range(51)),
    ],
    "allowed_origins": [
        "null",
        "https://a b",
        "https://[::1",
        "data://x",
        "https://a.example/path",
        "https://A.example",
        "https://*.example",
        "https://a.example:0",
        "http://a.example",
        "https://a.example:443",
        "\n".join(f"https://a{number}.example" for number in range(51)),
    ],
    "client_uri": ["http://a.example/"],
    "logo_uri": ["x"],
    "tos_uri": ["https://"],
    "policy_uri": ["javascript:alert(1)"],
    "jwks": ["{", "[]", '{"keys": [{"kty": "oct"}]}', json.dumps({"keys": ["x" * 17_000]})],
    "jwks_uri": [],
    "contacts": ["x" * 300, "\n".join(f"{number}@a.example" for number in range(51))],
}
CASES = [(field, value) for field, values in WRONG.items() for value in values]


def in_language(start_pages: Callable[..., ClientPages], language: str, *more: Any) -> ClientPages:
    negotiate = {"de": german, "fr": french, "en": english}[language]
    return start_pages(*more, negotiate)


def german(config: Any) -> None:
    config.set_locale_negotiator(lambda request: "de")


def french(config: Any) -> None:
    config.set_locale_negotiator(lambda request: "fr")


def english(config: Any) -> None:
    config.set_locale_negotiator(lambda request: "en")


def catalogue(language: str) -> dict[str, str]:
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "pyramid_oauth2.mo").open("rb") as file:
        return {entry.id: entry.string for entry in read_mo(file) if entry.id}


def refused(pages: ClientPages, name: str, value: Any) -> Any:
    """The page of a client's form that was sent with a wrong value."""
    client = pages.registered("web")
    form = pages.get("edit", client_id=client.client_id).form
    sent = [each for each in form.submit_fields() if each[0] != name]
    values = value if isinstance(value, list) else [value]
    page = pages.browser.post(form.action, [*sent, *((name, each) for each in values)], status="*")
    assert page.status_int == 422, value
    return page


def test_every_field_of_a_form_is_tried():
    assert set(WRONG) == {field.name for field, _ in on_a_form(FIELDS)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_in_the_language_of_the_page(
    start_pages: Callable[..., ClientPages], language: str
):
    pages = in_language(start_pages, language)
    tried = 0
    for name, value in CASES:
        page = refused(pages, name, value)
        shown = [tag.get_text() for tag in page.html.select(".problem")]
        shown += [tag.get_text() for tag in page.html.select(".problems li")]
        assert shown, (name, value)
        for text in shown:
            assert not ENGLISH.search(text), (name, value, text)
        assert page.html.main.find(lang="en") is None
        tried += 1
    assert tried == len(CASES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_hint_and_choice_is(start_pages: Callable[..., ClientPages], language: str):
    pages = in_language(start_pages, language)
    translations = catalogue(language)
    for kind in APPLICATION_TYPES:
        forms = [pages.get("register", kind=kind)]
        forms.append(pages.get("edit", client_id=pages.registered(kind).client_id))
        shown = " ".join(words(form) for form in forms)
        for _, control in on_a_form(FIELDS):
            texts = [control.label, control.hint, control.label_alone, control.hint_alone]
            for text in (*texts, *(label for _, label in control.choices)):
                if text and translations[text] != text:
                    assert not re.search(rf"{re.escape(text)}(?!\w)", shown)
    main = pages.get("edit", client_id=pages.registered("web").client_id).html.main
    for tag in main.select("label, legend, .hint, option, summary, button"):
        if tag.string:
            assert not ENGLISH.search(tag.string), tag.string


def texts_of(field: ClientField) -> Iterator[str]:
    control = field.control
    if control:
        yield from (control.label, control.hint, control.label_alone, control.hint_alone)
        yield from (label for _, label in control.choices)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_text_of_a_field_is_in_the_catalogue(field: ClientField, language: str):
    translations = catalogue(language)
    for text in filter(None, texts_of(field)):
        assert isinstance(text, Message)
        assert translations[text.template]


# The modules that say what is wrong with a client, and where the texts of others begin.
DECIDING = (
    *(f"protocol/clients/{name}.py" for name in ("rules", "value_rules", "field", "extra")),
    *("protocol/clients/codecs.py", "protocol/clients/document.py", "protocol/redirect_uris.py"),
    *("protocol/identifiers.py", "views/clients/fields.py", "views/clients/choices.py"),
)


def unmarked(source: str) -> list[str]:
    """The sentences that a function yields, returns or raises without marking them.

    Those of ``mistakes`` are for the author of a field, not for a page.
    """
    tree = ast.parse(source)
    found = []
    for function in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)):
        if function.name.endswith("mistakes") or function.name == "__post_init__":
            continue
        for node in ast.walk(function):
            value = getattr(node, "value", None)
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                if getattr(node.exc.func, "id", "") in ("AssertionError",):
                    continue
                found += [text for each in node.exc.args for text in sentences(each)]
            elif isinstance(node, ast.Yield | ast.Return) and value is not None:
                parts = value.elts if isinstance(value, ast.Tuple) else [value]
                found += [text for each in parts for text in sentences(each)]
    return found


def sentences(node: ast.expr) -> list[str]:
    if isinstance(node, ast.JoinedStr):
        return [ast.unparse(node)]
    text = node.value if isinstance(node, ast.Constant) else None
    return [text] if isinstance(text, str) and " " in text else []


@pytest.mark.parametrize("module", DECIDING)
def test_every_message_of_a_deciding_module_is_marked(module: str):
    allowed = {
        # For documents, at the command line: they name the member before the message.
        'f"not a client\'s document: {error}"',
        "f'{name}: {error}'",
        # No form has a time.
        "f'{name} is not in whole UTC seconds up to the year 9999'",
    }
    found = unmarked((PACKAGE / module).read_text())
    urls = {text for text in found if "://" in text or "{encoded}" in text}
    assert set(found) - allowed - urls == set()


@pytest.mark.parametrize(
    "source",
    [
        'def f():\n    yield "name", "a text is needed"',
        'def f():\n    raise TypeError("a text is needed")',
        'def f(x):\n    return f"{x} is needed"',
    ],
)
def test_an_unmarked_message_is_found(source: str):
    assert len(unmarked(source)) == 1


class TestAMessage:
    def test_is_its_english_text(self):
        made = message("use at most %(most)s characters", most=5)
        assert made == str(made) == f"{made}" == "use at most 5 characters"
        assert (made.template, made.parameters) == ("use at most %(most)s characters", {"most": 5})

    def test_may_have_a_percent_sign(self):
        assert message("100 %") == "100 %"

    def test_of_a_value(self):
        assert about("it's %", message("has port 0")) == '"it\'s %" has port 0'

    def test_of_several(self):
        _ = TranslationStringFactory("shop")
        texts = ["plain %", message("has no host"), _("at most ${n}", mapping={"n": 2})]
        assert joined(texts) == "plain %; has no host; at most 2"
        assert joined(texts).parts == tuple(texts)

    def test_of_an_error(self):
        text = message("is empty")
        assert message_of(ValueError(text)) is text
        assert message_of(ValueError()) == ""
        assert message_of(KeyError(("a", 1))) == "('a', 1)"


@pytest.mark.parametrize(("language", "rest"), [("en", "and 291 more"), ("de", "und 291 weitere")])
def test_a_field_with_very_many_problems(
    start_pages: Callable[..., ClientPages], language: str, rest: str
):
    pages = in_language(start_pages, language)
    page = refused(pages, "redirect_uris", "\n".join(f"http://a{n}.example/" for n in range(300)))
    shown = page.html.find(id="redirect_uris-problem").string.split("; ")
    # Each begins with its value; the tenth that is shown says that there are 300.
    values = [text.partition(" ")[0] for text in shown if text.startswith("'")]
    assert values == [f"'http://a{n}.example/'" for n in range(9)]
    assert shown[-1] == rest


def test_a_report_names_ten_problems_of_a_field(pages: ClientPages):
    def report(count: int) -> str:
        uris = tuple(f"http://a{number}.example/" for number in range(count))
        with pytest.raises(InvalidClientMetadata) as raised:
            check_client(pages.server.service.server, Client("x", redirect_uris=uris))
        return raised.value.problems["redirect_uris"]

    assert "a9.example" in report(10)
    assert "more" not in report(10)
    assert report(12).endswith("; and 2 more")
    assert "a10.example" not in report(12)


def test_what_is_raised_is_english(pages: ClientPages):
    client = Client("x", client_name="\u3164", grant_types=(), redirect_uris=("x#y",))
    with pytest.raises(InvalidClientMetadata) as raised:
        check_client(pages.server.service.server, client)
    assert str(raised.value).splitlines() == [
        "client_name: this is not visible: write the name that users know",
        "grant_types: name at least one grant type",
        "redirect_uris: 'x#y' has a fragment; leave out the '#' and what follows",
    ]
    assert {each.name for each in fields_of(Client)} >= set(raised.value.problems)


shop = TranslationStringFactory("shop")


def digits(server: Any, value: str) -> Iterator[str]:
    """The rule of the application's field."""
    if not value.isdigit():
        yield shop("use ${most} digits", mapping={"most": 5})
    if len(value) > 5:
        yield "untranslated"


NUMBER = ClientField(
    "number",
    Codec.TEXT,
    "A number.",
    "1",
    rule=digits,
    set_by=ALL,
    control=Control("line", shop("Number"), shop("As on the bill.")),
)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_messages_of_an_applications_field(
    start_pages: Callable[..., ClientPages], tmp_path: Path, language: str
):
    german_words = {
        "Number": "Nummer",
        "As on the bill.": "Wie auf der Rechnung.",
        "use ${most} digits": "bitte ${most} Ziffern",
    }
    write_catalogue(tmp_path, "de", german_words, "shop")

    def configure(config: Any) -> None:
        config.add_translation_dirs(str(tmp_path))
        config.add_oauth2_client_field(NUMBER)

    pages = in_language(start_pages, language, configure)
    page = refused(pages, "number", "abcdef")
    label = page.html.find("label", attrs={"for": "number"}).string
    hint = page.html.find(id="number-hint").string
    problem = page.html.find(id="number-problem").string
    if language == "de":
        expected = ("Nummer", "Wie auf der Rechnung.", "bitte 5 Ziffern; untranslated")
    else:
        expected = ("Number", "As on the bill.", "use 5 digits; untranslated")
    assert (label, hint, problem) == expected
    with pytest.raises(InvalidClientMetadata, match="number: use 5 digits; untranslated"):
        pages.server.service.clients.edit("robot", number="abcdef")

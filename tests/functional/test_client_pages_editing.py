"""Editing a client on the admin pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pyramid_oauth2 import Client
from pyramid_oauth2.extension import ClientField, Codec, Control

from .client_pages import ADMIN, APPLICATIONS, BACK, ClientPages, words


@pytest.fixture
def web(pages: ClientPages) -> Client:
    return pages.registered("web")


def test_every_field(pages: ClientPages, web: Client):
    form = pages.get("edit", client_id=web.client_id).form
    form["client_name"] = "Shop"
    form["redirect_uris"] = f" {BACK} \r\n\r\nhttps://shop.example/back\r\n{BACK}"
    form["allowed_origins"] = "https://shop.example"
    form["contacts"] = "The Shop <shop@shop.example>"
    for box in (*form.fields["scope"], form.fields["optional_scope"][1]):
        box.checked = True
    form["token_endpoint_auth_method"] = "client_secret_post"
    form["consent"] = "skip"
    form["lifetimes"] = "10m"
    form["owner"] = "alice"
    form["require_pkce"].checked = False
    form["resource_server"].checked = True
    for name in ("client_uri", "logo_uri", "policy_uri", "tos_uri"):
        form[name] = f"https://shop.example/{name}"
    page = form.submit(status=303).follow()
    assert "The changes are saved." in words(page)
    changed = pages.client(web.client_id)
    assert changed.client_name == "Shop"
    assert changed.redirect_uris == (BACK, "https://shop.example/back")
    assert changed.allowed_origins == ("https://shop.example",)
    assert changed.contacts == ("The Shop <shop@shop.example>",)
    assert changed.scope == {"read", "write"}
    assert changed.optional_scope == {"write"}
    assert changed.token_endpoint_auth_method == "client_secret_post"
    assert (changed.consent, changed.owner) == ("skip", "alice")
    assert changed.lifetimes == {"access_token": 600}
    assert (changed.require_pkce, changed.resource_server) == (False, True)
    assert changed.logo_uri == "https://shop.example/logo_uri"
    again = pages.get("edit", client_id=web.client_id).form
    again.submit(status=303)
    assert pages.client(web.client_id) == changed, "what is shown is what is kept"


@pytest.mark.parametrize("field", ["redirect_uris", "allowed_origins", "contacts"])
def test_as_many_as_the_rules_allow_are_saved(pages: ClientPages, web: Client, field: str):
    pattern = "{0}@shop.example" if field == "contacts" else "https://{0}.example"
    many = tuple(pattern.format(f"{'x' * 90}{number}") for number in range(50))
    pages.server.service.clients.edit(web.client_id, **{field: many})
    page = pages.get("edit", client_id=web.client_id)
    page.form["client_name"] = "Another name"
    assert "maxlength" not in page.html.find(id=field).attrs
    page.form.submit(status=303)
    changed = pages.client(web.client_id)
    assert (changed.client_name, getattr(changed, field)) == ("Another name", many)


def test_a_form_that_is_sent_twice_is_saved_once(pages: ClientPages, web: Client):
    form = pages.get("edit", client_id=web.client_id).form
    form["client_name"] = "Mine"
    form["redirect_uris"] = "https://one.example/\nhttps://two.example/"
    first = form.submit(status=303)
    version = pages.client(web.client_id).version
    second = form.submit(status=303)
    assert first.location == second.location
    assert 'role="status"' in second.follow()
    assert pages.client(web.client_id).version == version


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("client_credentials",), ("client_credentials", "password")),
        (("client_credentials", "password"), ("client_credentials",)),
    ],
)
def test_so_is_one_that_changes_which_fields_there_are(
    start_pages: Callable[..., ClientPages], before: tuple[str, ...], after: tuple[str, ...]
):
    control = Control("switch", "Partner")
    partner = ClientField(
        "partner", Codec.BOOLEAN, "A partner's.", True, control=control, for_users=True
    )
    pages = start_pages(lambda config: config.add_oauth2_client_field(partner))
    pages.server.register("machine", grant_types=before)
    form = pages.get("edit", client_id="machine").form
    for box in form.fields["grant_types"]:
        box.checked = box._value in after
    first = form.submit(status=303)
    assert pages.client("machine").grant_types == after
    assert form.submit(status=303).location == first.location


def test_a_form_that_does_not_name_its_fields_is_saved_once_as_well(
    pages: ClientPages, web: Client
):
    form = pages.get("edit", client_id=web.client_id).form
    form["oauth2_fields"].force_value("")
    form["client_name"] = "Mine"
    first = form.submit(status=303)
    assert form.submit(status=303).location == first.location
    form["client_name"] = "Another name"
    assert "nothing was saved" in words(form.submit(status=409))


def test_somebody_else_was_faster(pages: ClientPages, web: Client):
    form = pages.get("edit", client_id=web.client_id).form
    pages.server.service.clients.edit(web.client_id, client_name="Theirs")
    form["client_name"] = "Mine"
    page = form.submit(status=409)
    assert "Somebody else changed this client meanwhile" in words(page)
    assert page.form["client_name"].value == "Theirs"
    assert pages.client(web.client_id).client_name == "Theirs"
    page.form["client_name"] = "Mine"
    page.form.submit(status=303)
    assert pages.client(web.client_id).client_name == "Mine"


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("lifetimes", "soon", "write a number of seconds"),
        ("lifetimes", "9000d", "choose between one second and a year"),
        ("lifetimes", "3000d", "choose between one second and a year"),
        ("lifetimes", "0", "choose between one second and a year"),
        ("owner", "x" * 256, "use at most 255"),
        ("logo_uri", "http://shop.example/", "write a whole https URL"),
        ("logo_uri", f"data:image/png;base64,{'A' * 5000}", "write a whole https URL"),
        ("allowed_origins", "https://shop.example/", "is not an origin"),
    ],
)
def test_a_mistake(pages: ClientPages, web: Client, field: str, value: str, problem: str):
    form = pages.get("edit", client_id=web.client_id).form
    form[field] = value
    page = form.submit(status=422)
    assert problem in page.html.find(id=f"{field}-problem").string
    assert page.form[field].value == value
    assert pages.client(web.client_id) == web
    page.form[field] = ""
    page.form.submit(status=303)


def test_a_browser_keeps_what_is_far_too_long_from_a_line(pages: ClientPages, web: Client):
    page = pages.get("edit", client_id=web.client_id)
    lines = page.html.select('main form input[autocomplete="off"]')
    assert len(lines) == 8
    assert {line["maxlength"] for line in lines} == {"2048"}


@pytest.mark.parametrize("method", ["none", "telepathy"])
def test_a_confidential_client_does_not_become_public(pages: ClientPages, web: Client, method: str):
    form = pages.get("edit", client_id=web.client_id).form
    form["token_endpoint_auth_method"].force_value(method)
    form.submit(status=422)
    assert pages.client(web.client_id) == web


def test_a_method_that_is_no_longer_there_is_not_changed_in_silence(
    pages: ClientPages, web: Client
):
    method = {"token_endpoint_auth_method": "private_key_jwt"}
    assert pages.server.service.server.clients.edit(web.client_id, web.version, method)
    form = pages.get("edit", client_id=web.client_id).form
    assert form["token_endpoint_auth_method"].value == "private_key_jwt"
    form["client_name"] = "Another name"
    form.submit(status=303)
    edited = pages.client(web.client_id)
    assert edited.client_name == "Another name"
    assert edited.token_endpoint_auth_method == "private_key_jwt"
    form = pages.get("edit", client_id=web.client_id).form
    form["token_endpoint_auth_method"] = "client_secret_post"
    form.submit(status=303)
    assert pages.client(web.client_id).token_endpoint_auth_method == "client_secret_post"


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
def test_a_name_is_not_taken_away(pages: ClientPages, web: Client, root: str):
    pages.server.service.clients.edit(web.client_id, owner="bob")
    form = ClientPages(pages.server, root).get("edit", client_id=web.client_id).form
    form["client_name"] = " "
    page = form.submit(status=422)
    assert page.html.find(id="client_name-problem").string == "write the name that users know"
    assert pages.client(web.client_id).client_name == web.client_name


def test_but_one_that_never_had_a_name_needs_none(pages: ClientPages):
    pages.get("edit", client_id="robot").form.submit(status=303)


def test_a_public_client_is_not_asked_for_what_it_has_not(pages: ClientPages):
    app = pages.registered("native")
    form = pages.get("edit", client_id=app.client_id).form
    assert not {"token_endpoint_auth_method", "require_pkce"} & form.fields.keys()
    answer = pages.post("edit", app.client_id, version="0", resource_server="yes")
    assert answer.status_int == 422, "no grant type is left"
    assert not pages.client(app.client_id).resource_server


@pytest.mark.parametrize("application_type", ["web", "single-page", "native", "machine", "api"])
def test_what_was_registered_can_be_saved_as_it_is(pages: ClientPages, application_type: str):
    client = pages.registered(application_type)
    pages.get("edit", client_id=client.client_id).form.submit(status=303)
    saved = pages.client(client.client_id)
    assert replace(saved, version=0, updated_at=client.updated_at) == replace(client, version=0)


def test_a_scope_that_the_server_forgot_is_dropped(pages: ClientPages, web: Client):
    clients = pages.server.service.server.clients
    assert clients.edit(web.client_id, web.version, {"scope": frozenset({"read", "old"})})
    pages.get("edit", client_id=web.client_id).form.submit(status=303)
    assert pages.client(web.client_id).scope == {"read"}


@pytest.mark.parametrize("root", [ADMIN, APPLICATIONS])
@pytest.mark.parametrize("default_scopes", ["", "read"])
def test_a_client_of_which_no_scope_is_left_is_edited_and_given_none(
    start_pages: Callable[..., ClientPages], root: str, default_scopes: str
):
    """An empty scope would be the default scopes of the server."""
    pages = start_pages(default_scopes=default_scopes)
    web = pages.registered("web")
    gone = {"scope": frozenset({"old"}), "optional_scope": frozenset({"old"}), "owner": "bob"}
    assert pages.server.service.server.clients.edit(web.client_id, web.version, gone)
    form = ClientPages(pages.server, root).get("edit", client_id=web.client_id).form
    form["client_name"] = "Another name"
    first = form.submit(status=303)
    changed = pages.client(web.client_id)
    assert (changed.client_name, changed.scope) == ("Another name", {"old"})
    assert form.submit(status=303).location == first.location
    form = ClientPages(pages.server, root).get("edit", client_id=web.client_id).form
    form.fields["scope"][0].checked = True
    form.submit(status=303)
    assert pages.client(web.client_id).scope == {"read"}
    form = ClientPages(pages.server, root).get("edit", client_id=web.client_id).form
    form.fields["scope"][0].checked = False
    form.submit(status=303 if default_scopes else 422)


def test_a_client_without_a_scope_is_edited_and_stays_without(pages: ClientPages):
    pages.server.register("plain", redirect_uris=(BACK,), scope=frozenset())
    form = pages.get("edit", client_id="plain").form
    form["client_name"] = "Another name"
    form.submit(status=303)
    changed = pages.client("plain")
    assert (changed.client_name, changed.scope) == ("Another name", frozenset())


def test_so_is_one_of_which_no_grant_type_is_left(pages: ClientPages):
    robot = pages.client("robot")
    gone = {"grant_types": ("urn:example:gone",)}
    assert pages.server.service.server.clients.edit("robot", robot.version, gone)
    form = pages.get("edit", client_id="robot").form
    form["consent"] = "ask"
    form.submit(status=303)
    changed = pages.client("robot")
    assert (changed.consent, changed.grant_types) == ("ask", ("urn:example:gone",))


def test_more_scopes_than_a_token_request_has_parameters(start_pages: Callable[..., ClientPages]):
    many = {"read", "write", *(f"scope-{number}" for number in range(300))}
    pages = start_pages(scopes="\n".join(f"{name} = Do {name}" for name in many))
    client = pages.registered("web", scope=many)
    form = pages.get("edit", client_id=client.client_id).form
    for box in form.fields["optional_scope"]:
        box.checked = True
    form.submit(status=303)
    assert pages.client(client.client_id).optional_scope == many

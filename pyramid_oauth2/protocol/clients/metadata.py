"""The metadata of a client: each field is declared here, in the order in which it is checked."""

from __future__ import annotations

from collections.abc import Mapping

from ..messages import message as _
from ..records import SUBJECT_LENGTH
from . import value_rules
from .codecs import Codec
from .core_field import MAX_ENTRIES, core_field
from .field import ALL, ClientField, Control, Option
from .links import LINKS

CONSENTS = ("remember", "ask", "skip")
FIELDS: tuple[ClientField, ...] = (
    core_field(
        "client_name",
        Codec.TEXT,
        "The name of the client, as users read it.",
        rule=value_rules.name,
        set_by=ALL,
        control=Control(
            "line",
            _("Name"),
            _("Users read it when they are asked to allow something."),
            hint_alone=_("What people know it by."),
            place=1,
        ),
        option=Option("--name", "its name, as users read it", place=1),
    ),
    core_field(
        "lifetimes",
        Codec.LIFETIMES,
        "How long its tokens are valid, in seconds, by the kind of token: `access_token`.",
        rule=value_rules.lifetimes,
        control=Control(
            "line",
            _("Life of an access token"),
            _("Such as 3600, 10m or 1h. If it is empty, the server's default."),
            place=9,
        ),
        option=Option(
            "--access-token-lifetime",
            "of this client's access tokens, such as 600, 10m or 1h",
            metavar="TIME",
            place=12,
        ),
    ),
    core_field(
        "consent",
        Codec.TEXT,
        "Whether the user is asked again: `remember`, `ask` each time, or `skip` for a client of "
        "your own.",
        for_users=True,
        control=Control(
            "choice",
            _("Consent"),
            choices=(
                ("remember", _("ask users once, and remember it")),
                ("ask", _("ask users every time")),
                ("skip", _("never ask: for clients of your own only")),
            ),
            place=8,
        ),
        option=Option("--consent", "whether users are asked again", choices=CONSENTS, place=6),
    ),
    core_field(
        "token_endpoint_auth_method",
        Codec.TEXT,
        "How the client authenticates. The client is public if it is `none`. One registered for "
        "`client_secret_post` may use HTTP Basic as well.",
        rule=value_rules.auth_method,
        set_by=ALL,
        confidential=True,
        control=Control("choice", _("How it authenticates"), place=7),
        option=Option(
            "--auth-method",
            "client_secret_basic, client_secret_post, private_key_jwt, or none: a public client",
            metavar="METHOD",
            place=5,
        ),
    ),
    core_field(
        "grant_types",
        Codec.TEXTS,
        "The grant types that the client may use at the token endpoint.",
        rule=value_rules.grant_types,
        set_by=ALL,
        widens=True,
        control=Control("ticks", _("Grant types"), place=4),
        option=Option(
            "--grant-type",
            "how it gets tokens; repeatable",
            metavar="TYPE",
            words=True,
            place=3,
        ),
    ),
    core_field(
        "response_types",
        Codec.TEXTS,
        "The response types that the client may use at the authorization endpoint.",
        rule=value_rules.response_types,
        set_by=ALL,
        option=Option(
            "--response-type",
            "code (default) or token; repeatable",
            metavar="TYPE",
            words=True,
            place=8,
        ),
    ),
    core_field(
        "resource_server",
        Codec.BOOLEAN,
        "Whether the client is an API that may introspect the tokens of other clients.",
        confidential=True,
        control=Control(
            "switch", _("It is an API that asks about tokens of other clients"), place=12
        ),
        option=Option(
            "--resource-server", "whether it may introspect the tokens of others", place=7
        ),
    ),
    core_field(
        "require_pkce",
        Codec.BOOLEAN,
        "Whether the client must use PKCE (RFC 7636). A public client always must.",
        confidential=True,
        control=Control("switch", _("It must use PKCE"), place=11),
        option=Option(
            "--pkce",
            "whether it must use PKCE (default); --no-pkce for one that cannot",
            place=11,
        ),
    ),
    core_field(
        "owner",
        Codec.OPTIONAL_TEXT,
        "The subject of the user who owns the client.",
        control=Control(
            "line",
            _("Owner"),
            _("The user who manages it. If it is empty, only operators do."),
            longest=SUBJECT_LENGTH,
            place=10,
        ),
        option=Option(
            "--owner",
            "the user that it belongs to, as grants name them",
            metavar="SUBJECT",
            place=13,
        ),
    ),
    core_field(
        "scope",
        Codec.SCOPE,
        "The most that the client may be granted; empty: ``oauth2.default_scopes``, and without "
        "these nothing.",
        rule=value_rules.scope,
        set_by=ALL,
        widens=True,
        control=Control(
            "ticks",
            _("What it may ask for at most"),
            label_alone=_("What it may do itself"),
            place=5,
        ),
        option=Option("--scope", "what it may have at most; repeatable", place=4),
    ),
    core_field(
        "optional_scope",
        Codec.SCOPE,
        "Those of its scopes that a user may untick.",
        rule=value_rules.scope,
        set_by=ALL,
        for_users=True,
        widens=True,
        control=Control("ticks", _("Of these, what a user may leave out"), place=6),
        option=Option("--optional-scope", "a scope that users may untick; repeatable", place=9),
    ),
    core_field(
        "redirect_uris",
        Codec.TEXTS,
        "Where users are sent back to; at most 50.",
        most=MAX_ENTRIES,
        set_by=ALL,
        widens=True,
        control=Control(
            "lines",
            _("Redirect URIs"),
            _("Where users are sent back to, one a line, exactly as the client will send it."),
            place=2,
        ),
        option=Option(
            "--redirect-uri",
            "where its users are sent back to; repeatable",
            metavar="URI",
            place=2,
        ),
    ),
    core_field(
        "allowed_origins",
        Codec.TEXTS,
        "The origins whose pages may read the server's responses (CORS), such as "
        "`https://app.example`, or `capacitor://localhost` for an app's web view; at most 50.",
        rule=value_rules.origins,
        most=MAX_ENTRIES,
        set_by=ALL,
        control=Control(
            "lines",
            _("Origins"),
            _(
                "Only a single-page application needs this: where its pages come from, one a "
                "line, such as https://app.example. A browser keeps the answers of this server "
                "from all other pages (CORS), so without an address here the application gets "
                "no token."
            ),
            place=3,
        ),
        option=Option(
            "--allowed-origin",
            "an origin whose pages may read the answers; repeatable",
            metavar="ORIGIN",
            place=10,
        ),
    ),
    *LINKS,
    core_field(
        "jwks",
        Codec.OPTIONAL_MAPPING,
        "The public keys of the client: a JWK Set (RFC 7517).",
        rule=value_rules.jwks,
        set_by=ALL,
        control=Control(
            "json",
            _("Public keys"),
            _("Only for private_key_jwt: a JWK Set in JSON, with public keys alone."),
            folded=True,
            place=18,
        ),
        option=Option(
            "--jwks",
            "its public keys, for private_key_jwt: a file with a JWK Set",
            metavar="FILE",
            place=19,
        ),
    ),
    core_field(
        "jwks_uri",
        Codec.OPTIONAL_TEXT,
        "Where its public keys are published, instead of `jwks`: the URL of a JWK Set.",
        set_by=ALL,
        control=Control(
            "url",
            _("Where its public keys are"),
            _("Instead of the keys themselves, the https URL of a JWK Set that the client serves."),
            folded=True,
            place=19,
        ),
        option=Option(
            "--jwks-uri",
            "the URL of a JWK Set with its public keys, instead of --jwks",
            metavar="URI",
            place=20,
        ),
    ),
    core_field("extra", Codec.MAPPING, "What applications and extensions store with the client."),
)

BY_NAME: Mapping[str, ClientField] = {field.name: field for field in FIELDS}

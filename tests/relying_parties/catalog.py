"""The relying parties that the tests run, by the names of their libraries."""

from __future__ import annotations

from dataclasses import replace

from .behind_apache import SIGNED_USERINFO, mod_auth_openidc, signed_by
from .dishonest import FORGED, OTHER_USERINFO
from .parties import Kind, Start, node, python

POST = ("--auth-method", "client_secret_post")
# Core section 3.1.3.7, rule 6: what comes straight from the server needs no signature.
STRAIGHT = frozenset({FORGED})
NO_PKCE = ("--no-pkce",)

PARTIES = {
    "mod_auth_openidc": Kind(
        mod_auth_openidc(),
        "/oidc",
        login="/",
        home="/oidc?info=json",
        refresh="/oidc?refresh={url}/&access_token={access_token}",
        logout="/oidc?logout={url}/",
        back_channel="/oidc?logout=backchannel",
    ),
    "Authlib": Kind(
        python("with_authlib.py", "Authlib", "Flask", "waitress"),
        "/callback",
        logout="/logout",
        believes=frozenset({OTHER_USERINFO}),
    ),
    "flask-oidc": Kind(
        python("with_flask_oidc.py", "flask-oidc", "waitress"),
        "/authorize",
        options=(*POST, *NO_PKCE),
        believes=frozenset({OTHER_USERINFO}),
    ),
    "mozilla-django-oidc": Kind(
        python("with_mozilla_django_oidc.py", "mozilla-django-oidc", "waitress"),
        "/oidc/callback/",
        login="/oidc/authenticate/",
        logout="/oidc/logout/",
        options=POST,
        # It checks neither (its _verify_jws says that it might one day).
        believes=frozenset({"another audience", "another issuer", OTHER_USERINFO}),
        refresh=None,
    ),
    "social-auth-core": Kind(
        python("with_social_auth.py", "social-auth-core", "social-auth-app-django", "waitress"),
        "/complete/oidc/",
        options=POST,
    ),
    "openid-client": Kind(
        node("with_openid_client.js", "openid-client", "express", "express-session"),
        "/callback",
        logout="/logout",
        options=POST,
    ),
    "express-openid-connect": Kind(
        node("with_express_openid_connect.js", "express-openid-connect", "express"),
        "/callback",
        logout="/logout",
        back_channel="/backchannel-logout",
        believes=STRAIGHT,
    ),
    "@auth/core": Kind(
        node("with_auth_core.js", "@auth/core", "express"),
        "/auth/callback/ours",
        believes=STRAIGHT,
        refresh=None,
    ),
}

# Those that read a signed response of the userinfo endpoint, set up for it.
WITH_SIGNED_USERINFO = {
    name: replace(kind, options=(*kind.options, "--userinfo-signed-response-alg", "RS256"))
    for name, kind in {
        "mod_auth_openidc": replace(
            PARTIES["mod_auth_openidc"], start=mod_auth_openidc(SIGNED_USERINFO.format("RS256"))
        ),
        "mozilla-django-oidc": PARTIES["mozilla-django-oidc"],
        "openid-client": PARTIES["openid-client"],
        "express-openid-connect": PARTIES["express-openid-connect"],
        "@auth/core": PARTIES["@auth/core"],
    }.items()
}


def _signed(algorithm: str, name: str, start: Start) -> Kind:
    kind = PARTIES[name]
    signed = ("--id-token-signed-response-alg", "--userinfo-signed-response-alg")
    options = (word for option in signed for word in (option, algorithm))
    return replace(kind, start=start, options=(*kind.options, *options))


# Those that accept what is signed by one algorithm alone, which is not the usual one.
BY_OTHER_ALGORITHMS = (
    _signed("ES256", "mod_auth_openidc", mod_auth_openidc(*signed_by("ES256"))),
    _signed(
        "EdDSA",
        "openid-client",
        node(
            "with_openid_client.js",
            *("openid-client", "express", "express-session"),
            ALGORITHM="EdDSA",
        ),
    ),
)

# As it is by default: it reads the claims of a user there alone.
READING_THE_ID_TOKEN = replace(
    PARTIES["@auth/core"],
    start=node("with_auth_core.js", "@auth/core", "express", READS="the ID token"),
)

# Its callback takes a form, from a browser that submits it.
BY_FORM = replace(
    PARTIES["express-openid-connect"],
    start=node(
        "with_express_openid_connect.js",
        *("express-openid-connect", "express"),
        RESPONSE_MODE="form_post",
    ),
)

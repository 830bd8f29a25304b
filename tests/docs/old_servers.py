"""Databases of other servers, as their own migrations create them, for the pages about moving."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

# Django 5.2.
AUTH_USER = """
CREATE TABLE auth_user (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT, password varchar(128) NOT NULL,
    last_login datetime NULL, is_superuser bool NOT NULL, username varchar(150) NOT NULL UNIQUE,
    last_name varchar(150) NOT NULL, email varchar(254) NOT NULL, is_staff bool NOT NULL,
    is_active bool NOT NULL, date_joined datetime NOT NULL, first_name varchar(150) NOT NULL
)
"""

# django-oauth2-provider 0.2.7.
PROVIDER = """
CREATE TABLE oauth2_client (
    id integer NOT NULL PRIMARY KEY, user_id integer REFERENCES auth_user (id),
    url varchar(200) NOT NULL, redirect_uri varchar(200) NOT NULL,
    client_id varchar(255) NOT NULL, client_secret varchar(255) NOT NULL,
    client_type integer NOT NULL, name varchar(255) NOT NULL
);
CREATE TABLE oauth2_grant (
    id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL REFERENCES auth_user (id),
    client_id integer NOT NULL REFERENCES oauth2_client (id), code varchar(255) NOT NULL,
    expires datetime NOT NULL, redirect_uri varchar(255) NOT NULL, scope integer NOT NULL
);
CREATE TABLE oauth2_accesstoken (
    id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL REFERENCES auth_user (id),
    token varchar(255) NOT NULL, client_id integer NOT NULL REFERENCES oauth2_client (id),
    expires datetime NOT NULL, scope integer NOT NULL
);
CREATE TABLE oauth2_refreshtoken (
    id integer NOT NULL PRIMARY KEY, user_id integer NOT NULL REFERENCES auth_user (id),
    token varchar(255) NOT NULL,
    access_token_id integer NOT NULL UNIQUE REFERENCES oauth2_accesstoken (id),
    client_id integer NOT NULL REFERENCES oauth2_client (id), expired bool NOT NULL
);
"""

# django-oauth-toolkit 3.4.
TOOLKIT = """
CREATE TABLE oauth2_provider_application (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT, redirect_uris text NOT NULL,
    client_type varchar(32) NOT NULL, authorization_grant_type varchar(44) NOT NULL,
    client_secret varchar(255) NOT NULL, name varchar(255) NOT NULL,
    user_id integer NULL REFERENCES auth_user (id), skip_authorization bool NOT NULL,
    created datetime NOT NULL, updated datetime NOT NULL, algorithm varchar(5) NOT NULL,
    post_logout_redirect_uris text NOT NULL, hash_client_secret bool NOT NULL,
    allowed_origins text NOT NULL, registration_source varchar(32) NOT NULL,
    cimd_expires_at datetime NULL, client_id varchar(255) NOT NULL UNIQUE
);
"""

# The passwords and secrets below are as Django wrote them.
WONDERLAND = (
    "pbkdf2_sha256$1000000$ahbBQs9UQoDgKA6Se6JXzw$ZEN15LDc4AKKBiZWaz1nEAAAWz0zTtgFUCVgL7/SnN8="
)
SECRET_OF_THE_BLOG = (
    "argon2$argon2id$v=19$m=102400,t=2,p=8$akhWSW9tSUQwNmNaQzV0NkxvcWNkag"
    "$IWs2DLrxrTRu5ayVRPZDdXMxkLeHAbj40RfYICLJJuM"
)
SECRET_OF_THE_WIKI = (
    "pbkdf2_sha256$1000000$Lri0gpTzuiZDXvIJ4AvA22$CfDRvVKBFJ9ZhhZJ5HPiczoYHvja3HJ747qJ69WUK68="
)

NAMES_OF_A_USER = "id, username, password, is_active"
USERS = [
    (7, "alice", WONDERLAND, True),
    (8, "bob", WONDERLAND, False),
    (10, "carol", SECRET_OF_THE_BLOG, True),
    (11, "dave", "!unusable", True),
]


def make_provider(path: Path) -> None:
    """Create the database of django-oauth2-provider, with a confidential and a public client."""
    shop = ("https://shop.example/", "https://shop.example/back", "0a8e54e38c024606ba0a")
    app = ("http://app.example/", "https://app.example/back", "37b581bdc702c732aa65")
    with closing(sqlite3.connect(path)) as database, database:
        _add_users(database)
        database.executescript(PROVIDER)
        database.executemany(
            "INSERT INTO oauth2_client VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (1, 7, *shop, "e53ddb9736f9eea65100885a1b20fb5f2bb0fb4d", 0, "The shop"),
                (2, None, *app, "5cf90561f7566aa81457f8a32187dcb8147c7b73", 1, ""),
            ],
        )


def make_toolkit(path: Path) -> None:
    """Create the database of django-oauth-toolkit, with an application of each kind."""
    code, back = "authorization-code", "https://{}.example/back"
    rows = [
        ("shop", "confidential", code, "kept in clear", False, back.format("shop"), True),
        ("blog", "confidential", code, SECRET_OF_THE_BLOG, True, back.format("blog"), False),
        ("wiki", "confidential", "client-credentials", SECRET_OF_THE_WIKI, True, "", False),
        ("app", "public", code, SECRET_OF_THE_WIKI, True, "com.example.app:/back\r\n", False),
        ("spa", "public", "implicit", "", False, back.format("spa"), False),
        ("tv", "public", "urn:ietf:params:oauth:grant-type:device_code", "", False, "", False),
    ]
    with closing(sqlite3.connect(path)) as database, database:
        _add_users(database)
        database.executescript(TOOLKIT)
        database.executemany(
            "INSERT INTO oauth2_provider_application (client_id, client_type, "
            "authorization_grant_type, client_secret, hash_client_secret, redirect_uris, "
            "skip_authorization, name, user_id, created, updated, algorithm, "
            "post_logout_redirect_uris, allowed_origins, registration_source) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, '', 7, '2026-11-25 20:08:07.128590', '', '', '', ?, '')",
            [(*row, "https://spa.example" if row[0] == "spa" else "") for row in rows],
        )


def _add_users(database: sqlite3.Connection) -> None:
    database.execute(AUTH_USER)
    database.executemany(
        f"INSERT INTO auth_user ({NAMES_OF_A_USER}, is_superuser, is_staff, last_name, first_name, "
        "email, date_joined) VALUES (?, ?, ?, ?, 0, 0, '', '', '', '')",
        USERS,
    )

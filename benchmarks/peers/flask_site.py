"""Authlib on Flask, as its documents describe a server; as a program, prepares its database."""

import os
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"  # The measurement has no TLS.

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.sqla_oauth2 import (
    create_query_client_func,
    create_revocation_endpoint,
    create_save_token_func,
)
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Flask, request

from ..site import CLIENT_ID, PASSWORD, REDIRECT_URI, SCOPE, USER
from .flask_models import Client, Code, Token, User, db

METHODS = ["client_secret_basic"]


class AuthorizationCode(grants.AuthorizationCodeGrant):
    """The code, with PKCE."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def save_authorization_code(self, code: str, request: Any) -> None:
        """Insert it."""
        values = request.payload.data
        db.session.add(
            Code(
                code=code,
                client_id=request.client.client_id,
                redirect_uri=request.payload.redirect_uri,
                scope=request.payload.scope,
                user_id=request.user.id,
                code_challenge=values.get("code_challenge"),
                code_challenge_method=values.get("code_challenge_method"),
            )
        )
        db.session.commit()

    def query_authorization_code(self, code: str, client: Any) -> Any:
        """Find it, if it has not expired."""
        found = Code.query.filter_by(code=code, client_id=client.client_id).first()
        return found if found and not found.is_expired() else None

    def delete_authorization_code(self, authorization_code: Any) -> None:
        """Spend it."""
        db.session.delete(authorization_code)
        db.session.commit()

    def authenticate_user(self, authorization_code: Any) -> Any:
        """Whose it is."""
        return db.session.get(User, authorization_code.user_id)


class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    """The password, only for the preparation."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_user(self, username: str, password: str) -> Any:
        """The user."""
        return User.query.filter_by(username=username).first() if password == PASSWORD else None


class RefreshToken(grants.RefreshTokenGrant):
    """The refresh, with rotation."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        """Find it, if it can be used."""
        found = Token.query.filter_by(refresh_token=refresh_token).first()
        return found if found and found.is_refresh_token_active() else None

    def authenticate_user(self, credential: Any) -> Any:
        """Whose it is."""
        return db.session.get(User, credential.user_id)

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Spend it."""
        refresh_token.refresh_token_revoked_at = refresh_token.issued_at
        refresh_token.access_token_revoked_at = refresh_token.issued_at
        db.session.commit()


class Introspection(IntrospectionEndpoint):  # type: ignore[misc]
    """The introspection of an access token by its client."""

    def query_token(self, token_string: str, token_type_hint: str | None) -> Any:
        """Find it."""
        return Token.query.filter_by(access_token=token_string).first()

    def introspect_token(self, token: Any) -> dict[str, Any]:
        """Its properties."""
        return {
            "active": not token.is_expired() and not token.is_revoked(),
            "client_id": token.client_id,
            "token_type": token.token_type,
            "scope": token.get_scope(),
            "sub": str(token.user_id),
            "exp": token.issued_at + token.expires_in,
        }

    def check_permission(self, token: Any, client: Any, request: Any) -> bool:
        """Whether it is the client's own."""
        same: bool = token.client_id == client.client_id
        return same


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BENCH_URL"]
app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
db.init_app(app)
server = AuthorizationServer(
    app,
    query_client=create_query_client_func(db.session, Client),
    save_token=create_save_token_func(db.session, Token),
)
server.register_grant(grants.ClientCredentialsGrant)
server.register_grant(AuthorizationCode, [CodeChallenge(required=True)])
server.register_grant(Password)
server.register_grant(RefreshToken)
server.register_endpoint(create_revocation_endpoint(db.session, Token))
server.register_endpoint(Introspection)


@app.get("/oauth2/authorize")
def authorize() -> Any:
    """Issue a code for the user in a header."""
    user = User.query.filter_by(username=request.headers["Remote-User"]).first()
    grant = server.get_consent_grant(end_user=user)
    return server.create_authorization_response(grant=grant, grant_user=user)


@app.post("/oauth2/token")
def token() -> Any:
    """Issue a token."""
    return server.create_token_response()


@app.post("/oauth2/revoke")
def revoke() -> Any:
    """Revoke a token."""
    return server.create_endpoint_response("revocation")


@app.post("/oauth2/introspect")
def introspect() -> Any:
    """The properties of a token."""
    return server.create_endpoint_response("introspection")


def prepare() -> str:
    """Create the tables, the user and the client; return its secret."""
    secret = os.urandom(32).hex()
    client = Client(client_id=CLIENT_ID, client_secret=secret, client_id_issued_at=0)
    client.set_client_metadata(
        {
            "client_name": "Bench",
            "grant_types": [
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "password",
            ],
            "redirect_uris": [REDIRECT_URI],
            "response_types": ["code"],
            "scope": SCOPE,
            "token_endpoint_auth_method": "client_secret_basic",
        }
    )
    with app.app_context():
        db.create_all()
        db.session.add_all([User(username=USER), client])
        db.session.commit()
    return secret


if __name__ == "__main__":
    print(prepare())

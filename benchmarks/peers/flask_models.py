"""The models of :mod:`.flask_site`: the mixins of Authlib, with Flask-SQLAlchemy."""

import time
from typing import Any

from authlib.integrations.sqla_oauth2 import (
    OAuth2AuthorizationCodeMixin,
    OAuth2ClientMixin,
    OAuth2TokenMixin,
)
from flask_sqlalchemy import SQLAlchemy

db: Any = SQLAlchemy()


class User(db.Model):
    """A resource owner."""

    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(40), unique=True)

    def get_user_id(self) -> int:
        """The subject."""
        number: int = self.id
        return number


class Client(db.Model, OAuth2ClientMixin):
    """A client."""

    __tablename__ = "oauth2_client"
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))


class Code(db.Model, OAuth2AuthorizationCodeMixin):
    """An authorization code."""

    __tablename__ = "oauth2_code"
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))


class Token(db.Model, OAuth2TokenMixin):
    """An access token with its refresh token."""

    __tablename__ = "oauth2_token"
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("user.id"))
    user = db.relationship("User")

    def is_refresh_token_active(self) -> bool:
        """Whether it may be used; it lives twice as long as the access token."""
        if self.is_revoked():
            return False
        ends: int = self.issued_at + self.expires_in * 2
        return ends > time.time()

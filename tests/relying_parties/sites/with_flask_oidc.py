"""An application that signs its users in with flask-oidc, as its documentation has it."""

from __future__ import annotations

import os

import jwt
from flask import Flask, redirect, session
from flask_oidc import OpenIDConnect
from waitress import serve

app = Flask(__name__)
app.config.update(
    SECRET_KEY="of the cookie",
    OIDC_CLIENT_SECRETS={
        "web": {
            "client_id": os.environ["CLIENT_ID"],
            "client_secret": os.environ["CLIENT_SECRET"],
            "issuer": os.environ["ISSUER"],
        }
    },
    OIDC_SCOPES=os.environ["SCOPE"],
)
OpenIDConnect(app)


@app.get("/")
def home():
    token = session.get("oidc_auth_token")
    # The library has validated that of the sign-in.
    claims = token and jwt.decode(token["id_token"], options={"verify_signature": False})
    return {"id_token": claims, "userinfo": session.get("oidc_auth_profile")}


@app.get("/refresh")
def refresh():
    """Let the next request find an expired access token, which the library refreshes itself."""
    session["oidc_auth_token"] = {**session["oidc_auth_token"], "expires_at": 1}
    return redirect("/")


serve(app, host="127.0.0.1", port=int(os.environ["PORT"]))

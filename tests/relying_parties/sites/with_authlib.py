"""An application that signs its users in with Authlib and Flask, as its documentation has it."""

from __future__ import annotations

import os

from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session, url_for
from waitress import serve

app = Flask(__name__)
app.secret_key = "of the cookie"
party = OAuth(app).register(
    "party",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    server_metadata_url=f"{os.environ['ISSUER']}/.well-known/openid-configuration",
    client_kwargs={"scope": os.environ["SCOPE"], "code_challenge_method": "S256"},
)


@app.get("/login")
def login():
    return party.authorize_redirect(url_for("callback", _external=True))


@app.get("/callback")
def callback():
    token = party.authorize_access_token()
    session["refresh_token"] = token["refresh_token"]
    session["id_token"], session["hint"] = token["userinfo"], token["id_token"]
    session["userinfo"] = party.userinfo(token=token)
    return redirect("/")


@app.get("/refresh")
def refresh():
    token = party.fetch_access_token(
        grant_type="refresh_token", refresh_token=session["refresh_token"]
    )
    session["refresh_token"] = token["refresh_token"]
    session["id_token"] = party.parse_id_token(token, nonce=None)
    return redirect("/")


@app.get("/logout")
def logout():
    hint = session.pop("hint")
    session.clear()
    home = url_for("home", _external=True)
    return party.logout_redirect(post_logout_redirect_uri=home, id_token_hint=hint)


@app.get("/")
def home():
    return {"id_token": session.get("id_token"), "userinfo": session.get("userinfo")}


serve(app, host="127.0.0.1", port=int(os.environ["PORT"]))

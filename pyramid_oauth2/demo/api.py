"""The API that is protected by tokens."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPForbidden
from sqlalchemy import select

from pyramid_oauth2 import Request

from .notes import Note, NotesRequest


def me(request: Request) -> dict[str, Any]:
    """The user of the token, the client that it was issued to, and its scope."""
    client = request.oauth2.client
    # The view declares oauth2_scope, so a request without a token does not reach it.
    assert client is not None
    return {
        "user": request.authenticated_userid,
        "client": client.client_id,
        "scope": " ".join(sorted(request.oauth2.scope)),
    }


def list_notes(request: NotesRequest) -> dict[str, Any]:
    """The user's notes, oldest first."""
    query = select(Note).where(Note.author == _author(request)).order_by(Note.id)
    return {"notes": [_plain(note) for note in request.dbsession.scalars(query)]}


def add_note(request: NotesRequest) -> dict[str, Any]:
    """Store the note ``{"text": ...}``."""
    note = Note(author=_author(request), text=_text(request))
    request.dbsession.add(note)
    request.dbsession.flush()
    request.response.status = 201
    return _plain(note)


def _author(request: Request) -> str:
    if request.authenticated_userid is None:
        raise HTTPForbidden("Notes belong to users, and this token speaks for none.")
    return str(request.authenticated_userid)


def _text(request: Request) -> str:
    try:
        text = request.json_body["text"]
        text.encode()  # JSON can contain surrogates, which no database stores.
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        text = ""
    if not 0 < len(text) <= 1000 or "\0" in text:
        raise HTTPBadRequest('Send JSON like {"text": "Buy milk"}, with 1 to 1000 characters.')
    return str(text)


def _plain(note: Note) -> dict[str, Any]:
    return {"id": note.id, "text": note.text, "written_at": f"{note.written_at.isoformat()}Z"}


def includeme(config: Any) -> None:
    """Add the routes and their views."""
    config.add_route("api.me", "/api/me")
    config.add_route("api.notes", "/api/notes")
    config.add_view(me, route_name="api.me", renderer="json", oauth2_scope="read")
    config.add_view(
        list_notes,
        route_name="api.notes",
        request_method="GET",
        renderer="json",
        oauth2_scope="read",
    )
    config.add_view(
        add_note,
        route_name="api.notes",
        request_method="POST",
        renderer="json",
        oauth2_scope="write",
    )

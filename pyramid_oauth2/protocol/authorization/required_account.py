"""The step that requires the user whom the request names (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

from ..errors import LoginRequired
from . import checks
from .detour import begun
from .progress import Progress
from .results import AnotherAccount, Result, refused


def require_account(progress: Progress) -> Result | None:
    """Have the user change the account, where the request wants another one than is signed in.

    A name in a request signs no user in: they do that at the login.
    """
    client, subject, sub = progress.destination.client, progress.user.subject, progress.request.sub
    if sub is None or subject is None or progress.server.subject_for(client, subject) == sub:
        return None
    if "none" in progress.request.prompt:
        # "[...] if the End-User identified by the ID Token is not already logged in [...] it
        # SHOULD return an error, such as login_required."
        error = LoginRequired("Another user is signed in.", refusal=checks.REQUIRED_USER)
        return refused(progress, error)
    handle, pending = progress.handle, progress.pending
    if pending is not None:
        return AnotherAccount(client, handle, pending, endpoint=progress.endpoint)
    handle, pending = begun(progress)
    return AnotherAccount(client, handle, pending, changed=True, endpoint=progress.endpoint)

"""Why a trial ended without a token, and what to do about it."""

from __future__ import annotations

# Of the errors of RFC 6749 sections 4.1.2.1 and 5.2, and of RFC 8707 section 2, those whose cause a
# sentence can name.
ADVICE = {
    "access_denied": "The user, or the server for the user, denied the request.",
    "invalid_client": (
        "The server did not accept the client_id with this secret. A secret that is lost is "
        "replaced by: poauth2 INI client rotate-secret CLIENT_ID"
    ),
    "invalid_grant": (
        "The code has expired or was used, or the redirect URI is another one. Try again."
    ),
    "invalid_scope": (
        "The client may not have this scope. What it may have: poauth2 INI client show CLIENT_ID"
    ),
    "invalid_target": (
        "The server has no API of this name, or the client may not use it: see oauth2.resources, "
        "and poauth2 INI client show CLIENT_ID"
    ),
    "unauthorized_client": (
        "The client is not registered for this grant type. What it may use: "
        "poauth2 INI client show CLIENT_ID"
    ),
    "unsupported_grant_type": "The server does not have this grant type: see oauth2.grant_types.",
    "temporarily_unavailable": (
        "The server's store cannot answer, or there were too many attempts. The server's log says "
        "which."
    ),
    "server_error": "The server's log says what went wrong.",
}


class TrialFailed(Exception):
    """There is no token. The message says why, and what to do; it has no secret."""


def refused(error: str) -> TrialFailed:
    """The failure of a request to which the server responded with an OAuth error code.

    :param error: the code, RFC 6749 sections 4.1.2.1 and 5.2.
    """
    advice = ADVICE.get(error, "The response above says why.")
    return TrialFailed(f"there is no token: {error or 'no error code'}. {advice}")

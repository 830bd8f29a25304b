"""The demo with a server that says something wrong of a user, once a test asks for it.

So a test sees that a library validates what it gets: everything else about the response is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from webob import Request, Response

from pyramid_oauth2 import get_service
from pyramid_oauth2.demo import main as demo
from pyramid_oauth2.jose.signing import sign
from tests.functional.openid_provider import parts

FILE = "lie"
TOKEN, USERINFO = "/oauth2/token", "/oauth2/userinfo"
HOUR = 3600

# The claims of the ID token that are changed before it is signed.
SIGNED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another nonce": lambda claims: {"nonce": "of another sign-in"},
    "another audience": lambda claims: {"aud": "another-client"},
    "another issuer": lambda claims: {"iss": "https://evil.example"},
    "expired": lambda claims: {"iat": claims["iat"] - 2 * HOUR, "exp": claims["iat"] - HOUR},
}
# That of another user, as the userinfo endpoint says too; only the signature is of the right one.
FORGED = "a forged signature"
# Core section 5.3.2: a userinfo response that is about another user must not be used.
OTHER_USERINFO = "userinfo of another user"
LIES = (*SIGNED, FORGED, OTHER_USERINFO)


def main(global_config: dict[str, str], **settings: Any) -> Any:
    """The application, which reads the name of the lie from the file beside the ini."""
    application = demo(global_config, **settings)
    return Dishonest(application, Path(global_config["here"], FILE))


class Dishonest:
    """An application between the demo and its clients."""

    def __init__(self, application: Any, file: Path) -> None:
        self._application, self._file = application, file
        self.registry = application.registry

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self._file.exists():
            return self._application(environ, start_response)
        response = Request(environ).get_response(self._application)
        if response.status_int == 200:
            self._change(environ["PATH_INFO"], response, self._file.read_text())
        return response(environ, start_response)

    def _change(self, path: str, response: Response, lie: str) -> None:
        if path == TOKEN and lie != OTHER_USERINFO:
            id_token = self._changed(response.json["id_token"], lie)
            response.json = {**response.json, "id_token": id_token}
        elif path == USERINFO and lie in (FORGED, OTHER_USERINFO):
            response.json = {**response.json, "sub": "mallory"}

    def _changed(self, id_token: str, lie: str) -> str:
        _, claims = parts(id_token)
        server = get_service(self.registry).server
        if lie == FORGED:
            forged = sign(server, "JWT", {**claims, "sub": "mallory"}, "RS256")
            return ".".join((*forged.split(".")[:2], id_token.split(".")[2]))
        return sign(server, "JWT", {**claims, **SIGNED[lie](claims)}, "RS256")

"""What a client reads of OpenID Connect beforehand (OpenID Connect Discovery section 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import implementer

from ..interfaces.endpoints import IServerMetadata
from ..interfaces.server import IServer
from ..jose.algorithms import ALGORITHMS
from ..settings import Settings
from .settings import OpenIDSettings
from .standard_claims import STANDARD
from .subject_type import PAIRWISE, PUBLIC

OF_ID_TOKENS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "at_hash")


@implementer(IServerMetadata)
class OpenIDMetadata:
    """The members that the server metadata have with OpenID Connect."""

    names = (
        "acr_values_supported",
        "backchannel_logout_session_supported",
        "backchannel_logout_supported",
        "claim_types_supported",
        "claims_parameter_supported",
        "claims_supported",
        "id_token_signing_alg_values_supported",
        "prompt_values_supported",
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "subject_types_supported",
        "userinfo_signing_alg_values_supported",
    )

    def __init__(self, server: IServer, settings: Settings) -> None:
        self._server = server
        self._salted = settings.of(OpenIDSettings).pairwise_salt is not None

    def members(self) -> Mapping[str, Any]:
        """The members."""
        acr_values = list(self._server.acr_values)
        return {
            **({"acr_values_supported": acr_values} if acr_values else {}),
            "subject_types_supported": [PUBLIC, *([PAIRWISE] if self._salted else [])],
            "id_token_signing_alg_values_supported": list(ALGORITHMS),
            "userinfo_signing_alg_values_supported": list(ALGORITHMS),
            "claim_types_supported": ["normal"],
            "claims_parameter_supported": True,
            "claims_supported": [
                *OF_ID_TOKENS,
                *STANDARD,
                *sorted(self._server.claim_descriptions),
            ],
            "prompt_values_supported": sorted(self._server.prompt_values),
            "request_parameter_supported": False,
            # Back-Channel Logout 1.0 section 2.1.
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            # Without it a client would take it for supported.
            "request_uri_parameter_supported": False,
        }

"""OpenID Connect: other applications sign their users in here (OpenID Connect Core).

Off until ``oauth2.openid = true``. Nothing of it is registered before.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ..events import notify
from ..interfaces import ISettings
from ..settings.types import AUTHORIZATION_SERVER
from .claims_locales import CLAIMS_LOCALES, ClaimsLocales
from .client_fields import FIELDS
from .default_max_age import DEFAULT_MAX_AGE, DefaultMaxAge
from .discovery import OpenIDMetadata
from .hint_parameter import IDTokenHint
from .id_token import IDToken
from .request_extensions import Claims, ClaimsDemand, IDTokenClaims, Nonce, OpenID
from .scopes import DESCRIPTIONS
from .settings import OpenIDSettings
from .subjects import Subjects, subject_type_field
from .userinfo import UserInfoEndpoint


def includeme(config: Any) -> None:
    """Declare the settings; add everything else if they switch it on."""
    config.add_oauth2_settings("openid", OpenIDSettings)
    settings = config.registry.getUtility(ISettings)
    if settings.mode != AUTHORIZATION_SERVER or not settings.of(OpenIDSettings).enabled:
        return
    # Not imported otherwise: it is the library of outgoing requests.
    from .keeping import make_keeper
    from .logout_fields import LOGOUT_FIELDS
    from .sector_documents import sector_field

    for name, description in DESCRIPTIONS.items():
        # An operator's own words come first.
        if name not in settings.scopes:
            config.add_oauth2_scope(name, description)
    config.add_oauth2_request_extension("openid", OpenID)
    config.add_oauth2_request_extension("nonce", Nonce)
    config.add_oauth2_request_extension("claims", Claims)
    config.add_oauth2_request_extension("id_token_claims", IDTokenClaims)
    config.add_oauth2_request_extension(CLAIMS_LOCALES, ClaimsLocales)
    config.add_oauth2_request_extension("claims_demand", ClaimsDemand)
    config.add_oauth2_request_extension("id_token_hint", IDTokenHint)
    config.add_oauth2_request_extension("default_max_age", DefaultMaxAge)
    config.add_oauth2_token_response("id token", IDToken)
    config.add_oauth2_endpoint("userinfo", UserInfoEndpoint)
    config.set_oauth2_subjects(Subjects)
    salted = settings.of(OpenIDSettings).pairwise_salt is not None
    for field in (
        *FIELDS,
        *LOGOUT_FIELDS,
        subject_type_field(salted),
        sector_field(),
        DEFAULT_MAX_AGE,
    ):
        config.add_oauth2_client_field(field)
    config.set_oauth2_sessions(partial(make_keeper, emit=partial(notify, config.registry)))
    config.add_oauth2_server_metadata("openid", OpenIDMetadata)
    config.include(".startup_checks")
    config.include(".views_discovery")
    config.include(".views_end_session")

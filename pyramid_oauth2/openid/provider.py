"""What makes the authorization server an OpenID Provider (OpenID Connect Core section 1.2)."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..events import notify
from ..interfaces import ISettings
from .claims_extensions import Claims, ClaimsDemand, IDTokenClaims
from .claims_locales import CLAIMS_LOCALES, ClaimsLocales
from .client_fields import FIELDS
from .default_max_age import DEFAULT_MAX_AGE, DefaultMaxAge
from .discovery import OpenIDMetadata
from .hint_parameter import IDTokenHint
from .id_token import IDToken
from .keeping import make_keeper
from .logout_fields import LOGOUT_FIELDS
from .pairwise_salt import PairwiseSalt
from .request_extensions import Nonce, OpenID
from .scopes import DESCRIPTIONS
from .sector_documents import read_document, sector_field
from .settings import OpenIDSettings
from .startup_checks import check_at_start
from .subject_type import subject_type_field
from .subjects import Subjects
from .userinfo import UserInfoEndpoint


def includeme(config: Any) -> None:
    """Add the scopes, the plug-ins, the fields of clients and the pages."""
    settings = config.registry.getUtility(ISettings)
    salt = PairwiseSalt(settings.of(OpenIDSettings).pairwise_salt)
    emit = partial(notify, config.registry)
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
    config.add_oauth2_token_response("id token", partial(IDToken, salt=salt))
    config.add_oauth2_endpoint("userinfo", UserInfoEndpoint)
    config.set_oauth2_subjects(partial(Subjects, salt=salt))
    for field in (
        *FIELDS,
        *LOGOUT_FIELDS,
        subject_type_field(salt.is_given),
        sector_field(partial(read_document, emit=emit)),
        DEFAULT_MAX_AGE,
    ):
        config.add_oauth2_client_field(field)
    config.set_oauth2_sessions(partial(make_keeper, salt=salt, emit=emit))
    config.add_oauth2_server_metadata("openid", OpenIDMetadata)
    check_at_start(config, salt)
    config.include(".views_discovery")
    config.include(".views_end_session")

"""Why a page refuses a request: each check has its own text in the template ``admin/problem``."""

from __future__ import annotations

from ...protocol.refusal import OWN_RULE, Refusal

BAD_FORM = Refusal("bad_form", OWN_RULE)
CHANGED_MEANWHILE = Refusal("changed_meanwhile", OWN_RULE, decided_by="client")
DISABLED_STAYS = Refusal("disabled_stays", OWN_RULE, decided_by="client")
FORGED = Refusal("forged", "RFC 6749 section 10.12")
PUBLIC_CLIENT = Refusal("public_client", "RFC 6749 section 2.1", decided_by="client")
REGISTERED_TOO_OFTEN = Refusal(
    "registered_too_often", OWN_RULE, decided_by="oauth2.throttle.registrations"
)
SECRETLESS_CLIENT = Refusal("secretless_client", OWN_RULE, decided_by="client")
SENT_ALREADY = Refusal("sent_already", OWN_RULE, decided_by="client")
TOO_MANY_CLIENTS = Refusal(
    "too_many_clients", OWN_RULE, decided_by="oauth2.self_service.max_clients"
)
UNKNOWN_CLIENT = Refusal("unknown_client", OWN_RULE)
UNKNOWN_GRANT = Refusal("unknown_grant", OWN_RULE)
UNKNOWN_PAGE = Refusal("unknown_page", OWN_RULE)
UNREADABLE_CLIENT = Refusal("unreadable_client", OWN_RULE, decided_by="client")


class Refused(Exception):
    """The page refuses the request; the template ``admin/problem`` explains why.

    :param refusal: the check, whose name selects the text of the template.
    :param retry_after: the seconds after which the request can be repeated, if it can.
    :param description: what is wrong, in English, if the template's text is not exact.
    """

    def __init__(
        self,
        refusal: Refusal,
        status: int,
        client_id: str | None = None,
        retry_after: int | None = None,
        description: str = "",
    ) -> None:
        super().__init__(refusal.check)
        self.refusal, self.status, self.client_id = refusal, status, client_id
        self.retry_after, self.description = retry_after, description

"""What is said of too many attempts, by their kind: to the client, and to the operator."""

from __future__ import annotations

from .refusal import OWN_RULE, Refusal

WAIT = {
    "clients": "Too many failed client authentications: wait {seconds} seconds, then send the "
    "right credentials.",
    "passwords": "Too many wrong passwords: wait {seconds} seconds, then send the right one.",
    "rotations": "The grant is refreshed too often: wait {seconds} seconds, and use an access "
    "token as long as its expires_in says.",
    "interactions": "Too many authorization requests from one address: wait {seconds} seconds.",
    "fetches": "Too many look-ups of clients for one user or address: wait {seconds} seconds.",
    "client_registrations": "Too many clients register themselves from one address: wait {seconds} "
    "seconds.",
    "registrations": "One user registers too many clients: wait {seconds} seconds.",
}
REFUSALS = {
    "clients": Refusal(
        "client_attempts", "RFC 6749 section 2.3.1", decided_by="oauth2.throttle.clients"
    ),
    "passwords": Refusal(
        "password_attempts", "RFC 6749 section 4.3.2", decided_by="oauth2.throttle.passwords"
    ),
    "rotations": Refusal("refresh_rate", OWN_RULE, decided_by="oauth2.throttle.rotations"),
    "interactions": Refusal("request_rate", OWN_RULE, decided_by="oauth2.throttle.interactions"),
    "fetches": Refusal("fetch_rate", OWN_RULE),
    "client_registrations": Refusal(
        "client_registration_rate",
        OWN_RULE,
        decided_by="oauth2.throttle.client_registrations",
    ),
    "registrations": Refusal(
        "registration_rate", OWN_RULE, decided_by="oauth2.throttle.registrations"
    ),
}

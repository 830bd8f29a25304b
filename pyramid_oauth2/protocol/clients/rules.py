"""The rules for registering a client, in one place for every way to register one.

The metadata is that of RFC 7591. A broken rule is reported by field, in a
message that says how to correct it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ..messages import Message, joined, message_of
from ..messages import message as _
from ..records import CLIENT_ID_LENGTH, SUBJECT_LENGTH, Client, check_identifier
from ..server import Server
from ..token_strings import is_client_secret, is_drawn_client_id
from .combinations import FIELD_COMBINATIONS, REDIRECTING, usable_redirect_uris
from .document import document_problems
from .extra import (
    added,
    change_problems,
    changed_problems,
    extra_problems,
    form_problems,
    into_extra,
)
from .metadata import BY_NAME, FIELDS
from .secrets import ARGON2ID, SHA256, is_digest
from .value_rules import STANDARD_RESPONSE_TYPES

MAX_SECRETS = 2
MOST_CHANGES = 10**8
MOST_PROBLEMS = 10  # of one field, in a report

# All others are fixed: the client_id, and what the registry itself maintains.
EDITABLE = frozenset(BY_NAME)
# What may follow from a change of something else.
DERIVED = ("client_secrets", "response_types")
_RECORD = frozenset(field.name for field in fields(Client))


class InvalidClientMetadata(ValueError):
    """The metadata of a client is not valid (RFC 7591 section 3.2.2).

    :ivar problems: what is wrong and how to correct it, by field. Each text is English; a page
        shows it in another language if it is a :class:`~pyramid_oauth2.protocol.messages.Message`.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{field}: {text}" for field, text in problems.items()))
        self.problems = problems


def check_client(server: Server, client: Client) -> None:
    """Refuse a client that breaks a rule.

    :raises InvalidClientMetadata: with every broken rule.
    :raises UserNotChecked: the application cannot say now whether a user has its client_id.
    """
    _refuse(client_problems(server, client))
    _refuse(change_problems(server, added(server.client_fields), None, client))
    # The application is not asked about what cannot be a client_id.
    _refuse(_subject_problems(server, client.client_id))


def to_register(server: Server, client: Client) -> Client:
    """The client as it is registered: it breaks no rule, and has what follows from the rest.

    :raises InvalidClientMetadata: as :func:`check_client` does.
    :raises UserNotChecked: the same.
    """
    check_client(server, client)
    return with_response_types(client)


def client_of(metadata: Mapping[str, Any]) -> Client:
    """Return a client with these fields; the rules that need the server are not checked.

    :raises InvalidClientMetadata: there is no such field, or an identifier cannot be stored by
        every store.
    """
    _refuse((name, "there is no such field") for name in metadata if name not in _RECORD)
    _refuse(_identifier_problems(metadata))
    return Client(**metadata)


def record_fields(
    server: Server, metadata: Mapping[str, Any], extra: Mapping[str, Any]
) -> dict[str, Any]:
    """Return *metadata* as fields of the record: the values of added fields are in ``extra``.

    :param extra: what the client has there now.
    :raises InvalidClientMetadata: a value is not of the form of its field.
    """
    _refuse(form_problems(server.client_fields, metadata))
    return into_extra(server.client_fields, metadata, extra)


def check_change(server: Server, client: Client, changes: Mapping[str, Any]) -> Client:
    """Return the client with its metadata changed.

    A rule that the client breaks already, since the server no longer knows a scope for
    instance, is not a reason to refuse the change of something else.

    :raises InvalidClientMetadata: the change breaks a rule, or a field cannot be changed.
    """
    changes = record_fields(server, changes, client.extra)
    fixed = [name for name in changes if name not in EDITABLE]
    if fixed:
        _refuse((name, _("this cannot be changed")) for name in fixed)
    _refuse(_identifier_problems(changes))
    changed = replace(client, **changes)
    if "grant_types" in changes or "response_types" in changes:
        changed = with_response_types(changed)
    if not server.has_secret(changed):
        # Otherwise a secret that leaked long ago would be valid again after a change back.
        changed = replace(changed, client_secrets=())
    present = _present_problems(server, client, changed)
    problems = [each for each in client_problems(server, changed) if each not in present]
    if changed.public != client.public:
        # RFC 6749 section 2.1: a client is designed as one type. A public client
        # has no secret to continue with, and a confidential one would still be
        # trusted where its secret has long been known.
        problem = _("a public client cannot become confidential, nor the reverse: register another")
        problems.append(("token_endpoint_auth_method", problem))
    _refuse(problems)
    _refuse(change_problems(server, added(server.client_fields), client, changed))
    return changed


def _present_problems(server: Server, client: Client, changed: Client) -> set[tuple[str, str]]:
    """The problems that a client has already, without those of the values that a change brings.

    A message need not name its value: one wrong value must not stand in for another.
    """
    present = set(client_problems(server, client))
    if not present:
        return present
    for field in FIELDS:
        old, new = getattr(client, field.name), getattr(changed, field.name)
        if new != old:
            present -= {(field.name, text) for text in field.problems(server, _brought(old, new))}
    brought = _brought(client.redirect_uris, changed.redirect_uris)
    present -= set(usable_redirect_uris(server, replace(changed, redirect_uris=brought)))
    return present - set(changed_problems(server, added(server.client_fields), client, changed))


def _brought(old: Any, new: Any) -> Any:
    if isinstance(new, tuple | frozenset):
        return type(new)(value for value in new if value not in old)
    return new


def secretless(client: Client) -> Message:
    """The message that a client has no secret, since it does not authenticate by one."""
    if client.public:
        return _("a public client has no secret")
    method = client.token_endpoint_auth_method
    return _("a client that authenticates by %(method)s has no secret", method=method)


def _refuse(problems: Iterable[tuple[str, str]]) -> None:
    by_field: dict[str, list[str]] = {}
    for field, problem in problems:
        by_field.setdefault(field, []).append(problem)
    if by_field:
        raise InvalidClientMetadata({name: _report(texts) for name, texts in by_field.items()})


def _report(problems: Sequence[str]) -> str:
    shown, rest = problems[:MOST_PROBLEMS], len(problems) - MOST_PROBLEMS
    return joined([*shown, _("and %(count)s more", count=rest)] if rest > 0 else shown)


def with_response_types(client: Client) -> Client:
    """The client with the response types that go with its grant types (RFC 7591 section 2).

    One that is never redirected has none of the standard ones. One of the code flow for which
    none is named has ``code``.
    """
    found = client.response_types
    if not REDIRECTING & set(client.grant_types):
        found = tuple(name for name in found if name not in STANDARD_RESPONSE_TYPES)
    elif not found and "authorization_code" in client.grant_types:
        found = ("code",)
    return client if found == client.response_types else replace(client, response_types=found)


def acts_for_users(grant_types: Iterable[str]) -> bool:
    """Whether a client with these grant types acts on behalf of users.

    A client that acts for itself alone does not (RFC 6749 section 4.4), nor does
    an API that only introspects tokens.
    """
    return not set(grant_types) <= {"client_credentials"}


def client_problems(server: Server, client: Client) -> Iterator[tuple[str, str]]:
    """The broken rules, as pairs of field and message."""
    broken = dict(document_problems(client))
    yield from broken.items()
    yield from _client_id_problems(client)
    for field in FIELDS:
        # A rule expects a value of the field's form, and one across fields of each of them.
        if field.name not in broken:
            value = getattr(client, field.name)
            yield from ((field.name, text) for text in field.problems(server, value))
        for rule in () if broken else FIELD_COMBINATIONS.get(field.name, ()):
            yield from rule(server, client)
    if not broken:
        yield from _count_problems(client)
        yield from _secret_problems(server, client)
        yield from extra_problems(server, list(added(server.client_fields)), client)


def _secret_problems(server: Server, client: Client) -> Iterator[tuple[str, str]]:
    if client.client_secrets and not server.has_secret(client):
        yield "client_secrets", secretless(client)
    if len(client.client_secrets) > MAX_SECRETS:
        yield "client_secrets", _("there are more than %(most)s", most=MAX_SECRETS)
    for secret in client.client_secrets:
        if not is_digest(secret):
            digests = {"first": SHA256, "second": ARGON2ID}
            yield "client_secrets", _("each is a digest by %(first)s or %(second)s", **digests)


def _identifier_problems(metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    # Checked before the record is created, because its constructor would raise.
    for name, length in (("client_id", CLIENT_ID_LENGTH), ("owner", SUBJECT_LENGTH)):
        if name not in metadata or (name == "owner" and metadata[name] is None):
            continue
        try:
            check_identifier(name, metadata[name], length)
        except ValueError as error:
            yield name, message_of(error)


def _client_id_problems(client: Client) -> Iterator[tuple[str, str]]:
    # RFC 6749 appendix A.1: client-id = *VSCHAR.
    if not (client.client_id.isascii() and client.client_id.isprintable()):
        yield "client_id", _("use printable ASCII characters only")
    elif is_client_secret(client.client_id):
        yield "client_id", _("this is a client secret; leave the client_id to the server")


def _subject_problems(server: Server, client_id: str) -> Iterator[tuple[str, str]]:
    # RFC 9068 section 5: the subject of a client's own tokens is its client_id, and no API could
    # distinguish them from those of a user who has the same.
    if not is_drawn_client_id(client_id) and server.subject_exists(client_id):
        yield (
            "client_id",
            _("a user has this identifier; choose another, or leave it to the server"),
        )


def _count_problems(client: Client) -> Iterator[tuple[str, str]]:
    # Each change counts on from here, and must not come to a number that cannot be read.
    for name in ("version", "epoch"):
        if getattr(client, name) > MOST_CHANGES:
            yield name, _("a number up to %(most)s is needed", most=MOST_CHANGES)

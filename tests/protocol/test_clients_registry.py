"""Registering and changing clients: one way for pages, the command line and code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from pyramid_oauth2.protocol import lost_responses
from pyramid_oauth2.protocol.clients.codecs import Codec
from pyramid_oauth2.protocol.clients.document import document_problems
from pyramid_oauth2.protocol.clients.field import ClientField
from pyramid_oauth2.protocol.clients.metadata import BY_NAME, FIELDS
from pyramid_oauth2.protocol.clients.registry import (
    MAX_OVERLAP,
    ClientChangedMeanwhile,
    ClientRegistry,
    UnknownClient,
)
from pyramid_oauth2.protocol.clients.rules import InvalidClientMetadata
from pyramid_oauth2.protocol.clients.secrets import verify_secret
from pyramid_oauth2.protocol.records import Client, ClientSecret, DuplicateRecord, OutcomeUnknown
from pyramid_oauth2.protocol.token_strings import is_client_secret

from .worlds import NOW, Clock, make_server

MACHINE: dict[str, Any] = {"grant_types": ("client_credentials",)}
WEB: dict[str, Any] = {"redirect_uris": ("https://client.example/back",)}


class World:
    def __init__(self) -> None:
        self.clock, self.emitted = Clock(), list[str]()
        self.server = make_server(self.clock)
        self.registry = ClientRegistry(self.server, self.server.clients, self.emit)

    def emit(self, event: Any) -> None:
        # Emitted once it is stored.
        self.emitted.append(event.change)

    def get(self, client_id: str = "robot") -> Client:
        return self.registry.get(client_id)

    def good(self, secret: str | None) -> bool:
        assert secret is not None
        return verify_secret(secret, self.get().client_secrets, self.clock.now)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def robot(world: World) -> str:
    """A confidential client; returns its secret."""
    secret = world.registry.add(Client("robot", **MACHINE)).secret
    assert secret is not None
    world.emitted.clear()
    return secret


class TestResponseTypes:
    """They go with the grant types (RFC 7591 section 2)."""

    @pytest.mark.parametrize(
        ("metadata", "response_types"),
        [
            (MACHINE, ()),
            ({"grant_types": ("password", "refresh_token")}, ()),
            ({"grant_types": (), "resource_server": True}, ()),
            ({**MACHINE, "response_types": ("code", "token")}, ()),
            (WEB, ("code",)),
            ({**WEB, "response_types": ()}, ("code",)),
            ({**WEB, "grant_types": ("implicit",), "response_types": ("token",)}, ("token",)),
        ],
    )
    def test_of_a_new_client(self, world: World, metadata: Any, response_types: Any):
        client = world.registry.add(client_id="new", client_name="New", **metadata).client
        assert client.response_types == world.get("new").response_types == response_types
        world.registry.restore(replace(client, client_id="old", response_types=("code",)))
        restored = world.get("old").response_types
        assert restored == (() if not response_types else ("code",))

    def test_they_follow_a_change(self, world: World, robot: str):
        flow = {**WEB, "grant_types": ("authorization_code",)}
        assert world.registry.edit("robot", **flow).response_types == ("code",)
        assert world.get().response_types == ("code",)
        assert world.registry.edit("robot", **MACHINE).response_types == ()
        assert world.get().response_types == ()
        # What is derived of a client is no change of it.
        assert world.registry.edit("robot", response_types=("code",)) == world.get()


class TestAdd:
    def test_a_secret_is_drawn_and_told_once(self, world: World):
        registered = world.registry.add(Client("robot", **MACHINE))
        assert registered.secret is not None
        assert is_client_secret(registered.secret)
        assert world.get() == registered.client
        assert (world.get().created_at, world.get().updated_at) == (NOW, NOW)
        assert world.good(registered.secret)
        assert registered.secret not in repr(registered)
        assert world.emitted == ["registered"]

    def test_by_its_fields(self, world: World):
        registered = world.registry.add(client_name="Nightly", **MACHINE)
        assert world.get(registered.client.client_id).client_name == "Nightly"

    def test_by_its_record_or_its_fields(self, world: World):
        with pytest.raises(TypeError, match="as a record or by its fields, not both: scope"):
            world.registry.add(Client("robot", **MACHINE), None, scope=frozenset({"read"}))
        with pytest.raises(UnknownClient):
            world.get()

    def test_a_field_that_there_is_not(self, world: World, robot: str):
        for method in (partial(world.registry.edit, "robot"), world.registry.add):
            with pytest.raises(InvalidClientMetadata) as caught:
                method(nonsense=1)
            assert list(caught.value.problems) == ["nonsense"]

    @pytest.mark.parametrize("secret", [b"chosen-secret", 5])
    def test_a_secret_that_is_no_text(self, world: World, robot: str, secret: Any):
        with pytest.raises(InvalidClientMetadata, match="a secret is Unicode text"):
            world.registry.add(Client("other", **MACHINE), secret)
        with pytest.raises(InvalidClientMetadata, match="a secret is Unicode text"):
            world.registry.rotate_secret("robot", secret=secret)

    @pytest.mark.parametrize("value", ["", "x" * 513, "a\0b", "\ud800"])
    @pytest.mark.parametrize("field", ["client_id", "owner"])
    def test_what_no_store_could_keep(self, world: World, field: str, value: str):
        with pytest.raises(InvalidClientMetadata) as caught:
            world.registry.add(**{field: value}, **MACHINE)
        assert caught.value.problems.keys() == {field}

    def test_a_secret_of_ones_own(self, world: World):
        assert world.registry.add(Client("robot", **MACHINE), "chosen").secret == "chosen"
        assert world.good("chosen")

    def test_a_public_client_has_none(self, world: World):
        app = Client("app", token_endpoint_auth_method="none", **WEB)
        registered = world.registry.add(app)
        assert (registered.secret, registered.client.client_secrets) == (None, ())

    def test_a_client_id_is_used_once(self, world: World, robot: str):
        for _ in range(2):
            with pytest.raises(DuplicateRecord):
                world.registry.add(Client("robot", **MACHINE))
            if world.emitted == []:
                world.registry.delete("robot")
        assert world.emitted == ["deleted"]

    @pytest.mark.parametrize("secret", ["", "a\0b", "x" * 1025])
    def test_a_secret_that_cannot_be_kept(self, world: World, secret: str):
        with pytest.raises(InvalidClientMetadata) as caught:
            world.registry.add(Client("robot", **MACHINE), secret)
        assert caught.value.problems.keys() == {"client_secret"}
        assert "a\0b" not in str(caught.value)
        with pytest.raises(UnknownClient):
            world.get()

    def test_a_secret_for_a_public_client(self, world: World):
        app = Client("app", token_endpoint_auth_method="none", **WEB)
        with pytest.raises(InvalidClientMetadata) as caught:
            world.registry.add(app, "chosen")
        assert caught.value.problems.keys() == {"client_secret"}

    def test_a_broken_rule(self, world: World):
        with pytest.raises(InvalidClientMetadata):
            world.registry.add(Client("robot"))
        assert world.emitted == []


class TestRestore:
    def test_with_its_secrets_and_times(self, world: World, robot: str):
        kept = world.get()
        other = World()
        assert other.registry.restore(kept)
        assert other.get() == kept
        assert other.good(robot)
        assert other.emitted == ["registered"]
        assert not other.registry.restore(kept)

    def test_without_times_it_is_new(self, world: World):
        world.registry.restore(Client("robot", **MACHINE))
        assert world.get().created_at == NOW

    def test_a_deleted_one_stays_so(self, world: World, robot: str):
        kept = world.get()
        world.registry.delete("robot")
        assert not world.registry.restore(kept)

    def test_the_rules_hold(self, world: World):
        with pytest.raises(InvalidClientMetadata):
            world.registry.restore(Client("robot"))


class TestEdit:
    def test_a_change(self, world: World, robot: str):
        world.clock.now += 5
        changed = world.registry.edit("robot", client_name="R2", scope=frozenset({"read"}))
        assert changed == world.get()
        assert (changed.client_name, changed.updated_at, changed.version) == ("R2", NOW + 5, 1)
        assert world.good(robot)
        assert world.emitted == ["edited"]

    @pytest.mark.parametrize("owner", ["", "x" * 300, "a\0b"])
    def test_an_owner_that_no_store_could_keep(self, world: World, robot: str, owner: str):
        with pytest.raises(InvalidClientMetadata) as caught:
            world.registry.edit("robot", owner=owner)
        assert caught.value.problems.keys() == {"owner"}
        world.registry.edit("robot", owner=None)

    def test_no_change(self, world: World, robot: str):
        assert world.registry.edit("robot", client_name="").version == 0
        assert world.emitted == []

    def test_of_what_somebody_else_changed(self, world: World, robot: str):
        seen = world.get()
        world.registry.edit("robot", seen.version, client_name="first")
        with pytest.raises(ClientChangedMeanwhile):
            world.registry.edit("robot", seen.version, client_name="second")
        assert world.get().client_name == "first"

    def test_of_nobody(self, world: World):
        with pytest.raises(UnknownClient):
            world.registry.edit("robot", client_name="x")


class TestRotation:
    def test_at_once(self, world: World, robot: str):
        new = world.registry.rotate_secret("robot").secret
        assert (world.good(new), world.good(robot)) == (True, False)
        assert world.emitted == ["secret rotated"]

    def test_with_an_overlap(self, world: World, robot: str):
        new = world.registry.rotate_secret("robot", overlap=60).secret
        assert (world.good(new), world.good(robot)) == (True, True)
        world.clock.now += 59
        assert world.good(robot)
        world.clock.now += 1
        assert (world.good(new), world.good(robot)) == (True, False)

    def test_with_the_seconds_of_a_timedelta(self, world: World, robot: str):
        """They are a float, which could not be read again."""
        week = timedelta(days=7).total_seconds()
        new = world.registry.rotate_secret("robot", overlap=week).secret  # type: ignore[arg-type]
        assert not list(document_problems(world.get()))
        assert (world.good(new), world.good(robot)) == (True, True)

    def test_nothing_is_written_that_cannot_be_read_again(self, world: World, robot: str):
        broken = {"client_secrets": (ClientSecret(b"digest", "sha256", created_at=0.5),)}  # type: ignore[arg-type]
        with pytest.raises(InvalidClientMetadata, match="client_secrets"):
            world.registry._write(world.get(), broken, "edited")

    def test_two_live_at_once_at_most(self, world: World, robot: str):
        secrets: list[str | None] = [robot]
        for _ in range(3):
            world.clock.now += 1
            secrets.append(world.registry.rotate_secret("robot", overlap=60).secret)
        assert [world.good(secret) for secret in secrets] == [False, False, True, True]
        assert len(world.get().client_secrets) == 2

    def test_an_overlap_is_not_made_longer(self, world: World, robot: str):
        world.registry.rotate_secret("robot", overlap=60)
        world.clock.now += 30
        world.registry.rotate_secret("robot", overlap=0)
        assert len(world.get().client_secrets) == 1
        assert not world.good(robot)

    def test_to_one_of_ones_own(self, world: World, robot: str):
        world.registry.rotate_secret("robot", secret="chosen")
        assert world.good("chosen")

    def test_to_the_one_it_has(self, world: World, robot: str):
        assert world.registry.rotate_secret("robot", secret=robot).client.version == 0
        assert world.emitted == []
        world.registry.rotate_secret("robot", overlap=60)
        world.registry.rotate_secret("robot", secret=robot)
        assert len(world.get().client_secrets) == 1
        assert world.good(robot)

    @pytest.mark.parametrize("overlap", [-1, MAX_OVERLAP + 1])
    def test_a_senseless_overlap(self, world: World, robot: str, overlap: int):
        with pytest.raises(InvalidClientMetadata) as caught:
            world.registry.rotate_secret("robot", overlap)
        assert caught.value.problems.keys() == {"overlap"}
        assert world.good(robot)

    def test_of_a_public_client(self, world: World):
        world.registry.add(Client("robot", token_endpoint_auth_method="none", **WEB))
        with pytest.raises(InvalidClientMetadata):
            world.registry.rotate_secret("robot")

    def test_asked_for_twice_from_one_version(self, world: World, robot: str):
        new = world.registry.rotate_secret("robot", overlap=60, version=0).secret
        with pytest.raises(ClientChangedMeanwhile):
            world.registry.rotate_secret("robot", overlap=60, version=0)
        assert (world.good(new), world.good(robot)) == (True, True)

    def test_the_earlier_one_ends_before_its_time(self, world: World, robot: str):
        new = world.registry.rotate_secret("robot", overlap=60).secret
        world.emitted.clear()
        with pytest.raises(ClientChangedMeanwhile):
            world.registry.end_earlier_secret("robot", version=0)
        world.registry.end_earlier_secret("robot", version=1)
        assert (world.good(new), world.good(robot)) == (True, False)
        assert world.registry.end_earlier_secret("robot").version == 2
        assert world.emitted == ["earlier secret ended"]


class TestEnd:
    def test_disabled_and_enabled(self, world: World, robot: str):
        world.registry.disable("robot")
        assert (world.get().disabled_at, world.get().epoch) == (NOW, 1)
        assert world.registry.enable("robot") == world.get()
        assert (world.get().disabled_at, world.get().epoch) == (None, 1)
        assert world.registry.enable("robot").disabled_at is None
        assert world.emitted == ["disabled", "enabled"]

    def test_rights_withdrawn(self, world: World, robot: str):
        world.registry.withdraw("robot")
        assert (world.get().disabled_at, world.get().epoch) == (None, 1)
        assert world.emitted == ["rights withdrawn"]

    def test_deleted(self, world: World, robot: str):
        world.registry.delete("robot")
        with pytest.raises(UnknownClient):
            world.get()
        assert world.emitted == ["deleted"]

    @pytest.mark.parametrize("step", ["enable", "delete"])
    def test_of_what_somebody_else_changed(self, world: World, robot: str, step: str):
        world.registry.disable("robot")
        before = world.get()
        with pytest.raises(ClientChangedMeanwhile):
            getattr(world.registry, step)("robot", version=0)
        assert (world.get(), world.emitted) == (before, ["disabled"])
        getattr(world.registry, step)("robot", version=1)

    @pytest.mark.parametrize("step", ["disable", "enable", "withdraw", "delete", "rotate_secret"])
    def test_of_nobody(self, world: World, step: str):
        with pytest.raises(UnknownClient, match=r"no such client: robot$"):
            getattr(world.registry, step)("robot")
        assert world.emitted == []


class LosesResponse:
    """A client store that carries out the next call of one operation, without a response."""

    def __init__(self, store: Any) -> None:
        self._store, self.operation = store, ""

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)

        def call(*arguments: Any, **named: Any) -> Any:
            result = operation(*arguments, **named)
            if name == self.operation:
                self.operation = ""
                raise OutcomeUnknown("the response is lost")
            return result

        return call


class TestLostResponses:
    """Each change is carried out once, reported as done, and followed by its event."""

    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lost_responses, "PAUSES", (0, 0, 0))

    @pytest.fixture
    def store(self, world: World, robot: str) -> LosesResponse:
        store: Any = LosesResponse(world.server.clients)
        world.registry = ClientRegistry(world.server, store, world.emit)
        return store

    def test_rotate_secret(self, world: World, store: LosesResponse, robot: str):
        store.operation = "edit"
        registered = world.registry.rotate_secret("robot")
        assert world.good(registered.secret)
        assert not world.good(robot)
        assert registered.client == world.get()
        assert world.emitted == ["secret rotated"]

    def test_add(self, world: World, store: LosesResponse):
        store.operation = "add"
        registered = world.registry.add(Client("other", **MACHINE))
        assert world.get("other") == registered.client
        store.operation = "add"
        with pytest.raises(DuplicateRecord):
            world.registry.add(Client("other", **MACHINE))
        assert world.emitted == ["registered"]

    def test_restore(self, world: World, store: LosesResponse):
        store.operation = "import_"
        assert world.registry.restore(Client("other", **MACHINE))
        store.operation = "import_"
        assert not world.registry.restore(Client("other", client_name="Other", **MACHINE))
        assert world.emitted == ["registered"]

    def test_edit(self, world: World, store: LosesResponse):
        store.operation = "edit"
        assert world.registry.edit("robot", client_name="Robot") == world.get()
        assert world.emitted == ["edited"]

    def test_edit_of_a_client_that_was_changed_meanwhile(self, world: World, store: LosesResponse):
        edit = world.server.clients.edit

        class Changed(LosesResponse):
            def edit(self, client_id: str, version: int, changes: Any) -> bool:
                if self.operation:
                    self.operation = ""
                    assert edit(client_id, version, {"client_name": "Other"})
                    raise OutcomeUnknown("the response is lost")
                return edit(client_id, version, changes)

        changed: Any = Changed(world.server.clients)
        changed.operation = "edit"
        registry = ClientRegistry(world.server, changed, world.emit)
        with pytest.raises(ClientChangedMeanwhile):
            registry.edit("robot", client_name="Robot")
        assert world.emitted == []

    def test_disable_and_withdraw(self, world: World, store: LosesResponse):
        store.operation = "raise_epoch"
        world.registry.disable("robot")
        assert world.get().disabled_at == NOW
        store.operation, epoch = "raise_epoch", world.get().epoch
        world.registry.withdraw("robot")
        assert world.get().epoch > epoch
        assert world.emitted == ["disabled", "rights withdrawn"]

    def test_delete(self, world: World, store: LosesResponse):
        store.operation = "delete"
        world.registry.delete("robot")
        with pytest.raises(UnknownClient):
            world.get()
        assert world.emitted == ["deleted"]


# One value of each type that a caller may pass by mistake, and lists with such members.
WRONG: tuple[Any, ...] = (
    *(None, True, 5, 1.5, "read", b"read", object(), [], ["read"], [None], (5,), {5}, {5: 5}),
    *({"access_token": "1h"}, {"read": None}, [("access_token", 5)]),
)
TYPES: dict[Codec, tuple[type, ...]] = {
    Codec.TEXT: (str,),
    Codec.OPTIONAL_TEXT: (str, type(None)),
    Codec.TEXTS: (tuple, list),
    Codec.SCOPE: (frozenset, set),
    Codec.BOOLEAN: (bool,),
    Codec.INTEGER: (int,),
    Codec.OPTIONAL_INTEGER: (int, type(None)),
    Codec.LIFETIMES: (dict,),
    Codec.MAPPING: (dict,),
    Codec.OPTIONAL_MAPPING: (dict, type(None)),
}
DEFAULTS: dict[Codec, Any] = {
    **{Codec.TEXT: "", Codec.TEXTS: (), Codec.SCOPE: frozenset(), Codec.BOOLEAN: False},
    **{Codec.INTEGER: 0, Codec.LIFETIMES: {}, Codec.MAPPING: {}},
}
ADDED = {
    f"added_{codec.name.lower()}": ClientField(
        f"added_{codec.name.lower()}", codec, "Added.", DEFAULTS.get(codec)
    )
    for codec in Codec
}


def problems(change: Callable[..., object], *names: str, **metadata: Any) -> Mapping[str, str]:
    try:
        change(*names, **metadata)
    except InvalidClientMetadata as error:
        return error.problems
    return {}


@pytest.mark.parametrize("field", [*FIELDS, *ADDED.values()], ids=lambda field: field.name)
def test_a_value_of_a_wrong_type_breaks_the_rule_of_its_field(world: World, field: ClientField):
    server = replace(world.server, client_fields={**BY_NAME, **ADDED})
    registry = ClientRegistry(server, server.clients)
    robot = registry.add(Client("robot", **MACHINE)).client
    for value in WRONG:
        # In Python a bool is an int as well.
        number = value is True and field.codec is not Codec.BOOLEAN
        wrong = number or not isinstance(value, TYPES[field.codec])
        # Other exceptions than InvalidClientMetadata are the fault of the rules, for any value.
        added = problems(registry.add, **MACHINE | {field.name: value})
        edited = problems(registry.edit, "robot", **{field.name: value})
        if wrong:
            assert field.name in added, value
            assert field.name in edited, value
            assert registry.get("robot") == robot
        robot = registry.get("robot")


@pytest.mark.parametrize("value", [None, 5, True, b"robot", ["robot"], ""])
def test_a_client_id_of_a_wrong_type(world: World, value: Any):
    with pytest.raises(InvalidClientMetadata) as caught:
        world.registry.add(client_id=value, **MACHINE)
    assert caught.value.problems.keys() == {"client_id"}


@pytest.mark.parametrize("field", ["client_secrets", "created_at", "version", "epoch"])
def test_what_the_registry_maintains_is_not_of_a_wrong_type(world: World, field: str):
    for value in (None, "5", ["5"], object()):
        with pytest.raises(InvalidClientMetadata) as caught:
            world.registry.add(**MACHINE, **{field: value})
        assert field in caught.value.problems


def test_fields_of_a_wrong_type_are_all_named(world: World):
    metadata = {"scope": "read", "contacts": None, "extra": 5}
    for change in (
        lambda: world.registry.add(**MACHINE, **metadata),
        lambda: world.registry.add(Client("x", **MACHINE, **metadata)),
    ):
        with pytest.raises(InvalidClientMetadata) as caught:
            change()
        assert caught.value.problems.keys() == metadata.keys()


@pytest.mark.parametrize("limit", [0, -1])
def test_a_search_for_no_clients_is_refused(world: World, robot: str, limit: int):
    with pytest.raises(ValueError, match=f"at least 1, not {limit}"):
        world.registry.search(limit=limit)

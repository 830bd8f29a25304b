"""What the methods of an application's resource owners may return."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.request import Request

from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.resource_owners import ResourceOwners

REQUEST = Request.blank("/")


class Users:
    """Each method returns the same value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def subject(self, request: Any) -> Any:
        return self.value

    def authenticate(self, request: Any, username: str, password: str) -> Any:
        return self.value

    def exists(self, subject: str) -> Any:
        return self.value

    def describe(self, subject: str) -> Any:
        return self.value

    def principals(self, request: Any, subject: str) -> Any:
        return self.value

    def time_zone(self, request: Any) -> Any:
        return self.value

    def authenticated_at(self, request: Any) -> Any:
        return self.value


@pytest.mark.parametrize("name", [None, "", " "])
def test_a_user_without_a_name(name: str | None):
    owners = ResourceOwners(Users(name))
    assert owners.name("alice") is None
    assert owners.describe("alice") == "alice"


def test_a_user_with_a_name():
    assert ResourceOwners(Users("Alice")).describe("1") == "Alice"
    assert ResourceOwners(Users(7)).describe("1") == "7"


@pytest.mark.parametrize(("found", "principals"), [(None, ()), (["a", 1], ("a", 1)), ((), ())])
def test_principals(found: Any, principals: tuple[Any, ...]):
    assert ResourceOwners(Users(found)).principals(REQUEST, "alice") == principals


def test_a_text_is_no_list_of_principals():
    with pytest.raises(TypeError, match=r"principals\(\) of the resource owners must return"):
        ResourceOwners(Users("group:admin")).principals(REQUEST, "alice")


@pytest.mark.parametrize("zone", [None, "", 1, b"UTC"])
def test_a_time_zone_that_is_none(zone: Any):
    assert ResourceOwners(Users(zone)).time_zone(REQUEST) is None


@pytest.mark.parametrize(("at", "auth_time"), [(5, 5), (5.5, 5)])
def test_the_time_of_the_login(at: Any, auth_time: int):
    assert ResourceOwners(Users(at)).authentication(REQUEST) == Authentication(auth_time)


@pytest.mark.parametrize(("at", "known"), [(160, True), (161, False), (100_000, False)])
def test_a_time_of_the_login_that_is_ahead(at: int, known: bool, caplog: pytest.LogCaptureFixture):
    """OpenID Connect Core section 3.1.2.1: in milliseconds, it would pass every ``max_age``."""
    found = ResourceOwners(Users(at)).authentication(REQUEST, 100)
    assert found == Authentication(at if known else None)
    words = f"authenticated_at() of the resource owners returned a time that is {at - 100} seconds"
    assert (words in caplog.text) is not known


def test_an_authentication_that_is_ahead(caplog: pytest.LogCaptureFixture):
    class Said:
        def authentication(self, request: Any) -> Authentication:
            return Authentication(1000, "gold", ("pwd",), "sid")

    found = ResourceOwners(Said()).authentication(REQUEST, 10)
    assert found == Authentication(None, "gold", ("pwd",), "sid")
    assert "authentication() of the resource owners returned a time" in caplog.text


def test_a_time_of_the_login_that_is_not_known():
    assert ResourceOwners(Users(None)).authentication(REQUEST) is None


@pytest.mark.parametrize("at", ["5", True, object()])
def test_a_time_of_the_login_that_is_none(at: Any):
    with pytest.raises(TypeError, match=r"authenticated_at\(\) of the resource owners must return"):
        ResourceOwners(Users(at)).authentication(REQUEST)


def test_a_subject_like_the_client_ids_that_are_drawn():
    """RFC 9068 section 5: the subject of a client's own tokens is its client_id."""
    taken = "oci_" + "a" * 24
    with pytest.raises(ValueError, match="no user may have a subject that begins with oci_"):
        ResourceOwners(Users(taken)).subject(REQUEST)
    with pytest.raises(ValueError, match=r"authenticate\(\) of the resource owners returned"):
        ResourceOwners(Users(taken)).of(REQUEST).authenticate("eve", "eve's password")


@pytest.mark.parametrize(("found", "there"), [(True, True), (False, False), (None, False)])
def test_whether_a_user_exists(found: Any, there: bool):
    assert ResourceOwners(Users(found)).exists("alice") is there


def test_an_application_that_does_not_say_which_users_exist():
    assert ResourceOwners(object()).exists("alice") is False

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


def test_a_time_of_the_login_that_is_not_known():
    assert ResourceOwners(Users(None)).authentication(REQUEST) is None


@pytest.mark.parametrize("at", ["5", True, object()])
def test_a_time_of_the_login_that_is_none(at: Any):
    with pytest.raises(TypeError, match=r"authenticated_at\(\) of the resource owners must return"):
        ResourceOwners(Users(at)).authentication(REQUEST)

"""The dataclass of this package is that of Python, in every way that the package uses."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, field, fields, replace
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from pyramid_oauth2 import values

Make = Callable[..., Any]
Kind = TypeVar("Kind")


def classes(dataclass: Make) -> dict[str, Any]:
    """Classes of every kind, made by one of the two decorators."""

    @dataclass(frozen=True, slots=True)
    class Point:
        """A point."""

        ORIGIN: ClassVar[int] = 0
        x: int
        y: int = 0
        names: tuple[str, ...] = ()
        extra: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)

        @property
        def both(self) -> int:
            return self.x + self.y

    @dataclass(frozen=True, slots=True)
    class Point3(Point):
        z: int = 0
        y: int = 7
        more: int = field(default=5, kw_only=True)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Event:
        request: Any = None
        name: str

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Named(Event):
        other: str

    @dataclass(frozen=True, slots=True)
    class Checked:
        value: int
        double: int = field(init=False)
        fixed: str = field(init=False, default="fixed")
        made: list[int] = field(init=False, default_factory=list)

        def __post_init__(self) -> None:
            object.__setattr__(self, "double", 2 * self.value)

    @dataclass(frozen=True, slots=True)
    class Nothing:
        pass

    @dataclass(frozen=True, slots=True)
    class Own:
        value: int

        def __repr__(self) -> str:
            return "its own"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own) and self.value % 10 == other.value % 10

    @dataclass(frozen=True, slots=True)
    class Holder(Generic[Kind]):
        held: Kind

    class Plain(Point):
        pass

    made = {name: kind for name, kind in locals().items() if isinstance(kind, type)}
    for name, kind in made.items():
        kind.__qualname__ = name
    return made


THEIRS, OURS = classes(dataclasses.dataclass), classes(values.dataclass)

CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Point", (1,), {}),
    ("Point", (1, 2, ("a",), {"b": 1}), {}),
    ("Point", (), {"y": 3, "x": 4}),
    ("Point", (), {}),
    ("Point", (1,), {"z": 1}),
    ("Point", ([],), {}),
    ("Point3", (1, 2), {"z": 3}),
    ("Point3", (1,), {"more": 6}),
    ("Point3", (1, 2, (), {}, 3, 4), {}),
    ("Event", (), {"name": "n"}),
    ("Event", (), {}),
    ("Event", ("n",), {}),
    ("Named", (), {"name": "n", "other": "o", "request": 1}),
    ("Checked", (2,), {}),
    ("Checked", (2, 3), {}),
    ("Nothing", (), {}),
    ("Own", (12,), {}),
    ("Holder", ("held",), {}),
    ("Plain", (1, 2), {}),
]


def seen(made: Mapping[str, Any], name: str, arguments: Any, keywords: Any) -> Any:
    """What can be seen of a value, or of the error."""
    try:
        value = made[name](*arguments, **keywords)
    except TypeError as error:
        return str(error).replace("classes.<locals>.", "")
    try:
        hashed = hash(value) == hash(made[name](*arguments, **keywords))
    except TypeError as error:
        hashed = str(error)
    return {
        "repr": repr(value),
        "values": [(each.name, each.type, getattr(value, each.name)) for each in fields(value)],
        "dict": hasattr(value, "__dict__"),
        "equal": value == made[name](*arguments, **keywords),
        "hashed": hashed,
        "others": [value == other for other in (1, None, made["Nothing"]())],
        "as a dict": dataclasses.asdict(value),
        "copied": [copy.copy(value) == value, copy.deepcopy(value) == value],
    }


@pytest.mark.parametrize(("name", "arguments", "keywords"), CALLS)
def test_a_value_is_as_pythons_own(
    name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    theirs = seen(THEIRS, name, arguments, keywords)
    assert seen(OURS, name, arguments, keywords) == theirs


@pytest.mark.parametrize("name", THEIRS)
def test_a_class_is_as_pythons_own(name: str) -> None:
    def shape(kind: Any) -> Any:
        return {
            "signature": str(inspect.signature(kind)),
            "match": kind.__match_args__,
            "slots": sorted(kind.__dict__.get("__slots__", ())),
            "names": (kind.__name__, kind.__qualname__, kind.__module__),
            "frozen": kind.__dataclass_params__.frozen,
            "annotations": inspect.get_annotations(kind),
            "init": inspect.get_annotations(kind.__init__),
            "constant": getattr(kind, "ORIGIN", None),
        }

    ours, theirs = shape(OURS[name]), shape(THEIRS[name])
    for own in (ours, theirs):
        own["init"] = {key: str(value).strip("'") for key, value in own["init"].items()}
    assert ours == theirs


@pytest.mark.parametrize("name", ["Point", "Point3", "Plain"])
def test_nothing_can_be_changed(name: str) -> None:
    for made in (OURS, THEIRS):
        value = made[name](1)
        for change in (
            lambda value=value: setattr(value, "x", 2),
            lambda value=value: delattr(value, "x"),
        ):
            with pytest.raises(FrozenInstanceError, match="field 'x'"):
                change()
        assert value.x == 1


def test_what_is_no_field() -> None:
    """Python's own raises a TypeError here, since it compares with the class before the slots."""
    point = OURS["Point"](1)
    with pytest.raises(FrozenInstanceError):
        point.other = 2
    with pytest.raises(FrozenInstanceError):
        del point.other
    plain = OURS["Plain"](1)
    plain.other = 2
    assert plain.other == 2
    del plain.other
    assert not hasattr(plain, "other")


def test_a_field_is_not_compared() -> None:
    for made in (OURS, THEIRS):
        assert made["Point"](1, extra={"a": 1}) == made["Point"](1, extra={"a": 2})
        assert made["Point"](1) != made["Point"](2)
        assert made["Own"](12) == made["Own"](22) != made["Own"](23)


def test_a_value_of_a_subclass_is_not_equal() -> None:
    for made in (OURS, THEIRS):
        assert made["Plain"](1) != made["Point"](1)


def test_each_value_has_its_own_default() -> None:
    for made in (OURS, THEIRS):
        assert made["Point"](1).extra is not made["Point"](1).extra
        assert made["Checked"](1).made is not made["Checked"](1).made


def test_replace() -> None:
    for made in (OURS, THEIRS):
        changed = replace(made["Point3"](1, 2), z=9)
        assert (changed.x, changed.y, changed.z, type(changed)) == (1, 2, 9, made["Point3"])
        with pytest.raises(TypeError):
            replace(made["Point"](1), nothing=1)


def test_a_value_is_matched() -> None:
    point = OURS["Point"]
    match point(1, 2):
        case point(x, y):
            assert (x, y) == (1, 2)


@values.dataclass(frozen=True, slots=True)
class Stored:
    """Pickle finds it by its name."""

    value: int
    extra: tuple[int, ...] = ()


def test_a_value_is_pickled() -> None:
    value = Stored(1, (2,))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize("options", [{"frozen": True}, {"frozen": True, "slots": True}])
def test_an_application_extends_a_class_by_pythons_own(options: dict[str, bool]) -> None:
    @dataclasses.dataclass(**options)
    class More(Stored):
        more: str = "more"

    more = More(1, more="m")
    assert (more.value, more.extra, more.more) == (1, (), "m")
    assert more == More(1, more="m") != Stored(1)
    with pytest.raises(FrozenInstanceError):
        more.value = 2  # type: ignore[misc]


def test_a_class_that_is_not_frozen_is_pythons_own() -> None:
    @values.dataclass
    class Changing:
        value: int = 1

    changing = Changing()
    changing.value = 2
    assert changing == Changing(2)
    assert not hasattr(Changing, "__compared__")


def test_an_option_that_is_left_to_python() -> None:
    @values.dataclass(frozen=True, slots=True, order=True)
    class Sorted:
        value: int

    assert sorted([Sorted(2), Sorted(1)]) == [Sorted(1), Sorted(2)]

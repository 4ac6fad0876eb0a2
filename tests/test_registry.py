"""Names, duplicates, entry points of an open family."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from eventstudy.errors import UnknownNameError
from eventstudy.registry import Registry


def test_a_member_is_found_by_name_and_names_are_sorted() -> None:
    family = Registry[int]("number", "eventstudy.tests.none")
    family.register("two", 2)
    family.register("one", 1)
    assert family.get("two") == 2
    assert family.names() == ("one", "two")


def test_a_taken_name_is_an_error_and_the_same_member_again_is_none() -> None:
    family = Registry[str]("word", "eventstudy.tests.none")
    family.register("a", "first")
    family.register("a", "first")
    with pytest.raises(ValueError, match="The word name 'a' is already taken"):
        family.register("a", "second")
    assert family.get("a") == "first"


def test_an_unknown_name_names_the_nearest() -> None:
    family = Registry[str]("model", "eventstudy.tests.none")
    family.register("market", "m")
    family.register("raw", "r")
    with pytest.raises(UnknownNameError, match=r"There is no model named 'markt'. Did you mean 'market'?"):
        family.get("markt")
    with pytest.raises(UnknownNameError, match="Known: market, raw"):
        family.get("zzz")


def test_another_package_offers_a_member_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint(name="fraction", value="fractions:Fraction", group="eventstudy.tests.numbers")

    monkeypatch.setattr("eventstudy.registry._offered", lambda: EntryPoints([point]))
    family = Registry[type]("number", "eventstudy.tests.numbers")
    family.register("int", int)
    assert family.names() == ("fraction", "int")
    assert family.get("fraction")(1, 2) == 0.5
    with pytest.raises(UnknownNameError, match=r"Did you mean 'fraction'?"):
        family.get("fractoin")

"""Two calls of a function, from its annotations."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from metabot.generate.recipe import NotSure
from metabot.generate.sample_call import SampleCall, sample_call


def call(parameters: str) -> SampleCall | NotSure:
    return sample_call(f"def f({parameters}) -> str:\n    return ''\n", "f")


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("str", str),
        ("int", int),
        ("float", float),
        ("bool", bool),
        ("datetime", datetime.datetime),
        ("dt.datetime", datetime.datetime),
        ("date", datetime.date),
        ("list[str]", list),
        ("Sequence[int]", list),
        ("dict[str, Any]", None),
        ("dict[str, str]", dict),
        ("tuple[str, int]", tuple),
        ("tuple[str, ...]", tuple),
        ("Optional[str]", str),
        ("str | None", str),
        ("None | str", str),
        ('"str"', str),
        ('Annotated[str, "x"]', str),
        ('Literal["a", "b"]', str),
        ("list[dict[str, int]]", list),
        ("Customer", None),
        ("Any", None),
        ("Callable[[], str]", None),
    ],
)
def test_samples_are_of_the_annotated_type_and_differ(annotation: str, kind: type | None) -> None:
    """Two different values of the type; none where the type is not a plain one."""
    found = call(f"value: {annotation}")
    if kind is None:
        assert isinstance(found, NotSure)
        return
    assert isinstance(found, SampleCall)
    (argument,) = found.arguments
    space: dict[str, Any] = {"datetime": datetime}
    one, other = eval(argument.one, space), eval(argument.other, space)
    assert isinstance(one, kind)
    assert isinstance(other, kind)
    assert one != other
    assert found.needs_datetime == (kind in (datetime.datetime, datetime.date))


def test_the_two_moments_differ_in_every_part() -> None:
    """Whatever a text shows of a time, the two samples show something else."""
    found = call("now: datetime")
    assert isinstance(found, SampleCall)
    one, other = (eval(text) for text in (found.arguments[0].one, found.arguments[0].other))
    parts = ("year", "month", "day", "hour", "minute", "second")
    assert all(getattr(one, part) != getattr(other, part) for part in parts)
    assert one.weekday() != other.weekday()
    assert one.strftime("%I %p") != other.strftime("%I %p")


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ("", []),
        ("a: str, *, b: int", ["a", "b"]),
        ("a: str, b: Customer = None", ["a"]),
        ("a: str, *rest: Any, **more: Any", ["a"]),
        ("a: str = '', *, b=1", ["a"]),
    ],
)
def test_what_may_be_left_out_is_left_out_where_unknown(parameters: str, names: list[str]) -> None:
    """Optional parameters of unknown type are no obstacle."""
    found = call(parameters)
    assert isinstance(found, SampleCall)
    assert [argument.name for argument in found.arguments] == names


@pytest.mark.parametrize(
    ("source", "symbol"),
    [
        pytest.param("def f(a): ...", "f", id="no annotation"),
        pytest.param("def f(a: str, /): ...", "f", id="by position only"),
        pytest.param("def f(*, a: Customer): ...", "f", id="a keyword of unknown type"),
        pytest.param("async def f(): ...", "f", id="a coroutine"),
        pytest.param("class A:\n    def f(self): ...", "A.f", id="a method"),
        pytest.param("def f(): ...\ndef f(): ...", "f", id="defined twice"),
        pytest.param("x = 1", None, id="no function"),
    ],
)
def test_is_not_sure_how_to_call(source: str, symbol: str | None) -> None:
    """The reason names what is missing."""
    found = sample_call(source, symbol)
    assert isinstance(found, NotSure)
    assert found.why

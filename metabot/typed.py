"""Whether a value is what its type says, all the way down: for values that nobody's type checker has seen."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints


def mismatches(value: object, kind: Any, where: str) -> Iterator[str]:
    """Says of each part of `value` that is no `kind` where it stands, what it must be and what it is.

    Knows the types that stages hand on: dataclasses, tuples and sets of one type, literals, unions. A float is
    finite, and a whole number is one too; True is no number; a subclass is not what it derives from.
    """
    if isinstance(kind, NewType):
        yield from mismatches(value, kind.__supertype__, where)
    elif get_origin(kind) in (Union, UnionType):
        kinds = get_args(kind)
        if value is None and NoneType in kinds:
            return
        (other,) = [one for one in kinds if one is not NoneType]
        yield from mismatches(value, other, where)
    elif get_origin(kind) is Literal:
        if value not in get_args(kind):
            yield f"{where} is not one of its {len(get_args(kind))} words"
    elif get_origin(kind) in (tuple, frozenset):
        yield from _items(value, kind, where)
    elif dataclasses.is_dataclass(kind):
        yield from _fields(value, kind, where)
    elif not _is(value, kind):
        yield f"{where} must be {kind.__name__}, is {type(value).__name__}"


def _items(value: object, kind: Any, where: str) -> Iterator[str]:
    if not isinstance(value, get_origin(kind)):
        yield f"{where} must be {get_origin(kind).__name__}, is {type(value).__name__}"
        return
    for number, item in enumerate(value):
        yield from mismatches(item, get_args(kind)[0], f"{where}[{number}]")


def _fields(value: object, kind: Any, where: str) -> Iterator[str]:
    if type(value) is not kind:
        yield f"{where} must be {kind.__name__}, is {type(value).__name__}"
        return
    for name, hint in get_type_hints(kind).items():
        yield from mismatches(getattr(value, name), hint, f"{where}.{name}")


def _is(value: object, kind: type) -> bool:
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]  # a number
    return type(value) is kind

"""The new test of a function that tolerates a tool's arguments: it is called as the finding's calls did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst
import libcst.matchers as m

from metabot.generate.layout import import_name, new_test_path
from metabot.generate.proposal import NewTest
from metabot.generate.recipe import Base, NotSure
from metabot.generate.recipes.through_function import runs_when_imported
from metabot.generate.recipes.tolerated import Mended
from metabot.generate.recipes.tool_stand_in import path_of, stand_ins
from metabot.place.placement import Location
from metabot.render import render


def call_test(
    location: Location, module: cst.Module, function: cst.FunctionDef, mends: list[Mended], base: Base
) -> NewTest | NotSure:
    """One test for each fault, at a free path."""
    name = import_name(location.path, base.files)
    target = new_test_path(location.path, "tolerated_arguments", base)
    why = runs_when_imported(module)
    cases = [_case(one, function, mends[:number]) for number, one in enumerate(mends)]
    for part in (NotSure(why) if why else None, name, target, *cases):
        if isinstance(part, NotSure):
            return part
    assert isinstance(name, str)
    assert isinstance(target, str)
    package, _, last = name.rpartition(".")
    text = render(
        "tests/tolerate_argument.py.j2",
        package=package,
        module=last,
        function=location.symbol,
        asynchronous=function.asynchronous is not None,
        mocked=any(one.mocked for case in cases if isinstance(case, dict) for one in case["parameters"]),
        cases=cases,
    )
    return NewTest(path=target, text=text)


def _case(one: Mended, function: cst.FunctionDef, earlier: Sequence[Mended]) -> dict[str, Any] | NotSure:
    symbol = function.name.value
    needs = [*one.needs, *map(_equal, one.place.conditions)]
    literal = repr(one.given) if one.decoded else one.given
    wanted = [(path_of(one.source, function), literal)]
    wanted += [(None if where is None else path_of(where, function), value) for where, value in needs]
    known = {path: value for path, value in wanted if path is not None}
    if len(known) < len(wanted):
        return NotSure(f"a test cannot tell how {symbol} is called so that it reads these arguments")
    made = stand_ins(function, known)
    if made is None:
        return NotSure(f"a test cannot make the parameters of {symbol}")
    bound_to_class = any(m.matches(one.decorator, m.Name("classmethod")) for one in function.decorators)
    alike = sum(other.name == one.name for other in earlier)
    return {
        "name": f"{one.name}_{alike + 1}" if alike else one.name,
        "said": one.said,
        "words": one.words.replace("`", ""),
        "parameters": made[1:] if bound_to_class else made,
    }


def _equal(condition: cst.BaseExpression | None) -> tuple[cst.BaseExpression | None, str]:
    """`name == "search"`: what must have which value for the condition to be true."""
    match condition:
        case cst.Comparison(
            left=left, comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=cst.SimpleString() as text)]
        ):
            return left, text.value
    return None, ""

"""Tolerate argument: a tool call that does not fit is answered with what is wrong, instead of an error.

It fires where telemetry shows that a tool's calls fail with KeyError, TypeError or an error of decoding JSON, and the
placed function answers the model with a text or a dictionary:

    arguments = json.loads(call.function.arguments)
    return json.dumps(free_seats(arguments["event"], arguments["area"]))

becomes, for a KeyError,

    arguments = json.loads(call.function.arguments)
    if missing := [name for name in ("event", "area") if name not in arguments]:
        return f"Error: the call lacks {' and '.join(missing)}. Call again with it."
    return json.dumps(free_seats(arguments["event"], arguments["area"]))

Only what was seen is tolerated: KeyError names that are looked up without a doubt, TypeError a call with `**arguments`
whose signature they do not fit, JSONDecodeError the decoding, where an empty text counts as no arguments.

In the loop of an agent, which makes the message itself, the sentence stands in the place of the tool's result:

    result = _lacking(arguments, "event", "area") or free_seats(arguments["event"], arguments["area"])

It leaves alone: other errors; lookups that somebody guarded already; functions that answer with something else, or that
a generated test cannot call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import libcst as cst

from analyzers.finding import Finding
from metabot.generate.imports import Wanted, bound, imported, with_import
from metabot.generate.layout import import_name, new_test_path
from metabot.generate.module import module_of
from metabot.generate.proposal import Edit, NewTest
from metabot.generate.recipe import Base, NotSure, Written, fitting
from metabot.generate.recipes.tolerated import Mended, mended
from metabot.generate.recipes.tolerated_inline import Inlined, inlined
from metabot.generate.recipes.tool_answer import answer_of
from metabot.generate.recipes.tool_call_test import call_test
from metabot.generate.recipes.tool_return import function_of
from metabot.place.placement import Location, Placed
from metabot.render import render

NAME: Final = "tolerate-argument"
_KNOWN: Final = ("KeyError", "TypeError", "JSONDecodeError")


@dataclass(frozen=True, slots=True)
class _Tolerant:
    after: str
    test: NewTest
    words: str  # what the calls do wrong


def write(placed: Placed, location: Location, source: str, base: Base) -> Written | NotSure:
    """The change for tool calls that fail for their arguments: by an answer of the function, else in its loop."""
    errors = seen(placed.finding)
    module = module_of(source)
    if isinstance(module, NotSure):
        return module
    answering = _answering(module, location, errors, base)
    tolerant = answering if isinstance(answering, _Tolerant) else _in_loop(module, location, errors, base)
    if isinstance(tolerant, NotSure):
        return answering if isinstance(answering, NotSure) else tolerant
    title = f"Answer calls of {location.symbol} that do not fit"
    return Written(
        recipe=NAME,
        title=fitting(title, "Answer tool calls that do not fit instead of failing"),
        summary=(
            f"`{location.symbol}` in `{location.path}` raises {' or '.join(errors)} where {tolerant.words}. The model "
            "is not told what was wrong and cannot mend its call. Such a call is now answered with a sentence that "
            "says it; calls that fit are answered as before."
        ),
        edits=(Edit(path=location.path, before=source, after=tolerant.after),),
        new_test=tolerant.test,
        changes_prompt=True,
        risks=("A model that does not understand the answer may call again and again, up to the limit of its turns.",),
    )


def _answering(module: cst.Module, location: Location, errors: tuple[str, ...], base: Base) -> _Tolerant | NotSure:
    """Where the function itself answers the model."""
    found = _found(module, location, errors, base)
    if isinstance(found, NotSure):
        return found
    function, mends = found
    after = _applied(module, mends)
    test = call_test(location, module, function, mends, base)
    for part in (after, test):
        if isinstance(part, NotSure):
            return part
    assert isinstance(after, str)
    assert isinstance(test, NewTest)
    return _Tolerant(after, test, "; ".join(dict.fromkeys(one.words for one in mends)))


def _in_loop(module: cst.Module, location: Location, errors: tuple[str, ...], base: Base) -> _Tolerant | NotSure:
    """Where the function makes the message of a tool's result."""
    function = function_of(module, location.symbol)
    if function is None:
        return NotSure(f"{location.symbol} is no function of the module or of a class")
    made = inlined(module, function, errors, answer_of(function, base))
    name = import_name(location.path, base.files)
    target = new_test_path(location.path, "tolerated_arguments", base)
    for part in (made, name, target):
        if isinstance(part, NotSure):
            return part
    assert isinstance(made, Inlined)
    assert isinstance(name, str)
    assert isinstance(target, str)
    package, _, last = name.rpartition(".")
    text = render("tests/tolerate_argument_inline.py.j2", package=package, module=last, added=made.added)
    return _Tolerant(made.after, NewTest(path=target, text=text), made.words)


def seen(finding: Finding) -> tuple[str, ...]:
    """The known errors that the finding or one of its consequences is about."""
    candidates = (finding.candidate, *(one.candidate for one in finding.consequences))
    types = {str(name).rpartition(".")[2] for candidate in candidates for name in candidate.errors}
    return tuple(one for one in _KNOWN if one in types)


def _found(
    module: cst.Module, location: Location, errors: tuple[str, ...], base: Base
) -> tuple[cst.FunctionDef, list[Mended]] | NotSure:
    """The placed function and what can be tolerated in it."""
    if not errors:
        return NotSure(f"it tolerates {', '.join(_KNOWN)} only, and none of them was seen")
    function = function_of(module, location.symbol)
    if function is None:
        return NotSure("the arguments must be read in a function of the module or of a class")
    kind = answer_of(function, base)
    if kind is None:
        return NotSure(f"{location.symbol} is not known to answer with a text or a dictionary")
    mends = list(mended(module, function, errors, kind))
    if not mends:
        return NotSure(f"{location.symbol} does nothing with a tool's arguments that raises {' or '.join(errors)}")
    return function, mends


def _applied(module: cst.Module, mends: list[Mended]) -> str | NotSure:
    needs_inspect = any("inspect." in one.lines for one in mends)
    if needs_inspect and "inspect" in bound(module) and imported(module).get("inspect") != "inspect":
        return NotSure("the module gives inspect another meaning")
    after = cst.ensure_type(module.visit(_Inserting(module, mends)), cst.Module)
    return (with_import(after, Wanted("inspect")) if needs_inspect else after).code


class _Inserting(cst.CSTTransformer):
    """Puts the new lines before their statement, or in its place; its comments stay in front."""

    def __init__(self, module: cst.Module, mends: list[Mended]) -> None:
        super().__init__()
        self._module = module
        self._mends = mends

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> object:  # type: ignore[override]
        left = super().on_leave(original_node, updated_node)
        here = [one for one in self._mends if one.place.statement is original_node]
        if not here or not isinstance(left, cst.SimpleStatementLine | cst.BaseCompoundStatement):
            return left
        new = [cst.parse_statement(self._laid_out(one.lines), self._module.config_for_parsing) for one in here]
        kept = [] if any(one.replaces for one in here) else [left.with_changes(leading_lines=())]
        first = new[0].with_changes(leading_lines=left.leading_lines)
        return cst.FlattenSentinel([first, *new[1:], *kept])

    def _laid_out(self, lines: str) -> str:
        return lines.replace("    ", self._module.default_indent).replace("\n", self._module.default_newline)

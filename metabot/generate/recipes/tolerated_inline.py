"""The same tolerance where a tool's result is made a message in the same function: in the loop of an agent.

    result = find(arguments["event"], arguments["area"])

becomes

    result = _lacking(arguments, "event", "area") or find(arguments["event"], arguments["area"])

and `json.loads(text)` becomes `_decoded(text)`, which gives no arguments where the text is empty or no JSON.

A statement counts if it keeps the result of one call in a variable, and the function does nothing with the variable but
hand it on: into a message to the model, as it is or as JSON or text. So does the `return find(…)` of a function that
answers the model, where no test can call it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.imports import Wanted, bound, imported, with_import
from metabot.generate.recipe import NotSure
from metabot.generate.recipes.through_function import runs_when_imported, with_added
from metabot.generate.recipes.tool_answer import Kind
from metabot.generate.recipes.tool_arguments import decodings, looked_up, readings, spreads
from metabot.generate.recipes.tool_message import last_name, tool_results

DECODED: Final = "_decoded"
LACKING: Final = "_lacking"
NOT_FITTING: Final = "_not_fitting"
_RETURNED: Final = "return"
_SOURCES: Final[Mapping[str, str]] = {
    DECODED: '''\
def _decoded(text: str) -> dict[str, Any]:
    """The arguments of a call; none where the text is empty or no JSON object."""
    try:
        arguments = json.loads(text or "{}")
    except json.JSONDecodeError:
        return {}
    return arguments if isinstance(arguments, dict) else {}
''',
    LACKING: '''\
def _lacking(arguments: dict[str, Any], *names: str) -> str:
    """What the model is told of a call without one of these arguments; empty where none is missing."""
    missing = [name for name in names if name not in arguments]
    return f"Error: the call lacks {' and '.join(missing)}. Call again with it." if missing else ""
''',
    NOT_FITTING: '''\
def _not_fitting(tool: Any, arguments: dict[str, Any]) -> str:
    """What the model is told of arguments that the tool does not take; empty where it takes them."""
    try:
        inspect.signature(tool).bind(**arguments)
    except TypeError as error:
        return f"Error: the arguments do not fit ({error}). Call again with others."
    return ""
''',
}


@dataclass(frozen=True, slots=True)
class Inlined:
    after: str
    added: tuple[str, ...]  # the private functions
    words: str  # what the call does wrong, for people


@dataclass(frozen=True, slots=True)
class _Checked:
    """An expression and the call that comes before it, or in its place."""

    value: cst.BaseExpression
    check: str
    function: str

    def applied(self, value: cst.BaseExpression) -> cst.BaseExpression:
        check = cst.parse_expression(self.check)
        return check if self.function == DECODED else cst.BooleanOperation(left=check, operator=cst.Or(), right=value)


def inlined(
    module: cst.Module, function: cst.FunctionDef, errors: tuple[str, ...], answers: Kind | None
) -> Inlined | NotSure:
    """The module with the results of calls that do not fit replaced by what is wrong with them."""
    checked = list(_checked(module, function, errors, answers))
    if all(one.function == DECODED for one in checked):  # the tool would fail for what it is not given
        return NotSure("no result of a tool's call becomes a message in it as it is")
    added = tuple(name for name in _SOURCES if any(one.function == name for one in checked))
    wanted = [Wanted("typing", "Any"), *([Wanted("inspect")] if NOT_FITTING in added else [])]
    for one in wanted:
        name, dotted = one.name or one.module, f"{one.module}.{one.name}" if one.name else one.module
        if name in bound(module) and imported(module).get(name) != dotted:
            return NotSure(f"the module gives {name} another meaning")
    if why := runs_when_imported(module):
        return NotSure(why)
    text = "\n\n".join(_SOURCES[name] for name in added)
    after = with_added(module, text, [one.value for one in checked], _Checking(checked))
    if isinstance(after, NotSure):
        return after
    for one in wanted:
        after = with_import(after, one)
    words = {
        DECODED: "a call's arguments are empty or no JSON",
        LACKING: "a call lacks an argument",
        NOT_FITTING: "a call's arguments are not those of the tool",
    }
    return Inlined(after.code, added, " or ".join(words[name] for name in added))


def _checked(
    module: cst.Module, function: cst.FunctionDef, errors: tuple[str, ...], answers: Kind | None
) -> Iterator[_Checked]:
    may_be_text = answers == "text" or (answers is not None and function.returns is None)
    handed_on = set(_handed_on(module, function)) | ({_RETURNED} if may_be_text else set())
    by_module = "JSONDecodeError" in errors and imported(module).get("json") == "json"
    undecodable = [one for one in decodings(function) if by_module and one.variable is not None]
    for decoding in undecodable:
        yield _Checked(decoding.call, f"{DECODED}({module.code_for_node(decoding.text)})", DECODED)
    if undecodable or "KeyError" in errors:
        for reading in readings(function):
            value = _kept(reading.place.statement, handed_on)
            here = {name for variable, name in looked_up(reading.place.statement) if variable == reading.arguments}
            if value is not None and here == set(reading.names):
                names = ", ".join(f'"{name}"' for name in reading.names)
                yield _Checked(value, f"{LACKING}({reading.arguments}, {names})", LACKING)
    if undecodable or "TypeError" in errors:
        for spread in spreads(function):
            value = _kept(spread.place.statement, handed_on)
            plain = isinstance(spread.callee, cst.Name | cst.Attribute | cst.Subscript)
            if value is not None and plain and isinstance(spread.arguments, cst.Name):
                callee = module.code_for_node(spread.callee)
                yield _Checked(value, f"{NOT_FITTING}({callee}, {spread.arguments.value})", NOT_FITTING)


def _kept(statement: cst.BaseStatement, handed_on: set[str]) -> cst.BaseExpression | None:
    """The value of `result = find(…)` and, of a function that answers the model, of `return find(…)`."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    match statement.body[0]:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value) if name in handed_on:
            return value if isinstance(value, cst.Call | cst.Await) else None
        case cst.Return(value=value) if _RETURNED in handed_on:
            return value if isinstance(value, cst.Call | cst.Await) else None
    return None


def _handed_on(module: cst.Module, function: cst.FunctionDef) -> Iterator[str]:
    """Variables that a message of the function holds, and of which it looks at no part."""
    looked_into = {node.value.value for node in m.findall(function, m.Subscript(m.Name()) | m.Attribute(m.Name()))
                   if isinstance(node, cst.Subscript | cst.Attribute) and isinstance(node.value, cst.Name)}  # fmt: skip
    for result in tool_results(module):
        if result.function is function:
            for name in _shown(result.content, function):
                if name not in looked_into:
                    yield name


def _shown(content: cst.BaseExpression, function: cst.FunctionDef) -> Iterator[str]:
    """`result` of result, json.dumps(result), str(result), and of a variable that holds one of these."""
    if isinstance(content, cst.Call) and last_name(content.func) in ("dumps", "str") and content.args:
        content = content.args[0].value
    if isinstance(content, cst.Name):
        yield content.value
        for node in m.findall(function, m.Assign(targets=[m.AssignTarget(m.Name(content.value))])):
            inner = node.value if isinstance(node, cst.Assign) else None
            if isinstance(inner, cst.Call) and last_name(inner.func) in ("dumps", "str") and inner.args:
                shown = inner.args[0].value
                yield from [shown.value] if isinstance(shown, cst.Name) else []


class _Checking(cst.CSTTransformer):
    def __init__(self, checked: Sequence[_Checked]) -> None:
        super().__init__()
        self._checked = checked

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> object:  # type: ignore[override]
        left: object = super().on_leave(original_node, updated_node)
        for one in self._checked:
            if one.value is original_node and isinstance(left, cst.BaseExpression):
                left = one.applied(left)
        return left

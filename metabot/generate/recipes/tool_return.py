"""The texts that a tool returns, where the function is registered as a tool and returns nothing else.

Registered is a function with a decorator, or one whose name the module hands on without calling it.
"""

from __future__ import annotations

from typing import Final

import libcst as cst
import libcst.matchers as m

from metabot.generate.recipe import NotSure
from metabot.generate.recipes.tool_answer import returns

_OF_TEXT: Final = m.Call(func=m.Name("str") | m.Attribute(attr=m.Name("dumps") | m.Name("join") | m.Name("read_text")))
_CONSTANT: Final = m.SimpleString() | m.ConcatenatedString()


def returned_texts(module: cst.Module, symbol: str | None) -> list[cst.BaseExpression] | NotSure:
    """What the function's own return statements return, constants left out."""
    function = function_of(module, symbol)
    if function is None:
        return NotSure(f"no message to the model is made here, and {symbol or 'the module'} is no function that is one")
    name = function.name.value
    if not (function.decorators or _handed_on(module, name)):
        return NotSure(f"no message to the model is made here, and {name} is not registered as a tool")
    values = [node.value for node in returns(function.body)]
    texts = [value for value in values if value is not None and not m.matches(value, _CONSTANT)]
    says_text = function.returns is not None and m.matches(function.returns.annotation, m.Name("str"))
    if not texts or None in values or not (says_text or all(_is_text(value) for value in texts)):
        return NotSure(f"{name} is not known to return text")
    return texts


def function_of(module: cst.Module, symbol: str | None) -> cst.FunctionDef | None:
    body = list(module.body)
    *outer, last = (symbol or "").split(".")
    for name in outer:
        holding = [node for node in body if isinstance(node, cst.ClassDef) and node.name.value == name]
        body = [one for node in holding for one in node.body.body if isinstance(one, cst.BaseCompoundStatement)]
    found = [node for node in body if isinstance(node, cst.FunctionDef) and node.name.value == last]
    return found[0] if len(found) == 1 else None


def _handed_on(module: cst.Module, name: str) -> bool:
    """Named as a value: in a list, a table, an argument."""
    value = m.Name(name)
    places = m.Element(value) | m.DictElement(value=value) | m.Arg(value=value) | m.Arg(value=m.Attribute(attr=value))
    return bool(m.findall(module, places | m.DictElement(value=m.Attribute(attr=value))))


def _is_text(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.FormattedString) or m.matches(value, _OF_TEXT)

"""The expression that a placed prompt is written by: the string at the place, or what a function builds with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider

from metabot.generate.recipe import NotSure
from metabot.generate.recipes.prompt_shapes import joined_elements
from metabot.place.parsing import parse, parse_expression
from metabot.place.placement import Location
from metabot.place.texts import HOLE, evaluated

_TEXT = m.SimpleString() | m.FormattedString() | m.ConcatenatedString() | m.BinaryOperation() | m.Call()


@dataclass(frozen=True, slots=True)
class Prompt:
    """Expressions that may be the one to change, the narrowest first, and the function or method they stand in."""

    expressions: tuple[cst.BaseExpression, ...]
    function: cst.FunctionDef
    owner: str | None  # the method's class
    returned: bool  # the widest one is what the function returns
    in_messages: bool  # or stands in the messages that it returns

    @property
    def symbol(self) -> str:
        name = self.function.name.value
        return name if self.owner is None else f"{self.owner}.{name}"


def constants(source: str) -> dict[str, str]:
    """Texts that the module assigns to a name, once and for all."""
    found: dict[str, str] = {}
    assigned: list[str] = []
    for node in parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign | ast.AugAssign) else targets
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        assigned += names
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        text = evaluated(value) if value is not None else None
        if text is not None and HOLE not in text:
            found |= dict.fromkeys(names, text)
    return {name: text for name, text in found.items() if assigned.count(name) == 1}


class _Tree:
    """A module with its nodes' parents and lines."""

    def __init__(self, module: cst.Module) -> None:
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self.module = module
        self.parents = wrapper.resolve(ParentNodeProvider)
        self.ranges = wrapper.resolve(PositionProvider)

    def above(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function of the module's top level, or the method of such a class, that holds the node directly."""
        match [one for one in self.above(node) if isinstance(one, cst.FunctionDef | cst.ClassDef | cst.Lambda)]:
            case [cst.FunctionDef() as function] | [cst.FunctionDef() as function, cst.ClassDef()]:
                return function
        return None

    def owner(self, function: cst.FunctionDef) -> str | None:
        return next((one.name.value for one in self.above(function) if isinstance(one, cst.ClassDef)), None)

    def at(self, location: Location) -> cst.BaseExpression | None:
        """The widest text expression on exactly these lines."""
        found = [
            node
            for node in m.findall(self.module, _TEXT)
            if isinstance(node, cst.BaseExpression)
            and (self.ranges[node].start.line, self.ranges[node].end.line) == (location.first_line, location.last_line)
            and (not isinstance(node, cst.Call) or _is_join(node))
            and (not isinstance(node, cst.BinaryOperation) or isinstance(node.operator, cst.Add))
        ]
        return min(found, key=lambda node: sum(1 for _ in self.above(node)), default=None)

    def built_with(self, node: cst.BaseExpression) -> tuple[cst.BaseExpression, ...]:
        """The node and the texts that are made of it on the spot, the narrowest first."""
        chain = [node]
        for parent in self.above(node):
            if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, cst.Add):
                chain = [one for one in chain if not isinstance(one, cst.BinaryOperation)] + [parent]
            elif isinstance(parent, cst.FormattedString | cst.ConcatenatedString) or _is_join(parent):
                assert isinstance(parent, cst.BaseExpression)
                chain.append(parent)
            elif not isinstance(parent, cst.FormattedStringExpression | cst.Element | cst.List | cst.Tuple | cst.Arg):
                break
        return tuple(one for one in chain if not isinstance(one, cst.Name))


def _is_join(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and joined_elements(node) is not None


def find(module: cst.Module, location: Location) -> Prompt | NotSure:
    """The prompt's expressions; `NotSure` where they stand outside of functions or in several places."""
    tree = _Tree(module)
    node = tree.at(location)
    if node is None:
        return NotSure("the text is not one string or one sum or list of strings")
    function = tree.function(node)
    if function is not None:
        return _prompt(tree, node, function)
    if any(isinstance(one, cst.FunctionDef | cst.ClassDef) for one in tree.above(node)):
        return NotSure("the text stands in a class, or in a function within another one")
    uses = list(_uses(tree, location.symbol))
    if len(uses) != 1:
        return NotSure(f"the text is a constant of the module, put together with others in {len(uses)} functions")
    used, where = uses[0]
    return _prompt(tree, used, where)


def _uses(tree: _Tree, name: str | None) -> Iterator[tuple[cst.Name, cst.FunctionDef]]:
    """Where functions build a text with the constant."""
    for node in m.findall(tree.module, m.Name(name or "")):
        function = tree.function(node)
        if isinstance(node, cst.Name) and function is not None and tree.built_with(node):
            yield node, function


def _prompt(tree: _Tree, node: cst.BaseExpression, function: cst.FunctionDef) -> Prompt:
    expressions = tree.built_with(node)
    around = tree.parents[expressions[-1]] if expressions else None
    returned = around is not None and _returned(around, function)
    in_messages = around is not None and not returned and _in_messages(tree, around, function)
    return Prompt(expressions, function, tree.owner(function), returned, in_messages)


def _in_messages(tree: _Tree, around: cst.CSTNode, function: cst.FunctionDef) -> bool:
    """Whether the function returns messages with the text: `[{"role": …, "content": text}]`, also by a name."""
    if isinstance(around, cst.Assign) and isinstance(around.targets[0].target, cst.Name):
        said = m.DictElement(value=m.Name(around.targets[0].target.value))
        found = [node.value for node in m.findall(function, m.Return()) if isinstance(node, cst.Return)]
        return any(isinstance(value, cst.Dict | cst.List) and bool(m.findall(value, said)) for value in found)
    while isinstance(around, cst.DictElement | cst.Dict | cst.Element | cst.List):
        around = tree.parents[around]
    return _returned(around, function)


def _returned(around: cst.CSTNode, function: cst.FunctionDef) -> bool:
    """What the text stands in returns it, or gives it a name that the function returns: as it is, stripped, filled."""
    if isinstance(around, cst.Return):
        return True
    if not isinstance(around, cst.Assign) or not isinstance(around.targets[0].target, cst.Name):
        return False
    found = [node.value for node in m.findall(function, m.Return()) if isinstance(node, cst.Return)]
    return any(_begins(value) == around.targets[0].target.value for value in found)


def _begins(value: cst.BaseExpression | None) -> str | None:
    """The name whose methods are called: text in `text.strip()`."""
    while isinstance(value, cst.Call | cst.Attribute):
        value = value.func if isinstance(value, cst.Call) else value.value
    return value.value if isinstance(value, cst.Name) else None


def same_lines(before: str, after: str, known: Mapping[str, str]) -> bool:
    """Two sources of one expression make the same lines, in whatever order, with the `known` texts of names."""
    return sorted(_shown(before, known)) == sorted(_shown(after, known))


def _shown(code: str, known: Mapping[str, str]) -> Sequence[str]:
    def shown(node: ast.expr) -> str:
        match node:
            case ast.Name(id=name) | ast.FormattedValue(value=ast.Name(id=name), conversion=-1, format_spec=None):
                return known.get(name) or f"{HOLE}{name}{HOLE}"
        return f"{HOLE}{ast.unparse(node)}{HOLE}"

    return (evaluated(parse_expression(code), hole=shown) or "").split("\n")
